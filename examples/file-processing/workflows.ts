/** A long file: one activity that may take hours, and says every few seconds how far it is. */

import { ActivityCancellationType, log, proxyActivities } from 'perdure/workflow';
import type { Activities } from './activities.ts';
import type { File, Progress } from './shared.ts';

const { importFile } = proxyActivities<Activities>({
  startToCloseTimeout: '12 hours',
  // A Worker that says nothing for so long is taken for dead, and another one goes on. Short, so that one can watch it.
  heartbeatTimeout: '2 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export async function processFile(file: File): Promise<Progress> {
  const total = await importFile(file);
  log.info('Imported', { file: file.name, ...total });
  return total;
}
