/** Batch operations: jobs of the namespace's Batch object. */

import type { z } from 'zod';
import type {
  DescribeBatchOperationReply,
  ListBatchOperationsReply,
  StartBatchOperationRequest,
} from '../../../sdk/common/batch.ts';
import type { Result } from '../../../sdk/common/service.ts';
import type { batchJob, listBatchJobs, startBatchJob, stopBatchJob } from '../batch-schemas.ts';
import type { Call } from '../call.ts';
import { requestDurable } from '../durable-call.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;

/** What the Batch object offers over RPC. */
interface BatchStub {
  start(request: StartBatchOperationRequest): Promise<Result<void>>;
  stop(request: { jobId: string; reason: string }): Promise<Result<void>>;
  describe(jobId: string): Promise<Result<DescribeBatchOperationReply>>;
  list(request: { pageSize: number; nextPageToken?: string }): Promise<Result<ListBatchOperationsReply>>;
}

/** All calls may be repeated: a start has its job id, and a job is stopped once. */
function ask<T>(
  call: Call,
  namespace: string,
  question: (stub: BatchStub) => Promise<Result<T>>,
): Promise<T> {
  const stub = () => call.env.BATCH.getByName(namespace) as unknown as BatchStub;
  return requestDurable(call.ports, () => question(stub()), true);
}

export async function startBatchOperation(
  request: z.output<typeof startBatchJob>,
  call: Call,
): Promise<object> {
  await ask(call, request.namespace, (stub) => stub.start(request));
  return {};
}

export async function stopBatchOperation(
  { namespace, jobId, reason = '' }: z.output<typeof stopBatchJob>,
  call: Call,
): Promise<object> {
  await ask(call, namespace, (stub) => stub.stop({ jobId, reason }));
  return {};
}

export function describeBatchOperation(
  { namespace, jobId }: z.output<typeof batchJob>,
  call: Call,
): Promise<DescribeBatchOperationReply> {
  return ask(call, namespace, (stub) => stub.describe(jobId));
}

export function listBatchOperations(
  { namespace, pageSize, nextPageToken }: z.output<typeof listBatchJobs>,
  call: Call,
): Promise<ListBatchOperationsReply> {
  const size = Math.min(pageSize || DEFAULT_PAGE, MAX_PAGE);
  return ask(call, namespace, (stub) =>
    stub.list({ pageSize: size, ...(nextPageToken && { nextPageToken }) }),
  );
}
