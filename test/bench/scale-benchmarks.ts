/** The figures of docs/scaling.md: the same in every run, because time and chance are virtual. */

import type { Benchmark } from './measure.ts';
import { busiestShard, consume, PLATFORM, type Queued, type Slept, sleep } from './scale.ts';

const STARTS = 10_000;

export function scale(quick: boolean): Benchmark[] {
  const runs = quick ? 100_000 : 1_000_000;
  return [...sleeping(runs, 32), ...starting(quick ? 30 : 60), ...queueing(quick ? 20 : 60)];
}

const computed = (name: string, unit: string, value: () => number | Promise<number>): Benchmark => ({
  name: `scale: ${name}`,
  unit,
  repeats: 1,
  once: true,
  measure: async () => value(),
});

/** All of them begin within the same minutes: nothing that comes later is less even. */
function sleeping(runs: number, shards: number): Benchmark[] {
  let slept: Promise<Slept> | undefined;
  const what = `${runs.toLocaleString('en-US')} open runs in ${shards} shards`;
  const of = (name: string, unit: string, value: (found: Slept) => number): Benchmark =>
    computed(`${what}: ${name}`, unit, async () => {
      slept ??= sleep({ runs, startsPerSecond: STARTS, shards, hours: 24 });
      return value(await slept);
    });
  return [
    of('rows of the fullest shard over the mean', '×', ({ fullest }) => fullest),
    of('a row with its indexes', 'bytes', ({ rowBytes }) => rowBytes),
    of('rows in the 10 GB of a shard', 'million', ({ rowBytes }) => PLATFORM.objectBytes / rowBytes / 1e6),
    of('looks of all sweeps, mean of the first day', '1/s', ({ looksAnHour }) => looksAnHour / 3_600),
    of('requests in the busiest second of a shard', '1/s', ({ busiestSecond }) => busiestSecond),
    of('the latest look after its time', 's', ({ latestMs }) => latestMs / 1_000),
  ];
}

function starting(seconds: number): Benchmark[] {
  return [4, 16, 32, 64].map((shards) =>
    computed(
      `${STARTS.toLocaleString('en-US')} starts a second, ${shards} shards: requests in the busiest second of a shard`,
      '1/s',
      () => busiestShard(STARTS, shards, seconds),
    ),
  );
}

function queueing(seconds: number): Benchmark[] {
  return [100, 250, 1_000].flatMap((activityMs) => {
    let queued: Queued | undefined;
    const what = `a Queue with ${PLATFORM.messagesPerQueue.toLocaleString('en-US')} messages a second, activities of ${activityMs} ms held by its consumers`;
    const of = (name: string, unit: string, value: (found: Queued) => number): Benchmark =>
      computed(`${what}: ${name}`, unit, () => {
        queued ??= consume(PLATFORM.messagesPerQueue, activityMs, seconds);
        return value(queued);
      });
    return [
      of('done', '1/s', ({ perSecond }) => perSecond),
      of('p99 of the wait for a consumer', 'ms', ({ waitP99Ms }) => waitP99Ms),
    ];
  });
}
