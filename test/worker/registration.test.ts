import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DispatchVerifier } from '../../sdk/worker/dispatch-verifier.ts';
import { Registration } from '../../sdk/worker/registration.ts';
import { recordingLogger } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('a Worker goes on asking an engine whose keys it cannot read, and says so', async () => {
  let asked = 0;
  const { logger, entries } = recordingLogger();
  const registration = new Registration({
    engine: {
      url: 'http://engine',
      fetch: async () => {
        asked++;
        return Response.json({ engineKeys: ['of another time'] });
      },
    },
    namespace: 'default',
    url: 'http://worker',
    intervalMs: 1_000,
    logger,
    onKeys: (keys) => new DispatchVerifier({ willLearn: true }).learn(keys),
    onReturn: () => undefined,
  });
  registration.start();
  await vi.advanceTimersByTimeAsync(5_000);
  await registration.stop();
  expect(asked).toBeGreaterThan(3);
  expect(JSON.stringify(entries)).toContain('engineKeys: expected whpk_');
});

it('a Worker asks a busy engine again when that wants it, and from then on as always', async () => {
  const times: number[] = [];
  const begin = Date.now();
  const answers = [Response.json({ code: 8 }, { status: 429, headers: { 'retry-after': '20' } })];
  const registration = new Registration({
    engine: {
      url: 'http://engine',
      fetch: async () => {
        times.push(Date.now() - begin);
        return answers.shift() ?? Response.json({ engineKeys: ['key'] });
      },
    },
    namespace: 'default',
    url: 'http://worker',
    intervalMs: 10_000,
    logger: recordingLogger().logger,
    onKeys: () => undefined,
    onReturn: () => undefined,
  });
  registration.start();
  await vi.advanceTimersByTimeAsync(40_000);
  await registration.stop();
  const [first, second, third] = times;
  expect(first).toBe(0);
  expect(second).toBeGreaterThanOrEqual(20_000);
  expect(second).toBeLessThanOrEqual(24_000);
  expect(third! - second!).toBe(10_000);
});

it('a Worker that is to register once in a month does not ask without a pause', async () => {
  let asked = 0;
  const registration = new Registration({
    engine: {
      url: 'http://engine',
      fetch: async () => {
        asked++;
        return Response.json({ engineKeys: ['key'] });
      },
    },
    namespace: 'default',
    url: 'http://worker',
    intervalMs: 30 * 86_400_000,
    logger: recordingLogger().logger,
    onKeys: () => undefined,
    onReturn: () => undefined,
  });
  registration.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toBe(1);
  await registration.stop();
});
