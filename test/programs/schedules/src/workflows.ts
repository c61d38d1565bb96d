import { log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type * as activities from './activities';

const { remind } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export async function reminder(text: string): Promise<void> {
  const scheduledById = workflowInfo().searchAttributes.TemporalScheduledById;
  const startTime = workflowInfo().searchAttributes.TemporalScheduledStartTime;
  log.info('Reminding', { scheduledById, startTime });
  await remind(`${text} (${scheduledById})`);
}
