/**
 * The attributes of every history event: the first half of the event table, types only (`history.ts` has the traits).
 * Fields, names and meaning: `temporal.api.history.v1`, in proto3 JSON.
 */

import type { DurationJson, TimestampJson } from './duration.ts';
import type { Failure } from './failure.ts';
import type { PayloadMapJson, PayloadsJson } from './payload.ts';
import type { PriorityJson } from './priority.ts';
import type { RetryPolicyJson } from './retry-policy.ts';
import type { VersioningOverrideJson, WorkerDeploymentVersion } from './versioning.ts';

export interface WorkflowExecution {
  workflowId: string;
  runId: string;
}
export interface NamedType {
  name: string;
}
export interface TaskQueueJson {
  name: string;
  kind?: 'TASK_QUEUE_KIND_NORMAL' | 'TASK_QUEUE_KIND_STICKY';
  normalName?: string;
}
export interface HeaderJson {
  fields?: PayloadMapJson;
}
export interface MemoJson {
  fields?: PayloadMapJson;
}
export interface SearchAttributesJson {
  indexedFields?: PayloadMapJson;
}
export interface SdkMetadata {
  coreUsedFlags?: number[];
  langUsedFlags?: number[];
  sdkName?: string;
  sdkVersion?: string;
}
export interface UserMetadata {
  summary?: PayloadMapJson[string];
  details?: PayloadMapJson[string];
}

/** Event ids are int64 in proto3 JSON: decimal strings. */
export type EventId = string;

interface ByTask {
  workflowTaskCompletedEventId: EventId;
}
interface ByActivity {
  scheduledEventId: EventId;
  startedEventId: EventId;
  identity?: string;
}

interface ByChild {
  namespace: string;
  workflowExecution: WorkflowExecution;
  workflowType: NamedType;
  initiatedEventId: EventId;
  startedEventId: EventId;
}
/** An execution that a workflow addresses: without `runId`, the newest run. */
export interface ExternalExecution {
  workflowId: string;
  runId?: string;
}
/** `temporal.api.update.v1.Request` */
export interface UpdateRequestJson {
  meta: { updateId: string; identity?: string };
  input: { name: string; args?: PayloadsJson; header?: HeaderJson };
}
/** `temporal.api.update.v1.Outcome`: exactly one of the two. */
export type UpdateOutcomeJson = { success: PayloadsJson } | { failure: Failure };

/** Attributes per history event. Fields, names and meaning: `temporal.api.history.v1`. */
export interface HistoryEventAttributes {
  WorkflowExecutionStarted: {
    workflowType: NamedType;
    taskQueue: TaskQueueJson;
    input?: PayloadsJson;
    workflowExecutionTimeout?: DurationJson;
    workflowRunTimeout?: DurationJson;
    workflowTaskTimeout: DurationJson;
    parentWorkflowNamespace?: string;
    parentWorkflowExecution?: WorkflowExecution;
    parentInitiatedEventId?: EventId;
    rootWorkflowExecution?: WorkflowExecution;
    /** The run before this one, when it continued as new, was retried, or came by cron. */
    continuedExecutionRunId?: string;
    /** `CONTINUE_AS_NEW_INITIATOR_WORKFLOW`, `…_RETRY` or `…_CRON_SCHEDULE`. */
    initiator?: string;
    continuedFailure?: Failure;
    lastCompletionResult?: PayloadsJson;
    originalExecutionRunId: string;
    firstExecutionRunId: string;
    identity?: string;
    retryPolicy?: RetryPolicyJson;
    attempt: number;
    workflowExecutionExpirationTime?: TimestampJson;
    cronSchedule?: string;
    firstWorkflowTaskBackoff?: DurationJson;
    memo?: MemoJson;
    searchAttributes?: SearchAttributesJson;
    header?: HeaderJson;
    workflowId: string;
    priority?: PriorityJson;
    versioningOverride?: VersioningOverrideJson;
    /** The version that the run begins on, as its parent or the run before it was pinned to it. */
    inheritedPinnedVersion?: WorkerDeploymentVersion;
    /** Continued by the task's wish to leave its version. */
    inheritedAutoUpgradeInfo?: { continueAsNewInitialVersioningBehavior: string };
  };
  WorkflowExecutionCompleted: ByTask & { result?: PayloadsJson; newExecutionRunId?: string };
  WorkflowExecutionFailed: ByTask & { failure: Failure; retryState: string; newExecutionRunId?: string };
  WorkflowExecutionTimedOut: { retryState: string; newExecutionRunId?: string };
  WorkflowExecutionContinuedAsNew: ByTask & {
    newExecutionRunId: string;
    workflowType: NamedType;
    taskQueue: TaskQueueJson;
    input?: PayloadsJson;
    workflowRunTimeout?: DurationJson;
    workflowTaskTimeout?: DurationJson;
    backoffStartInterval?: DurationJson;
    initiator: string;
    header?: HeaderJson;
    memo?: MemoJson;
    searchAttributes?: SearchAttributesJson;
    /** `CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_…` */
    initialVersioningBehavior?: string;
  };
  WorkflowExecutionCanceled: ByTask & { details?: PayloadsJson };
  WorkflowExecutionTerminated: { reason?: string; details?: PayloadsJson; identity?: string };
  WorkflowExecutionCancelRequested: {
    cause?: string;
    identity?: string;
    externalInitiatedEventId?: EventId;
    externalWorkflowExecution?: WorkflowExecution;
  };
  WorkflowExecutionPaused: { identity?: string; reason?: string; requestId?: string };
  WorkflowExecutionUnpaused: { identity?: string; reason?: string; requestId?: string };
  WorkflowExecutionSignaled: {
    signalName: string;
    input?: PayloadsJson;
    identity?: string;
    header?: HeaderJson;
    requestId?: string;
    externalWorkflowExecution?: WorkflowExecution;
  };
  WorkflowExecutionOptionsUpdated: {
    versioningOverride?: VersioningOverrideJson;
    unsetVersioningOverride?: boolean;
    identity?: string;
  };
  WorkflowTaskScheduled: { taskQueue: TaskQueueJson; startToCloseTimeout: DurationJson; attempt: number };
  WorkflowTaskStarted: {
    scheduledEventId: EventId;
    identity?: string;
    requestId?: string;
    suggestContinueAsNew?: boolean;
    /** `SUGGEST_CONTINUE_AS_NEW_REASON_…` */
    suggestContinueAsNewReasons?: string[];
    /** The run is pinned, and another version is current by now. */
    targetWorkerDeploymentVersionChanged?: boolean;
    historySizeBytes?: string;
  };
  WorkflowTaskCompleted: {
    scheduledEventId: EventId;
    startedEventId: EventId;
    identity?: string;
    sdkMetadata?: SdkMetadata;
    /** `VERSIONING_BEHAVIOR_…`; with it, the version that completed the task. */
    versioningBehavior?: string;
    workerDeploymentName?: string;
    deploymentVersion?: WorkerDeploymentVersion;
  };
  WorkflowTaskTimedOut: { scheduledEventId: EventId; startedEventId: EventId; timeoutType: string };
  WorkflowTaskFailed: {
    scheduledEventId: EventId;
    startedEventId: EventId;
    cause: string;
    failure?: Failure;
    identity?: string;
    /** Of a reset: the run whose history ends here, and the one that goes on. */
    baseRunId?: string;
    newRunId?: string;
  };
  ActivityTaskScheduled: ByTask & {
    activityId: string;
    activityType: NamedType;
    taskQueue: TaskQueueJson;
    header?: HeaderJson;
    input?: PayloadsJson;
    scheduleToCloseTimeout: DurationJson;
    scheduleToStartTimeout: DurationJson;
    startToCloseTimeout: DurationJson;
    heartbeatTimeout: DurationJson;
    retryPolicy: Required<RetryPolicyJson>;
    priority?: PriorityJson;
  };
  ActivityTaskStarted: {
    scheduledEventId: EventId;
    identity?: string;
    requestId?: string;
    attempt: number;
    lastFailure?: Failure;
  };
  ActivityTaskCompleted: ByActivity & { result?: PayloadsJson };
  ActivityTaskFailed: ByActivity & { failure: Failure; retryState: string };
  ActivityTaskTimedOut: ByActivity & { failure: Failure; retryState: string };
  ActivityTaskCancelRequested: ByTask & { scheduledEventId: EventId };
  ActivityTaskCanceled: ByActivity & { details?: PayloadsJson; latestCancelRequestedEventId?: EventId };
  TimerStarted: ByTask & { timerId: string; startToFireTimeout: DurationJson };
  TimerFired: { timerId: string; startedEventId: EventId };
  TimerCanceled: ByTask & { timerId: string; startedEventId: EventId; identity?: string };
  MarkerRecorded: ByTask & {
    markerName: string;
    details?: Record<string, PayloadsJson>;
    header?: HeaderJson;
    failure?: Failure;
  };
  UpsertWorkflowSearchAttributes: ByTask & { searchAttributes: SearchAttributesJson };
  WorkflowPropertiesModified: ByTask & { upsertedMemo?: MemoJson };
  StartChildWorkflowExecutionInitiated: ByTask & {
    namespace: string;
    workflowId: string;
    workflowType: NamedType;
    taskQueue: TaskQueueJson;
    input?: PayloadsJson;
    workflowExecutionTimeout?: DurationJson;
    workflowRunTimeout?: DurationJson;
    workflowTaskTimeout?: DurationJson;
    /** `PARENT_CLOSE_POLICY_…` */
    parentClosePolicy: string;
    workflowIdReusePolicy?: string;
    retryPolicy?: RetryPolicyJson;
    cronSchedule?: string;
    header?: HeaderJson;
    memo?: MemoJson;
    searchAttributes?: SearchAttributesJson;
    priority?: PriorityJson;
  };
  StartChildWorkflowExecutionFailed: ByTask & {
    namespace: string;
    workflowId: string;
    workflowType: NamedType;
    /** `START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS` or `…_NAMESPACE_NOT_FOUND`. */
    cause: string;
    initiatedEventId: EventId;
  };
  ChildWorkflowExecutionStarted: Omit<ByChild, 'startedEventId'> & { header?: HeaderJson };
  ChildWorkflowExecutionCompleted: ByChild & { result?: PayloadsJson };
  ChildWorkflowExecutionFailed: ByChild & { failure: Failure; retryState: string };
  ChildWorkflowExecutionCanceled: ByChild & { details?: PayloadsJson };
  ChildWorkflowExecutionTimedOut: ByChild & { retryState: string };
  ChildWorkflowExecutionTerminated: ByChild;
  SignalExternalWorkflowExecutionInitiated: ByTask & {
    namespace: string;
    workflowExecution: ExternalExecution;
    signalName: string;
    input?: PayloadsJson;
    childWorkflowOnly?: boolean;
    header?: HeaderJson;
  };
  SignalExternalWorkflowExecutionFailed: ByTask & {
    /** `SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND` and kin. */
    cause: string;
    namespace: string;
    workflowExecution: ExternalExecution;
    initiatedEventId: EventId;
  };
  ExternalWorkflowExecutionSignaled: {
    initiatedEventId: EventId;
    namespace: string;
    workflowExecution: ExternalExecution;
  };
  RequestCancelExternalWorkflowExecutionInitiated: ByTask & {
    namespace: string;
    workflowExecution: ExternalExecution;
    childWorkflowOnly?: boolean;
    reason?: string;
  };
  RequestCancelExternalWorkflowExecutionFailed: ByTask & {
    /** `CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND` and kin. */
    cause: string;
    namespace: string;
    workflowExecution: ExternalExecution;
    initiatedEventId: EventId;
  };
  ExternalWorkflowExecutionCancelRequested: {
    initiatedEventId: EventId;
    namespace: string;
    workflowExecution: ExternalExecution;
  };
  WorkflowExecutionUpdateAccepted: {
    /** The update id. */
    protocolInstanceId: string;
    acceptedRequestMessageId: string;
    acceptedRequestSequencingEventId: EventId;
    acceptedRequest: UpdateRequestJson;
  };
  WorkflowExecutionUpdateCompleted: {
    meta: { updateId: string; identity?: string };
    acceptedEventId: EventId;
    outcome: UpdateOutcomeJson;
  };
}
