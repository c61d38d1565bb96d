import {
  metricMeter,
  proxyActivities,
  proxyLocalActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { measure } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10s',
  allowEagerDispatch: true,
});
const local = proxyLocalActivities<typeof activities>({ startToCloseTimeout: '10s' });

export async function measured(n: number): Promise<number[]> {
  metricMeter.createCounter('orders', 'unit').add(1, { queue: workflowInfo().taskQueue });
  const done = await Promise.all(Array.from({ length: n }, (_, i) => measure(i)));
  await sleep(1);
  return [...done, await local.measure(100)];
}

/** How many tasks of workflows, activities and local activities have had a slot. */
export async function slots(): Promise<number[]> {
  const { slotsUsed } = proxyActivities<{ slotsUsed(): Promise<number[]> }>({ startToCloseTimeout: '10s' });
  return slotsUsed();
}
