/** The requests that change task queues, as zod schemas. */

import { z } from 'zod';
import { MAX_FAIRNESS_KEY_BYTES } from '../../sdk/common/task-queues.ts';
import { describeTaskQueue, id, namespace, text } from './schemas.ts';

const perSecond = z.number().min(0, 'must not be negative').max(1_000_000);
const rateLimitUpdate = z.strictObject({
  rateLimit: z.strictObject({ requestsPerSecond: perSecond }).optional(),
  reason: text,
});
const fairnessKey = z.string().max(MAX_FAIRNESS_KEY_BYTES);

export const updateTaskQueueConfig = z.strictObject({
  namespace,
  taskQueue: id,
  taskQueueType: z.union([z.int().min(0).max(3), describeTaskQueue.shape.taskQueueType.unwrap()]).optional(),
  identity: text,
  updateQueueRateLimit: rateLimitUpdate.optional(),
  updateFairnessKeyRateLimitDefault: rateLimitUpdate.optional(),
  updateQueueConcurrency: z
    .strictObject({ maxConcurrentTasks: z.int().min(0).max(100_000).optional(), reason: text })
    .optional(),
  setFairnessWeightOverrides: z.record(fairnessKey, z.number()).optional(),
  unsetFairnessWeightOverrides: z.array(fairnessKey).optional(),
});
