/**
 * Many records at once: children work on a hundred each, a few children at a time. Every child has a history of its own, so
 * that none grows beyond its hundred, and the parent's has a few events per child.
 */

import {
  defineQuery,
  executeChild,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import { inParallel } from './in-parallel.ts';
import type { Batch, Totals } from './shared.ts';

const { processRecord } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

export const getProgress = defineQuery<Totals>('progress');

export async function processBatch({ records, chunkSize = 100, concurrency = 5 }: Batch): Promise<Totals> {
  const totals: Totals = { processed: 0, failed: [] };
  setHandler(getProgress, () => totals);
  const { workflowId } = workflowInfo();

  const chunks = Array.from({ length: Math.ceil(records / chunkSize) }, (_, i) => i);
  await inParallel(chunks, concurrency, async (chunk) => {
    const from = chunk * chunkSize;
    const to = Math.min(records, from + chunkSize);
    const done = await executeChild(processChunk, {
      workflowId: `${workflowId}/${from}-${to - 1}`,
      args: [from, to],
    });
    totals.processed += done.processed;
    totals.failed.push(...done.failed);
  });
  totals.failed.sort((a, b) => a - b);
  return totals;
}

/** The records from `from` to before `to`, ten at a time. One that cannot be processed does not hold the others up. */
export async function processChunk(from: number, to: number): Promise<Totals> {
  const totals: Totals = { processed: 0, failed: [] };
  setHandler(getProgress, () => totals);
  const records = Array.from({ length: to - from }, (_, i) => from + i);
  await inParallel(records, 10, async (record) => {
    try {
      await processRecord(record);
      totals.processed++;
    } catch (error) {
      if (isCancellation(error)) throw error;
      totals.failed.push(record);
    }
  });
  return totals;
}
