/** Ids that cross boundaries: task tokens, dispatch ids, object names. */

import { invalidArgument } from './errors.ts';
import { base64ToBytes, bytesToBase64 } from './payload.ts';
import type { ActivityTaskRef } from './service.ts';

/** Temporal's bound for ids and type names, in characters. */
export const MAX_ID_LENGTH = 1_000;

const TOKEN_VERSION = 1;
const encoder = new TextEncoder();

/** The task token of an attempt as the engine's objects have it; it leaves the engine sealed. */
export function encodeTaskToken(task: ActivityTaskRef): string {
  const { namespace, workflowId, runId, scheduledEventId, attempt } = task;
  const json = JSON.stringify([TOKEN_VERSION, namespace, workflowId, runId, scheduledEventId, attempt]);
  return bytesToBase64(encoder.encode(json));
}

/** @throws ServiceError INVALID_ARGUMENT when the text is no token of ours. */
export function decodeTaskToken(token: string): ActivityTaskRef {
  let fields: unknown;
  try {
    fields = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(base64ToBytes(token)),
    );
  } catch {
    throw invalidArgument('taskToken: not a task token of this engine');
  }
  if (!Array.isArray(fields) || fields.length !== 6 || fields[0] !== TOKEN_VERSION) {
    throw invalidArgument('taskToken: not a task token of this engine');
  }
  const [, namespace, workflowId, runId, scheduledEventId, attempt] = fields as [number, ...unknown[]];
  const texts = [namespace, workflowId, runId].every((t) => typeof t === 'string' && t !== '');
  const numbers = [scheduledEventId, attempt].every((n) => Number.isSafeInteger(n) && (n as number) > 0);
  if (!texts || !numbers) throw invalidArgument('taskToken: not a task token of this engine');
  return { namespace, workflowId, runId, scheduledEventId, attempt } as ActivityTaskRef;
}

/** The same for every re-send of an attempt, so that a Worker can join or repeat instead of executing twice. */
export function dispatchIdOf(task: Pick<ActivityTaskRef, 'runId' | 'scheduledEventId' | 'attempt'>): string {
  return `${task.runId}/${task.scheduledEventId}/${task.attempt}`;
}

/** The name of the object that owns a workflow id. JSON, so that no namespace and id can run together. */
export function executionObjectName(namespace: string, workflowId: string): string {
  return JSON.stringify([namespace, workflowId]);
}
export function parseExecutionObjectName(name: string): { namespace: string; workflowId: string } {
  const [namespace, workflowId] = JSON.parse(name) as [string, string];
  return { namespace, workflowId };
}

/** No workflow id that comes by the API has a control character: what begins so belongs to the engine. */
const ACTIVITY_ADDRESS = '\u0001activity/';

/** In the place of a workflow id: where the runs of an activity live that belongs to no workflow. */
export const activityAddress = (activityId: string): string => ACTIVITY_ADDRESS + activityId;
/** `undefined`: it is the id of a workflow. */
export function standaloneActivityId(address: string): string | undefined {
  return address.startsWith(ACTIVITY_ADDRESS) ? address.slice(ACTIVITY_ADDRESS.length) : undefined;
}
