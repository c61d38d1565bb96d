/** The requests of batch operations: the engine does the work, run by run, whether somebody looks or not. */

import type {
  BatchOperation,
  DescribeBatchOperationReply,
  ListBatchOperationsReply,
} from '../../../sdk/common/batch.ts';
import { call } from '../api.ts';
import { once } from '../once.ts';
import { inNamespace } from '../path.ts';

export interface BatchTarget {
  /** The runs, one by one … */
  executions?: Array<{ workflowId: string; runId: string }>;
  /** … or all that match when the job begins. */
  visibilityQuery?: string;
}

/** @returns the id of the job. */
export function startBatch(
  namespace: string,
  target: BatchTarget,
  operation: BatchOperation,
  reason: string,
): Promise<string> {
  const body = { ...target, ...operation, reason };
  return once([namespace, body], async (jobId) => {
    await call('POST', inNamespace(namespace, 'batch-operations', jobId), { body });
    return jobId;
  });
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
