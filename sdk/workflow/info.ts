/** What workflow code may know of its own run. */

import type { LoadedDataConverter } from '../common/data-converter.ts';
import { fromDurationJson, fromTimestampJson } from '../common/duration.ts';
import { fromWire, type SuggestContinueAsNewReason } from '../common/enums.ts';
import type { HistoryEvent, HistoryEventAttributes } from '../common/history.ts';
import { fromFirstPayloadJson, payloadFromJson } from '../common/payload.ts';
import { decodePriority, type Priority } from '../common/priority.ts';
import { decompileRetryPolicy, type RetryPolicy } from '../common/retry-policy.ts';
import {
  decodeSearchAttributes,
  decodeTypedSearchAttributes,
  type SearchAttributes,
  type TypedSearchAttributes,
} from '../common/search-attributes.ts';
import { type WorkflowSerializationContext, workflowContext } from '../common/serialization-context.ts';
import type { WorkerDeploymentVersion } from '../common/versioning.ts';
import type { WorkflowSessionInit } from '../common/worker-protocol.ts';
import { assertInContext, currentContext, currentUpdate, isReading } from './runtime/context.ts';
import { uuidFrom } from './runtime/random.ts';

/** Facts about the run. Those of the current workflow task change from task to task. */
export interface WorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly searchAttributes: SearchAttributes;
  /** Those whose type is known. */
  readonly typedSearchAttributes: TypedSearchAttributes;
  readonly memo?: Record<string, unknown>;
  /** The workflow that started this one as its child. */
  readonly parent?: ParentWorkflowInfo;
  /** The uppermost parent; absent when the workflow has no parent. */
  readonly root?: RootWorkflowInfo;
  /** Result of the run before this one, where a schedule or continue-as-new hands it on. */
  readonly lastResult?: unknown;
  /** Failure of the run before this one, when this is its retry or its successor by cron. */
  readonly lastFailure?: Error;
  /** Events in history up to the current workflow task. */
  readonly historyLength: number;
  /** Bytes of history up to the current workflow task, as the engine counted them. */
  readonly historySize: number;
  /** The history is long: the workflow should continue as new. */
  readonly continueAsNewSuggested: boolean;
  /** Why; `undefined` while it is not suggested. */
  readonly suggestedContinueAsNewReasons?: SuggestContinueAsNewReason[] | undefined;
  /** The run is pinned to a version, and new runs go to another one: the workflow may continue as new, to move there. */
  readonly targetWorkerDeploymentVersionChanged: boolean;
  /**
   * The version of the Worker that completed, or now works on, the current workflow task; the last one, where that Worker
   * has none.
   */
  readonly currentDeploymentVersion?: WorkerDeploymentVersion | undefined;
  /** @deprecated use `currentDeploymentVersion` */
  readonly currentBuildId?: string | undefined;
  readonly taskQueue: string;
  readonly namespace: string;
  readonly firstExecutionRunId: string;
  readonly originalExecutionRunId: string;
  /** The run before this one, when it continued as new, was retried, or came by cron. */
  readonly continuedFromExecutionRunId?: string;
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
  /** Milliseconds that the first workflow task of this run had to wait. */
  readonly cronScheduleToScheduleInterval?: number;
  /** What its activities and children have, where they do not say otherwise. */
  readonly priority?: Priority;
  readonly unsafe: UnsafeWorkflowInfo;
}

export interface ParentWorkflowInfo {
  workflowId: string;
  runId: string;
  namespace: string;
}
export interface RootWorkflowInfo {
  workflowId: string;
  runId: string;
}

/** What must not decide anything in a workflow: it differs from replay to replay. */
export interface UnsafeWorkflowInfo {
  /** The real clock, in epoch milliseconds. */
  readonly now: () => number;
  /** The current workflow task was completed before, or a query is being answered. */
  readonly isReplaying: boolean;
  /** The current workflow task was completed before. False for a query: it is answered live. */
  readonly isReplayingHistoryEvents: boolean;
}

/** A snapshot of the facts about the current run. */
export function workflowInfo(): WorkflowInfo {
  const context = assertInContext('workflowInfo');
  const querying = isReading() && !currentUpdate();
  return {
    ...context.info,
    unsafe: {
      ...context.info.unsafe,
      isReplaying: context.replaying || querying,
      isReplayingHistoryEvents: context.replaying && !querying,
    },
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

type Converters = Pick<LoadedDataConverter, 'payloadConverter' | 'failureConverter'>;

/** The info of a run that starts with `event`. */
export function infoOfStart(
  init: WorkflowSessionInit,
  event: HistoryEvent,
  attributes: HistoryEventAttributes['WorkflowExecutionStarted'],
  converters: Converters,
  realNow: () => number,
): WorkflowInfo {
  const startTime = new Date(fromTimestampJson(event.eventTime));
  const { workflowExecutionExpirationTime } = attributes;
  // None is written as 0s.
  const executionTimeoutMs = fromDurationJson(attributes.workflowExecutionTimeout);
  const runTimeoutMs = fromDurationJson(attributes.workflowRunTimeout);
  const { memo, retryPolicy } = attributes;
  const { payloadConverter: converter } = converters;
  const context = workflowContext(init.namespace, init.workflowId);
  return {
    workflowId: init.workflowId,
    runId: init.runId,
    workflowType: init.workflowType,
    namespace: init.namespace,
    taskQueue: init.taskQueue,
    searchAttributes: decodeSearchAttributes(attributes.searchAttributes?.indexedFields),
    typedSearchAttributes: decodeTypedSearchAttributes(attributes.searchAttributes?.indexedFields),
    memo: Object.fromEntries(
      Object.entries(memo?.fields ?? {}).map(([k, v]) => [
        k,
        converter.fromPayload(payloadFromJson(v), context),
      ]),
    ),
    historyLength: 0,
    historySize: 0,
    continueAsNewSuggested: false,
    targetWorkerDeploymentVersionChanged: false,
    firstExecutionRunId: attributes.firstExecutionRunId,
    originalExecutionRunId: attributes.originalExecutionRunId,
    startTime,
    runStartTime: startTime,
    taskTimeoutMs: fromDurationJson(attributes.workflowTaskTimeout),
    attempt: attributes.attempt,
    ...(executionTimeoutMs > 0 && { executionTimeoutMs }),
    ...(runTimeoutMs > 0 && { runTimeoutMs }),
    ...(workflowExecutionExpirationTime && {
      executionExpirationTime: new Date(fromTimestampJson(workflowExecutionExpirationTime)),
    }),
    ...(retryPolicy && { retryPolicy: decompileRetryPolicy(retryPolicy) }),
    priority: decodePriority(attributes.priority),
    ...originOf(attributes, converters, context),
    unsafe: { now: realNow, isReplaying: true, isReplayingHistoryEvents: true },
  };
}

export function reasonsFromWire(reasons: string[] | undefined): SuggestContinueAsNewReason[] | undefined {
  return reasons?.flatMap(
    (reason) => fromWire<SuggestContinueAsNewReason>('suggestContinueAsNewReason', reason) ?? [],
  );
}

/** Where the run comes from: a parent, or the run before it. */
function originOf(
  attributes: HistoryEventAttributes['WorkflowExecutionStarted'],
  { payloadConverter: converter, failureConverter }: Converters,
  context: WorkflowSerializationContext,
): Partial<WorkflowInfo> {
  const { parentWorkflowExecution, parentWorkflowNamespace, rootWorkflowExecution } = attributes;
  const { continuedExecutionRunId, continuedFailure, lastCompletionResult } = attributes;
  const { cronSchedule, firstWorkflowTaskBackoff } = attributes;
  return {
    ...(parentWorkflowExecution && {
      parent: { ...parentWorkflowExecution, namespace: parentWorkflowNamespace ?? '' },
    }),
    ...(rootWorkflowExecution && { root: rootWorkflowExecution }),
    ...(continuedExecutionRunId && { continuedFromExecutionRunId: continuedExecutionRunId }),
    ...(continuedFailure && {
      lastFailure: failureConverter.failureToError(continuedFailure, converter, context),
    }),
    ...(lastCompletionResult && {
      lastResult: fromFirstPayloadJson(converter, lastCompletionResult, context),
    }),
    ...(cronSchedule && { cronSchedule }),
    ...(fromDurationJson(firstWorkflowTaskBackoff) > 0 && {
      cronScheduleToScheduleInterval: fromDurationJson(firstWorkflowTaskBackoff),
    }),
  };
}
