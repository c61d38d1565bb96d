/** The requests about namespaces, as zod schemas. */

import { z } from 'zod';
import { jurisdictions } from '../../sdk/common/namespaces.ts';
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
const limit = z.number().min(0, 'must not be below 0; 0 takes the limit away').optional();
const limits = z
  .strictObject({ requestsPerSecond: limit, historyEvents: limit, historyBytes: limit })
  .optional();

export const registerNamespace = z.strictObject({
  namespace: name,
  description: text,
  ownerEmail: text,
  data,
  workflowExecutionRetentionPeriod: duration,
  limits,
  jurisdiction: z.enum(jurisdictions).optional(),
  /** Ours: a repeat changes nothing. It becomes the namespace's id. */
  requestId: optionalId,
});
export const updateNamespace = z.strictObject({
  namespace,
  updateInfo: z.strictObject({ description: text, ownerEmail: text, data }).optional(),
  config: z.strictObject({ workflowExecutionRetentionTtl: duration }).optional(),
  limits,
  jurisdiction: z
    .string()
    .optional()
    .refine((value) => value === undefined, 'is set when a namespace is made, and never changes'),
});
