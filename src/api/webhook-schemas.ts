/** The requests about webhooks. */

import { z } from 'zod';
import { WorkflowIdReusePolicy } from '../../sdk/common/enums.ts';
import { webhookKinds } from '../../sdk/common/webhooks.ts';
import { duration, id, int, namespace, taskQueue, token, wireEnum } from './schemas.ts';

const expression = z.string().min(1, 'must not be empty');
const expressions = z.array(expression).max(20);
const secret = z.string().min(1, 'must not be empty').max(500);

const settings = z.strictObject({
  kind: z.enum(webhookKinds),
  secretName: z
    .string()
    .regex(/^WEBHOOK_[A-Z0-9_]{1,100}$/, 'must be WEBHOOK_ and capital letters, digits, underscores')
    .optional(),
  workflowId: expression,
  signalName: expression,
  signalArgs: expressions.optional(),
  when: z
    .record(expression, z.array(z.string()).min(1, 'must not be empty').max(100))
    .refine((when) => Object.keys(when).length <= 20, 'must not have more than 20 expressions')
    .optional(),
  deliveryId: expression.optional(),
  start: z
    .strictObject({
      workflowType: z.strictObject({ name: id }),
      taskQueue,
      args: expressions.optional(),
      workflowExecutionTimeout: duration,
      workflowIdReusePolicy: wireEnum('workflowIdReusePolicy', WorkflowIdReusePolicy),
    })
    .optional(),
});

/** It becomes part of a URL that people type into forms of others. */
const webhookId = id
  .max(100)
  .regex(/^[A-Za-z0-9][\w.-]*$/, 'must have letters, digits, "-", "_" and "." only');

export const putWebhook = z.strictObject({
  namespace,
  webhookId,
  webhook: settings,
  secrets: z.array(secret).min(1, 'must not be empty').max(4).optional(),
});
export const webhook = z.strictObject({ namespace, webhookId: id });
export const webhookDeliveries = webhook.extend({ pageSize: int.optional(), nextPageToken: token });
