/** Workflows of the benchmarks that run a real engine. */

import { condition, defineSignal, proxyActivities, setHandler, sleep } from 'perdure/workflow';

const { echo, nap } = proxyActivities<{ echo(n: number): Promise<number>; nap(ms: number): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});
const go = defineSignal('go');

export async function oneActivity(n: number): Promise<number> {
  return echo(n);
}

export async function noActivity(): Promise<void> {
  // What a first workflow task costs, and nothing else.
}

/** So many activities, one after another. */
export async function sequence(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await echo(n);
}

/** So many activities of 100 ms, one after another. */
export async function naps(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await nap(100);
}

/** So many activities at a time. */
export async function parallel(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => echo(n)));
}

/** Ends with so many signals. */
export async function untilSignalled(count: number): Promise<void> {
  let signals = 0;
  setHandler(go, () => void signals++);
  await condition(() => signals >= count);
}

/** Wakes at that time. */
export async function wake(time: number): Promise<void> {
  await sleep(Math.max(time - Date.now(), 1));
}
