import { proxyActivities, sleep } from '@temporalio/workflow';
import type * as activities from './activities';

const { activityA } = proxyActivities<typeof activities>({ scheduleToCloseTimeout: '30 seconds' });

export async function evolving(): Promise<string> {
  const result = await activityA();
  await sleep('1 day');
  return result;
}
