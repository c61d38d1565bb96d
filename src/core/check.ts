/** Checks that several nouns share. Each refuses with a ServiceError that names the field. */

import { type DurationJson, fromDurationJson, isDurationJson } from '../../sdk/common/duration.ts';
import { invalidArgument, notFound, ServiceError } from '../../sdk/common/errors.ts';
import type { WorkflowExecution } from '../../sdk/common/history.ts';
import { MAX_ID_LENGTH, standaloneActivityId } from '../../sdk/common/ids.ts';
import { DEFAULT_MAX_PAYLOAD_BYTES, MAX_INLINE_PAYLOAD_BYTES } from '../../sdk/common/limits.ts';
import type { PayloadJson, PayloadMapJson, PayloadsJson } from '../../sdk/common/payload.ts';
import type { PriorityJson } from '../../sdk/common/priority.ts';
import type { RetryPolicyJson } from '../../sdk/common/retry-policy.ts';
import type { ExecutionRef } from '../../sdk/common/service.ts';
import {
  LAST_PRIORITY_KEY,
  MAX_FAIRNESS_KEY_BYTES,
  MAX_FAIRNESS_WEIGHT,
  MIN_FAIRNESS_WEIGHT,
} from '../../sdk/common/task-queues.ts';
import { type Execution, isOpen, type RunState } from './state.ts';
import { base64Bytes, storedData } from './stored-payload.ts';

/** @throws ServiceError INVALID_ARGUMENT */
export function checkPriority(field: string, priority: PriorityJson | undefined): void {
  const { priorityKey = 0, fairnessKey = '', fairnessWeight = 1 } = priority ?? {};
  if (!(Number.isInteger(priorityKey) && priorityKey >= 0 && priorityKey <= LAST_PRIORITY_KEY))
    throw invalidArgument(`${field}.priorityKey: must be from 1 to ${LAST_PRIORITY_KEY}`);
  // A character has three bytes at most: most keys, and those that are not there, need not be encoded.
  const mayBeTooLong = fairnessKey.length * 3 > MAX_FAIRNESS_KEY_BYTES;
  if (mayBeTooLong && new TextEncoder().encode(fairnessKey).length > MAX_FAIRNESS_KEY_BYTES)
    throw invalidArgument(`${field}.fairnessKey: has at most ${MAX_FAIRNESS_KEY_BYTES} bytes`);
  const inRange = fairnessWeight >= MIN_FAIRNESS_WEIGHT && fairnessWeight <= MAX_FAIRNESS_WEIGHT;
  if (fairnessWeight !== 0 && !inRange) {
    const range = `from ${MIN_FAIRNESS_WEIGHT} to ${MAX_FAIRNESS_WEIGHT}`;
    throw invalidArgument(`${field}.fairnessWeight: must be ${range}`);
  }
}

/** The open run that is meant. */
export function requireOpen(
  execution: Execution,
  ref: Pick<ExecutionRef, 'runId'> & { firstExecutionRunId?: string },
): RunState {
  const { run } = execution;
  const another =
    (ref.runId && ref.runId !== run?.runId) ||
    (ref.firstExecutionRunId && ref.firstExecutionRunId !== run?.firstExecutionRunId);
  if (!run || another) {
    const older = [run?.continuedExecutionRunId, run?.originalExecutionRunId, run?.firstExecutionRunId];
    if (ref.runId && older.includes(ref.runId)) throw notFound('workflow execution already completed');
    const runId = ref.runId || ref.firstExecutionRunId;
    const which = runId ? `${execution.workflowId}, run ${runId}` : execution.workflowId;
    throw notFound(run ? `no open workflow execution: ${which}` : `workflow not found for ID: ${which}`);
  }
  if (run.imported) throw readOnly(run.runId);
  if (!isOpen(run)) throw notFound('workflow execution already completed');
  return run;
}

export const readOnly = (runId: string): ServiceError =>
  new ServiceError(
    'FAILED_PRECONDITION',
    `run ${runId} was imported: it can be read, queried and replayed, but not changed; fork it to go on from it`,
  );

/** For what only the parent may do. */
export function requireChildOf(run: RunState, parent: WorkflowExecution | undefined): void {
  if (!parent) return;
  if (run.parent?.workflowId === parent.workflowId && run.parent.runId === parent.runId) return;
  throw notFound(`workflow ${run.workflowId} is no child of ${parent.workflowId}, run ${parent.runId}`);
}

export function checkName(field: string, value: unknown): void {
  if (typeof value !== 'string' || value === '')
    throw invalidArgument(`${field}: must be a non-empty string`);
  if (value.length > MAX_ID_LENGTH) {
    throw invalidArgument(`${field}: longer than ${MAX_ID_LENGTH} characters`);
  }
}

/** Of a workflow: Workers do not reach activities that belong to none as if they were workflows. */
export function checkWorkflowId(field: string, value: unknown): void {
  checkName(field, value);
  if (standaloneActivityId(value as string) !== undefined)
    throw invalidArgument(`${field}: is the address of an activity`);
}

/** @returns milliseconds; an absent duration is 0, "not set" */
export function checkDuration(field: string, value: DurationJson | null | undefined): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'string' || !isDurationJson(value)) {
    throw invalidArgument(`${field}: not a duration like "10s" or "1.500s": ${JSON.stringify(value)}`);
  }
  return fromDurationJson(value);
}

/** What the door has stored says itself whether it is too large. */
function checkPayload(field: string, payload: PayloadJson | null): void {
  const stored = storedData(payload);
  const bytes = stored ? stored.bytes : base64Bytes(payload?.data ?? '');
  const limit = stored ? stored.limit : DEFAULT_MAX_PAYLOAD_BYTES;
  if (limit !== undefined && bytes > limit) throw tooLarge(field, bytes, limit);
}

function tooLarge(field: string, bytes: number, limit: number): ServiceError {
  const message = `${field}: a payload of ${bytes} bytes is over the limit of ${limit}`;
  return new ServiceError('PAYLOAD_TOO_LARGE', message);
}

export function checkPayloads(field: string, payloads: PayloadsJson | undefined): void {
  for (const payload of payloads?.payloads ?? []) checkPayload(field, payload);
}

export function checkPayloadMap(field: string, payloads: PayloadMapJson | undefined): void {
  for (const [name, payload] of Object.entries(payloads ?? {})) checkPayload(`${field}.${name}`, payload);
}

/** They are indexed, and shown in lists. */
export function checkSearchAttributes(field: string, attributes: PayloadMapJson | undefined): void {
  for (const [name, payload] of Object.entries(attributes ?? {})) {
    const stored = storedData(payload);
    const limit = Math.min(stored?.limit ?? MAX_INLINE_PAYLOAD_BYTES, MAX_INLINE_PAYLOAD_BYTES);
    if (stored && stored.bytes > limit) throw tooLarge(`${field}.${name}`, stored.bytes, limit);
  }
}

/** Temporal's rules for a retry policy; with `maximumAttempts` 1 nothing else is looked at. */
export function checkRetryPolicy(field: string, policy: RetryPolicyJson | undefined): void {
  if (!policy || policy.maximumAttempts === 1) return;
  const { backoffCoefficient, maximumAttempts } = policy;
  if (backoffCoefficient !== undefined && backoffCoefficient !== 0 && !(backoffCoefficient >= 1)) {
    throw invalidArgument(`${field}.backoffCoefficient: must be at least 1`);
  }
  if (maximumAttempts !== undefined && !(Number.isInteger(maximumAttempts) && maximumAttempts >= 0)) {
    throw invalidArgument(`${field}.maximumAttempts: must be a whole number, 0 for no limit`);
  }
  const initial = checkDuration(`${field}.initialInterval`, policy.initialInterval);
  const maximum = checkDuration(`${field}.maximumInterval`, policy.maximumInterval);
  if (maximum !== 0 && maximum < initial) {
    throw invalidArgument(`${field}.maximumInterval: must not be less than initialInterval`);
  }
}
