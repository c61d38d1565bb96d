/**
 * A batch of any size: a window of children slides over the records. Each child reports by a signal when it is done, and the
 * next one begins; after so many the parent continues as new, while its children go on and report to the new run.
 */

import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Batch, Progress, Report } from './shared.ts';

const { processRecord } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

export const report = defineSignal<[Report]>('report');
export const getProgress = defineQuery<Progress>('progress');

const nothingYet: Progress = { next: 0, open: [], succeeded: 0, failed: [] };

export async function slidingWindow(batch: Batch, from: Progress = nothingYet): Promise<Progress> {
  const { records, window, perRun } = batch;
  const open = new Set(from.open);
  const failed = [...from.failed];
  let { next, succeeded } = from;
  const progress = (): Progress => ({ next, open: [...open], succeeded, failed });
  setHandler(getProgress, progress);
  // Set before anything is awaited: reports that came to the run before are handed to this one at once.
  setHandler(report, ({ record, ok }) => {
    if (!open.delete(record)) return;
    if (ok) succeeded++;
    else failed.push(record);
  });

  const { workflowId } = workflowInfo();
  const last = Math.min(records, next + perRun);
  while (next < last) {
    await condition(() => open.size < window);
    const record = next++;
    open.add(record);
    // Resolves when the child has begun; so none is lost when this run ends.
    await startChild(processOne, {
      workflowId: `${workflowId}/${record}`,
      args: [workflowId, record],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  }
  if (next < records) return continueAsNew<typeof slidingWindow>(batch, progress());
  await condition(() => open.size === 0);
  return progress();
}

/** Works on one record and reports, however it ends. To the workflow id: whichever run has it now. */
export async function processOne(parentId: string, record: number): Promise<void> {
  let ok = true;
  try {
    await processRecord(record);
    // perdure-lint-ignore swallowed-cancellation -- in a cancelled run the signal below throws
  } catch {
    ok = false;
  }
  await getExternalWorkflowHandle(parentId).signal(report, { record, ok });
}
