import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { countRecords, records, processRecord } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10s',
});

export const completed = defineSignal<[id: number]>('completed');
export const state = defineQuery<{ running: number[]; done: number }>('state');

export interface Window {
  pageSize: number;
  size: number;
  offset: number;
  end: number;
  done: number;
  running: number[];
}

/** Splits all records into partitions, and adds up what they did. */
export async function batch(partitions: number, pageSize: number, size: number): Promise<number> {
  const total = await countRecords();
  const each = Math.ceil(total / partitions);
  const counts = await Promise.all(
    Array.from({ length: partitions }, (_, i) =>
      executeChild(slidingWindow, {
        workflowId: `${workflowInfo().workflowId}/${i}`,
        args: [
          { pageSize, size, offset: i * each, end: Math.min(total, (i + 1) * each), done: 0, running: [] },
        ],
      }),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** At most `size` records at once; a page for each run. The children outlive the runs. */
export async function slidingWindow(window: Window): Promise<number> {
  const running = new Set(window.running);
  let { done, offset } = window;
  setHandler(completed, (id) => {
    if (running.delete(id)) done++;
  });
  setHandler(state, () => ({ running: [...running], done }));
  const page = await records(offset, window.pageSize, window.end);
  for (const id of page) {
    await condition(() => running.size < window.size);
    running.add(id);
    offset++;
    await startChild(record, {
      workflowId: `${workflowInfo().workflowId}/record-${id}`,
      args: [id],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  }
  if (page.length > 0) {
    await continueAsNew<typeof slidingWindow>({ ...window, offset, done, running: [...running] });
  }
  await condition(() => running.size === 0);
  return done;
}

export async function record(id: number): Promise<void> {
  await processRecord(id);
  const { parent } = workflowInfo();
  if (parent) await getExternalWorkflowHandle(parent.workflowId).signal(completed, id);
}
