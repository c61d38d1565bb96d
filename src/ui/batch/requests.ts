/** The requests of batch operations: the engine does the work, run by run, whether somebody looks or not. */

import type {
  BatchOperation,
  DescribeBatchOperationReply,
  ListBatchOperationsReply,
} from '../../../sdk/common/batch.ts';
import { call } from '../api.ts';
import { inNamespace } from '../path.ts';

export interface BatchTarget {
  /** The runs, one by one … */
  executions?: Array<{ workflowId: string; runId: string }>;
  /** … or all that match when the job begins. */
  visibilityQuery?: string;
}

/** @returns the id of the job. */
export async function startBatch(
  namespace: string,
  target: BatchTarget,
  operation: BatchOperation,
  reason: string,
): Promise<string> {
  const jobId = crypto.randomUUID();
  await call('POST', inNamespace(namespace, 'batch-operations', jobId), {
    body: { ...target, ...operation, reason },
  });
  return jobId;
}

export const describeBatch = (namespace: string, jobId: string, signal?: AbortSignal) =>
  call<DescribeBatchOperationReply>('GET', inNamespace(namespace, 'batch-operations', jobId), { signal });

export const listBatches = (namespace: string, nextPageToken: string | undefined, signal?: AbortSignal) =>
  call<ListBatchOperationsReply>('GET', inNamespace(namespace, 'batch-operations'), {
    query: { pageSize: 100, nextPageToken },
    signal,
  });

export const stopBatch = (namespace: string, jobId: string, reason: string) =>
  call('POST', inNamespace(namespace, 'batch-operations', jobId, 'stop'), {
    body: { reason, identity: 'web-ui' },
  });
