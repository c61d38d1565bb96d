/** What workflow code may know of its own run. */

import { fromDurationJson, fromTimestampJson } from '../common/duration.ts';
import type { HistoryEvent, HistoryEventAttributes } from '../common/history.ts';
import type { PayloadConverter } from '../common/payload.ts';
import { payloadFromJson } from '../common/payload.ts';
import { decompileRetryPolicy, type RetryPolicy } from '../common/retry-policy.ts';
import type { WorkflowSessionInit } from '../common/worker-protocol.ts';
import { assertInContext, currentContext, isReading } from './runtime/context.ts';
import { uuidFrom } from './runtime/random.ts';
import { decodeSearchAttributes, type SearchAttributes } from './search-attributes.ts';

/** Facts about the run. Those of the current workflow task change from task to task. */
export interface WorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly searchAttributes: SearchAttributes;
  readonly memo?: Record<string, unknown>;
  /** Events in history up to the current workflow task. */
  readonly historyLength: number;
  /** Bytes of history up to the current workflow task, as the engine counted them. */
  readonly historySize: number;
  /** The history is long: the workflow should continue as new. */
  readonly continueAsNewSuggested: boolean;
  readonly taskQueue: string;
  readonly namespace: string;
  readonly firstExecutionRunId: string;
  readonly originalExecutionRunId: string;
  /** When the first run of the chain was started. */
  readonly startTime: Date;
  /** When this run was started. */
  readonly runStartTime: Date;
  readonly executionTimeoutMs?: number;
  readonly executionExpirationTime?: Date;
  readonly runTimeoutMs?: number;
  readonly taskTimeoutMs: number;
  readonly retryPolicy?: RetryPolicy;
  /** From 1; grows with every retry of the workflow. */
  readonly attempt: number;
  readonly cronSchedule?: string;
  readonly unsafe: UnsafeWorkflowInfo;
}

/** What must not decide anything in a workflow: it differs from replay to replay. */
export interface UnsafeWorkflowInfo {
  /** The real clock, in epoch milliseconds. */
  readonly now: () => number;
  /** The current workflow task was completed before, or a query is being answered. */
  readonly isReplaying: boolean;
}

/** A snapshot of the facts about the current run. */
export function workflowInfo(): WorkflowInfo {
  const context = assertInContext('workflowInfo');
  return {
    ...context.info,
    unsafe: { ...context.info.unsafe, isReplaying: context.replaying || isReading() },
  };
}

/** Is the calling code part of a workflow? */
export function inWorkflowContext(): boolean {
  return currentContext() !== undefined;
}

/** A version 4 UUID; in a workflow the same one in every replay. */
export function uuid4(): string {
  const context = currentContext();
  return context ? uuidFrom(() => context.draw()) : uuidFrom(Math.random);
}

/** The info of a run that starts with `event`. */
export function infoOfStart(
  init: WorkflowSessionInit,
  event: HistoryEvent,
  attributes: HistoryEventAttributes['WorkflowExecutionStarted'],
  converter: PayloadConverter,
  realNow: () => number,
): WorkflowInfo {
  const startTime = new Date(fromTimestampJson(event.eventTime));
  const { workflowExecutionTimeout, workflowRunTimeout, workflowExecutionExpirationTime } = attributes;
  const { memo, retryPolicy, cronSchedule } = attributes;
  return {
    workflowId: init.workflowId,
    runId: init.runId,
    workflowType: init.workflowType,
    namespace: init.namespace,
    taskQueue: init.taskQueue,
    searchAttributes: decodeSearchAttributes(attributes.searchAttributes),
    memo: Object.fromEntries(
      Object.entries(memo?.fields ?? {}).map(([k, v]) => [k, converter.fromPayload(payloadFromJson(v))]),
    ),
    historyLength: 0,
    historySize: 0,
    continueAsNewSuggested: false,
    firstExecutionRunId: attributes.firstExecutionRunId,
    originalExecutionRunId: attributes.originalExecutionRunId,
    startTime,
    runStartTime: startTime,
    taskTimeoutMs: fromDurationJson(attributes.workflowTaskTimeout),
    attempt: attributes.attempt,
    ...(workflowExecutionTimeout && { executionTimeoutMs: fromDurationJson(workflowExecutionTimeout) }),
    ...(workflowRunTimeout && { runTimeoutMs: fromDurationJson(workflowRunTimeout) }),
    ...(workflowExecutionExpirationTime && {
      executionExpirationTime: new Date(fromTimestampJson(workflowExecutionExpirationTime)),
    }),
    ...(retryPolicy && { retryPolicy: decompileRetryPolicy(retryPolicy) }),
    ...(cronSchedule && { cronSchedule }),
    unsafe: { now: realNow, isReplaying: true },
  };
}
