/** Requests about batch operations, as zod schemas that give the types of `sdk/common/batch.ts`. */

import { z } from 'zod';
import type { StartBatchOperationRequest } from '../../sdk/common/batch.ts';
import { MAX_RATE } from '../batch/jobs.ts';
import { reset } from './operation-schemas.ts';
import { execution, header, id, int, payloads, text, token, updateOptions } from './schemas.ts';

/** Temporal's bound for runs given one by one. */
export const MAX_EXECUTIONS = 1_000;

const rate = z.preprocess(
  (value) => (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value),
  z.number().min(0).max(MAX_RATE, `must not be over ${MAX_RATE}`),
);
const { options, resetReapplyType, resetReapplyExcludeTypes } = reset.shape;
const { workflowExecutionOptions, updateMask } = updateOptions.shape;

export const batchJob = z.strictObject({ namespace: id, jobId: id });
export const startBatchJob = z.strictObject({
  ...batchJob.shape,
  visibilityQuery: z.string().max(10_000).optional(),
  executions: z.array(execution).max(MAX_EXECUTIONS).optional(),
  reason: z.string().min(1, 'must not be empty').max(10_000),
  maxOperationsPerSecond: rate.optional(),
  terminationOperation: z.strictObject({ details: payloads.optional(), identity: text }).optional(),
  cancellationOperation: z.strictObject({ identity: text }).optional(),
  deletionOperation: z.strictObject({ identity: text }).optional(),
  signalOperation: z
    .strictObject({ signal: id, input: payloads.optional(), header: header.optional(), identity: text })
    .optional(),
  resetOperation: z
    .strictObject({
      options: options.unwrap(),
      resetReapplyType,
      resetReapplyExcludeTypes,
      identity: text,
    })
    .optional(),
  updateWorkflowOptionsOperation: z
    .strictObject({ workflowExecutionOptions, updateMask, identity: text })
    .optional(),
}) satisfies z.ZodType<StartBatchOperationRequest>;
export const stopBatchJob = z.strictObject({ ...batchJob.shape, reason: text, identity: text });
export const listBatchJobs = z.strictObject({
  namespace: id,
  pageSize: int.optional(),
  nextPageToken: token,
});
