/** The batch jobs of an engine in memory: each runs to its end without a pause. */

import { BatchJobs, type BatchPorts, LIST_PAGE } from '../../src/batch/jobs.ts';
import { requestFor } from '../../src/batch/perform.ts';
import { BatchStore } from '../../src/batch/store.ts';
import type { VisibilityClient } from '../../src/visibility/client.ts';
import type { StartBatchOperationRequest } from '../common/batch.ts';
import type { MemoryObjects } from './memory-objects.ts';
import { answered, memorySql, noBackups } from './memory-storage.ts';

export interface MemoryBatchPorts extends Pick<BatchPorts, 'now'> {
  objects(): MemoryObjects;
  nameOf(workflowId: string): string;
  visibility(): VisibilityClient;
  /** The engine is busy until the promise settles. */
  keep(work: Promise<unknown>): void;
}

export function memoryBatch({ visibility, objects, nameOf, keep, now }: MemoryBatchPorts) {
  const store = new BatchStore(memorySql(), (work) => work());
  const jobs = new BatchJobs(store, {
    list: async (query, nextPageToken) => {
      const request = { query, pageSize: LIST_PAGE, ...(nextPageToken && { nextPageToken }) };
      const page = await visibility().list(request);
      return {
        targets: page.executions.map(({ execution }) => execution),
        ...(page.nextPageToken && { nextPageToken: page.nextPageToken }),
      };
    },
    newestRun: async (workflowId) => {
      const described = await objects().ask(nameOf(workflowId), (object) => object.describe(undefined));
      return described.workflowExecutionInfo.execution.runId;
    },
    perform: async (batch, target, requestId) => {
      await objects().request(nameOf(target.workflowId), requestFor(batch, target, requestId) as never);
    },
    wake: () => keep(run()),
    now,
  });
  const run = async (): Promise<void> => {
    while (!jobs.idle) await jobs.work();
  };
  return {
    ...noBackups,
    start: (request: StartBatchOperationRequest) => answered(() => jobs.start(request)),
    stop: ({ jobId, reason }: { jobId: string; reason: string }) =>
      answered(async () => jobs.stop(jobId, reason)),
    describe: (jobId: string) => answered(async () => jobs.describe(jobId)),
    list: (request: { pageSize: number; nextPageToken?: string }) =>
      answered(async () => jobs.list(request.pageSize, request.nextPageToken)),
  };
}
