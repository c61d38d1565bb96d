import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities';

const { birthday } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export async function secret(born: Date): Promise<{ next: Date; seconds: bigint }> {
  if (!(born instanceof Date)) throw ApplicationFailure.nonRetryable('not a date');
  return birthday({ born });
}
