/** Metrics on their way to shards, where answers are lost: all that was counted is counted once. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { MetricsAccumulator } from '../../src/observability/accumulator.ts';
import type { MetricsDelta } from '../../src/observability/measures.ts';
import { gatherMetrics, measuresOf, sendAlong } from '../../src/visibility/metrics.ts';
import { shardName } from '../../src/visibility/shard.ts';
import { memorySql } from '../visibility/sqlite.ts';

const QUEUE = 'perdure_queue_messages_total';

/** What an isolate has counted is the module's: each test has a namespace of its own. */
let namespaces = 0;

function newEngine() {
  const namespace = `sending-${namespaces++}`;
  const working: Promise<unknown>[] = [];
  const lost = { answers: 0 };
  const shards = [0, 1, 2].map(() => {
    const kept = new MetricsAccumulator(memorySql());
    const calls: number[] = [];
    return {
      calls,
      addMetrics: async (deltas: MetricsDelta[]) => {
        calls.push(deltas.length);
        kept.add(deltas);
        if (lost.answers-- > 0) throw new Error('the answer was lost');
      },
      metrics: async () => kept.read(),
    };
  });
  const env = {
    VISIBILITY_SHARDS: '3',
    VISIBILITY: { getByName: (name: string) => shards.find((_, i) => shardName(namespace, i) === name)! },
  } as unknown as Env;
  const measures = measuresOf(env, namespace, (promise) => working.push(promise));
  return {
    namespace,
    lost,
    shards,
    count: () => measures.count(QUEUE, ['settled']),
    /** Along with a row of a shard. */
    along: (shard: number) => sendAlong(namespace, shard, (deltas) => shards[shard]!.addMetrics(deltas)),
    pass: async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
    },
    sum: async () => (await gatherMetrics(env, namespace)).reduce((sum, { value }) => sum + Number(value), 0),
    working,
  };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('what an isolate has counted', () => {
  it('waits for company, and goes to one shard', async () => {
    const { count, pass, sum, shards } = newEngine();
    for (let i = 0; i < 5; i++) count();
    await pass(400);
    expect(await sum()).toBe(0);
    await pass(200);
    expect(await sum()).toBe(5);
    expect(shards.flatMap(({ calls }) => calls)).toEqual([1]);
  });

  it('counts once although the answer was lost and chance would take another shard', async () => {
    const { count, pass, sum, lost } = newEngine();
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    lost.answers = 1;
    count();
    await pass(600);
    random.mockReturnValue(0.9);
    count();
    await pass(600);
    expect(await sum()).toBe(2);
  });

  it('goes on to other shards while one that may have some of it does not answer', async () => {
    const { count, pass, shards } = newEngine();
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    shards[0]!.addMetrics = () => Promise.reject(new Error('gone'));
    count();
    await pass(600);
    random.mockReturnValue(0.9);
    count();
    await pass(600);
    expect((await shards[2]!.metrics()).map(({ value }) => value)).toEqual([1]);
  });
});

describe('what goes along with a row', () => {
  it('makes no request of its own, and nothing is sent for it later', async () => {
    const { count, along, pass, sum, shards } = newEngine();
    count();
    await along(1);
    expect(await sum()).toBe(1);
    await pass(1_000);
    expect(shards.map(({ calls }) => calls)).toEqual([[], [1], []]);
  });

  it('is what was counted until then; rows that follow at once go without', async () => {
    const { count, along, pass, sum, shards } = newEngine();
    count();
    await along(1);
    count();
    await along(1);
    expect(shards[1]!.calls).toEqual([1, 0]);
    await pass(600);
    expect(await sum()).toBe(2);
    count();
    await along(2);
    expect(shards[2]!.calls.at(-1)).toBe(1);
    expect(await sum()).toBe(3);
  });

  it('is kept if it does not arrive, and the row hears of it', async () => {
    const { count, namespace, pass, sum } = newEngine();
    count();
    await expect(sendAlong(namespace, 1, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    await pass(600);
    expect(await sum()).toBe(1);
  });

  it('counts once although the answer was lost, whatever it goes along with then', async () => {
    const { count, along, pass, sum, lost } = newEngine();
    lost.answers = 1;
    count();
    await expect(along(1)).rejects.toThrow('lost');
    await pass(600);
    await along(2);
    await pass(600);
    await along(1);
    expect(await sum()).toBe(1);
  });
});
