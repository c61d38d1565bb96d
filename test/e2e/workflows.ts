/** Workflows to be interrupted: slow activities, timers, signals. */

import {
  condition,
  defineSignal,
  executeChild,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
} from 'perdure/workflow';
import type * as activities from './activities.ts';

const { work } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200 milliseconds' },
});
const once = proxyActivities<typeof activities>({
  startToCloseTimeout: '2 minutes',
  retry: { maximumAttempts: 1 },
});

export const add = defineSignal<[item: string]>('add');

/** `n` activities of so many milliseconds, one after the other. */
export async function steps(key: string, n: number, ms: number): Promise<string[]> {
  const done: string[] = [];
  for (let i = 0; i < n; i++) done.push(await work(`${key}/${i}`, ms));
  return done;
}

/** Works, sleeps, works. */
export async function nap(key: string, ms: number): Promise<string[]> {
  const before = await work(`${key}/before`, 0);
  await sleep(ms);
  return [before, await work(`${key}/after`, 0)];
}

/** Waits for `n` signals and works with what they brought. */
export async function gather(key: string, n: number): Promise<string[]> {
  const got: string[] = [];
  setHandler(add, (item) => {
    got.push(item);
  });
  await condition(() => got.length >= n);
  await work(key, 0);
  return got;
}

/** One activity that has one attempt. */
export async function single(key: string, ms: number): Promise<string> {
  return once.work(key, ms);
}

/** One local activity, whose workflow tasks are short. */
export async function locally(key: string, ms: number): Promise<string> {
  return proxyLocalActivities<typeof activities>({ startToCloseTimeout: '2 minutes' }).work(key, ms);
}

/** An activity on a task queue of somebody else, here and in a child. */
export async function delegates(taskQueue: string, depth = 1): Promise<string[]> {
  const { place } = proxyActivities<{ place(): Promise<string> }>({
    taskQueue,
    startToCloseTimeout: '1 minute',
  });
  const here = await place();
  if (depth === 0) return [here];
  return [here, ...(await executeChild(delegates, { args: [taskQueue, depth - 1] }))];
}

/** Many at once. */
export async function many(key: string, n: number, ms: number): Promise<string[]> {
  return Promise.all(Array.from({ length: n }, (_, i) => work(`${key}/${i}`, ms)));
}
