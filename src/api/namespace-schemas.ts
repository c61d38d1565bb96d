/** The requests about namespaces, as zod schemas. */

import { z } from 'zod';
import { duration, id, namespace, optionalId, text } from './schemas.ts';

/** Names stand in paths, permissions and the names of objects. */
const name = id
  .max(255)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'must be letters, digits, ".", "_" and "-", and begin with a letter or digit',
  )
  .refine((value) => !['system', 'temporal-system'].includes(value), 'stands for all namespaces');
const data = z.record(z.string().max(255), z.string().max(2_000)).optional();
const limits = z
  .strictObject({ requestsPerSecond: z.number().positive('must be over 0').optional() })
  .optional();

export const registerNamespace = z.strictObject({
  namespace: name,
  description: text,
  ownerEmail: text,
  data,
  workflowExecutionRetentionPeriod: duration,
  limits,
  /** Ours: a repeat changes nothing. It becomes the namespace's id. */
  requestId: optionalId,
});
export const updateNamespace = z.strictObject({
  namespace,
  updateInfo: z.strictObject({ description: text, ownerEmail: text, data }).optional(),
  config: z.strictObject({ workflowExecutionRetentionTtl: duration }).optional(),
  limits,
});
