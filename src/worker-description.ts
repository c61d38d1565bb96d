/** What a Worker says of itself, checked: whoever asks one trusts nothing of its answer that this has not seen. */

import { z } from 'zod';
import type { JsRpcMessage, WorkerDescription } from '../sdk/common/worker-protocol.ts';

export const MAX_DESCRIPTION_BYTES = 1024 * 1024;

const name = z.string().min(1).max(1_000);
const schema: z.ZodType<WorkerDescription> = z.object({
  identity: z.string().max(1_000),
  buildId: z.string().max(1_000).optional(),
  deploymentVersion: z.object({ deploymentName: name, buildId: name }).optional(),
  sdk: z.object({ name, version: name }),
  // A newer SDK may take messages that this engine does not send.
  jsRpc: z
    .array(z.custom<JsRpcMessage>((message) => typeof message === 'string'))
    .max(100)
    .optional(),
  taskQueues: z
    .array(
      z.object({
        name,
        workflowTypes: z.array(name).max(10_000),
        activityTypes: z.array(name).max(10_000),
        maxActivitiesPerSecond: z.number().positive().optional(),
      }),
    )
    .max(1_000),
});

/** @param text `undefined`: it was too long to be read. @throws Error with a reason that a person can read */
export function parseDescription(text: string | undefined): WorkerDescription {
  if (text === undefined) throw new Error('its description is too large');
  const { success, data } = schema.safeParse(parseJson(text));
  if (!success) throw new Error('its description is not one that this engine understands');
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
