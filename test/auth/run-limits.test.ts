import { expect, it } from 'vitest';
import { NamespaceCache } from '../../src/auth/namespace-cache.ts';
import { runLimitsOf } from '../../src/auth/run-limits.ts';
import type { Env } from '../../src/env.ts';

/** An engine's own object that answers when it is told to. */
function slowEngine() {
  const waiting: Array<{ answer: (historyEvents: number) => Promise<void>; fail: () => Promise<void> }> = [];
  const findNamespace = () =>
    new Promise((resolve, reject) => {
      waiting.push({
        answer: async (historyEvents) => resolve({ name: 'shop', limits: { historyEvents } }),
        fail: async () => reject(new Error('overloaded')),
      });
    });
  const env = {
    NAMESPACES: 'default',
    RUN_LIMITS: '{"*": {"historyEvents": 9}}',
    NAMESPACE: { getByName: () => ({ findNamespace }) },
  } as unknown as Env;
  const clock = { now: 1_000_000 };
  const cache = new NamespaceCache(() => clock.now);
  return { waiting, clock, limits: (namespace = 'shop') => runLimitsOf(env, namespace, cache) };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('requests to one object that know no limits yet wait for one answer, and later ones for none', async () => {
  const { waiting, limits } = slowEngine();
  const ask = limits();
  const asked = Array.from({ length: 100 }, () => ask());
  expect(waiting).toHaveLength(1);
  await waiting[0]!.answer(50);
  expect(new Set((await Promise.all(asked)).map(({ historyEvents }) => historyEvents))).toEqual(
    new Set([50]),
  );
  expect(ask()).toEqual({ historyEvents: 50 });
  expect(limits()()).toEqual({ historyEvents: 50 });
  expect(waiting).toHaveLength(1);
});

it('old limits do while new ones are asked for, for a minute', async () => {
  const { waiting, clock, limits } = slowEngine();
  const ask = limits();
  const first = ask();
  await waiting[0]!.answer(50);
  await first;
  clock.now += 10_000;
  expect([ask(), ask()]).toEqual([{ historyEvents: 50 }, { historyEvents: 50 }]);
  expect(waiting).toHaveLength(2);
  await waiting[1]!.answer(60);
  await settled();
  expect(ask()).toEqual({ historyEvents: 60 });
  clock.now += 60_000;
  const late = ask();
  expect(late).toBeInstanceOf(Promise);
  await waiting[2]!.answer(70);
  expect(await late).toEqual({ historyEvents: 70 });
});

it('limits that cannot be asked for are those of the variable, and are asked for again', async () => {
  const { waiting, limits } = slowEngine();
  const ask = limits();
  const first = ask();
  await waiting[0]!.fail();
  expect(await first).toEqual({ historyEvents: 9 });
  const second = ask();
  await waiting[1]!.answer(50);
  expect(await second).toEqual({ historyEvents: 50 });
  expect(limits('default')()).toEqual({ historyEvents: 9 });
  expect(waiting).toHaveLength(2);
});
