/**
 * Requests and replies per service call, named as Temporal's RPCs and shaped as its JSON. Client, API, object and core
 * all use these types. `SystemRequests` are calls only the engine makes of itself.
 */

import type { Command } from './command.ts';
import type { DurationJson, EpochMs, TimestampJson } from './duration.ts';
import type { ServiceErrorData } from './errors.ts';
import type { Failure } from './failure.ts';
import type {
  HeaderJson,
  HistoryEvent,
  MemoJson,
  NamedType,
  SdkMetadata,
  SearchAttributesJson,
  TaskQueueJson,
  UserMetadata,
  WorkflowExecution,
} from './history.ts';
import type { PayloadsJson } from './payload.ts';
import type { RetryPolicyJson } from './retry-policy.ts';

export interface StartWorkflowExecutionRequest {
  namespace: string;
  workflowId: string;
  workflowType: NamedType;
  taskQueue: TaskQueueJson;
  input?: PayloadsJson;
  workflowExecutionTimeout?: DurationJson;
  workflowRunTimeout?: DurationJson;
  workflowTaskTimeout?: DurationJson;
  identity?: string;
  /** A repeat with the same id is answered with the run that the first one started. */
  requestId?: string;
  /** `WORKFLOW_ID_REUSE_POLICY_…`; default ALLOW_DUPLICATE. */
  workflowIdReusePolicy?: string;
  /** `WORKFLOW_ID_CONFLICT_POLICY_…`; default FAIL, for signal-with-start USE_EXISTING. */
  workflowIdConflictPolicy?: string;
  retryPolicy?: RetryPolicyJson;
  cronSchedule?: string;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  header?: HeaderJson;
  userMetadata?: UserMetadata;
}
export interface StartWorkflowExecutionReply {
  runId: string;
  started: boolean;
  status: string;
}

/** Which run: an empty `runId` means the newest. */
export interface ExecutionRef {
  workflowId: string;
  runId?: string;
}

export interface SignalWorkflowExecutionRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  signalName: string;
  input?: PayloadsJson;
  identity?: string;
  requestId?: string;
  header?: HeaderJson;
}
export type SignalWithStartWorkflowExecutionRequest = StartWorkflowExecutionRequest & {
  signalName: string;
  signalInput?: PayloadsJson;
};
export interface RequestCancelWorkflowExecutionRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  identity?: string;
  requestId?: string;
  reason?: string;
}
export interface TerminateWorkflowExecutionRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  reason?: string;
  details?: PayloadsJson;
  identity?: string;
}

/** Names one attempt of one activity: what a task token decodes to. */
export interface ActivityTaskRef {
  namespace: string;
  workflowId: string;
  runId: string;
  scheduledEventId: number;
  attempt: number;
}
/** Names a pending activity by its id, whatever its attempt (the `ById` calls). */
export interface ActivityIdRef {
  namespace: string;
  workflowId: string;
  runId?: string;
  activityId: string;
}
export interface RespondActivityTaskCompletedRequest {
  task: ActivityTaskRef | ActivityIdRef;
  result?: PayloadsJson;
  identity?: string;
}
export interface RespondActivityTaskFailedRequest {
  task: ActivityTaskRef | ActivityIdRef;
  failure: Failure;
  lastHeartbeatDetails?: PayloadsJson;
  identity?: string;
}
export interface RespondActivityTaskCanceledRequest {
  task: ActivityTaskRef | ActivityIdRef;
  details?: PayloadsJson;
  identity?: string;
}
export interface RecordActivityTaskHeartbeatRequest {
  task: ActivityTaskRef | ActivityIdRef;
  details?: PayloadsJson;
  identity?: string;
}
export interface RecordActivityTaskHeartbeatReply {
  cancelRequested: boolean;
}

/** Service requests that may change a run, by RPC name. */
export interface ServiceRequests {
  StartWorkflowExecution: StartWorkflowExecutionRequest;
  SignalWithStartWorkflowExecution: SignalWithStartWorkflowExecutionRequest;
  SignalWorkflowExecution: SignalWorkflowExecutionRequest;
  RequestCancelWorkflowExecution: RequestCancelWorkflowExecutionRequest;
  TerminateWorkflowExecution: TerminateWorkflowExecutionRequest;
  RespondActivityTaskCompleted: RespondActivityTaskCompletedRequest;
  RespondActivityTaskFailed: RespondActivityTaskFailedRequest;
  RespondActivityTaskCanceled: RespondActivityTaskCanceledRequest;
  RecordActivityTaskHeartbeat: RecordActivityTaskHeartbeatRequest;
}

/** Requests that the engine makes of itself: time, and the outcomes of effects. */
export interface SystemRequests {
  Tick: Record<never, never>;
  RecordWorkflowTaskStarted: { runId: string; identity: string };
  RespondWorkflowTaskCompleted: {
    runId: string;
    /** Which task and attempt is answered: its Started event id and attempt; anything else is stale. */
    startedEventId: number;
    attempt: number;
    commands: Command[];
    identity?: string;
    sdkMetadata?: SdkMetadata;
  };
  RespondWorkflowTaskFailed: {
    runId: string;
    startedEventId: number;
    attempt: number;
    /** Short name, for example `NON_DETERMINISTIC_ERROR`. */
    cause: string;
    failure?: Failure;
    identity?: string;
  };
  /** The Worker was not reached or lost the attempt: nothing happened. */
  ReleaseWorkflowTask: { runId: string; startedEventId: number; attempt: number; reason: string };
  /** Claims an attempt. The same claimant asking again gets the same answer; anybody else gets NOT_FOUND. */
  RecordActivityTaskStarted: { task: ActivityTaskRef; claimant: string; identity?: string };
  AcceptActivityTask: { task: ActivityTaskRef };
  ReleaseActivityTask: { task: ActivityTaskRef; claimant: string; reason: string };
  RecordVisibilityWritten: { runId: string; version: number };
}

export type Requests = ServiceRequests & SystemRequests;
export type RequestKind = keyof Requests;
export type Request<K extends RequestKind = RequestKind> = { [N in K]: { kind: N } & Requests[N] }[K];

/** What each request is answered with; `void` where the acknowledgement is all. */
export interface Replies {
  StartWorkflowExecution: StartWorkflowExecutionReply;
  SignalWithStartWorkflowExecution: StartWorkflowExecutionReply;
  SignalWorkflowExecution: void;
  RequestCancelWorkflowExecution: void;
  TerminateWorkflowExecution: void;
  RespondActivityTaskCompleted: void;
  RespondActivityTaskFailed: void;
  RespondActivityTaskCanceled: void;
  RecordActivityTaskHeartbeat: RecordActivityTaskHeartbeatReply;
  Tick: void;
  RecordWorkflowTaskStarted: WorkflowTaskStartedReply;
  RespondWorkflowTaskCompleted: void;
  RespondWorkflowTaskFailed: void;
  ReleaseWorkflowTask: void;
  RecordActivityTaskStarted: ActivityTaskStartedReply;
  AcceptActivityTask: void;
  ReleaseActivityTask: void;
  RecordVisibilityWritten: void;
}

export interface WorkflowTaskStartedReply {
  runId: string;
  workflowType: string;
  taskQueue: string;
  attempt: number;
  startedEventId: number;
  startToCloseTimeout: EpochMs;
  /** The task's own Scheduled (if virtual) and Started events: they follow the durable history. */
  virtualEvents: HistoryEvent[];
}
/** What the object needs to call a Worker; input and header are read from the scheduled event. */
export interface ActivityTaskStartedReply {
  scheduledEventId: number;
  attempt: number;
  scheduledTime: EpochMs;
  currentAttemptScheduledTime: EpochMs;
  startedTime: EpochMs;
  heartbeatDetails?: PayloadsJson;
}

/** An answer that can cross an RPC boundary: errors are data there. */
export type Result<T> = { ok: T } | { error: ServiceErrorData };

// ---- Reads ------------------------------------------------------------------------------------------------------------

export interface GetWorkflowExecutionHistoryRequest {
  namespace: string;
  execution: ExecutionRef;
  /** At most this many events; 0 or absent means the default. */
  maximumPageSize?: number;
  nextPageToken?: string;
  /** Wait (up to 20 s) until there is an event after the token. */
  waitNewEvent?: boolean;
  /** `HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT`: only the last event, once the run is closed. */
  historyEventFilterType?: string;
}
export interface GetWorkflowExecutionHistoryReply {
  history: { events: HistoryEvent[] };
  /** Absent when there is nothing more: the run is closed and all of it was read. */
  nextPageToken?: string;
}

export interface PendingActivityInfo {
  activityId: string;
  activityType: NamedType;
  /** `PENDING_ACTIVITY_STATE_SCHEDULED`, `…_STARTED` or `…_CANCEL_REQUESTED`. */
  state: string;
  attempt: number;
  maximumAttempts?: number;
  scheduledTime?: TimestampJson;
  lastStartedTime?: TimestampJson;
  lastHeartbeatTime?: TimestampJson;
  heartbeatDetails?: PayloadsJson;
  expirationTime?: TimestampJson;
  nextAttemptScheduleTime?: TimestampJson;
  lastFailure?: Failure;
  lastWorkerIdentity?: string;
  taskQueue?: string;
  /** Ours: why the attempt is not with a Worker, for example "no Worker serves task queue …". */
  waitingReason?: string;
}

/** `workflowExecutionInfo`, and a row of visibility: `temporal.api.workflow.v1.WorkflowExecutionInfo` in JSON. */
export interface WorkflowExecutionInfo {
  execution: WorkflowExecution;
  type: NamedType;
  startTime: TimestampJson;
  executionTime: TimestampJson;
  closeTime?: TimestampJson;
  /** `WORKFLOW_EXECUTION_STATUS_…`. */
  status: string;
  historyLength: string;
  historySizeBytes?: string;
  executionDuration?: DurationJson;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  taskQueue: string;
  stateTransitionCount?: string;
  firstRunId?: string;
}

export interface DescribeWorkflowExecutionReply {
  executionConfig: {
    taskQueue: TaskQueueJson;
    workflowExecutionTimeout?: DurationJson;
    workflowRunTimeout?: DurationJson;
    defaultWorkflowTaskTimeout: DurationJson;
    userMetadata?: UserMetadata;
  };
  workflowExecutionInfo: WorkflowExecutionInfo;
  pendingActivities: PendingActivityInfo[];
  pendingChildren: never[];
  pendingWorkflowTask?: {
    /** `PENDING_WORKFLOW_TASK_STATE_SCHEDULED` or `…_STARTED`. */
    state: string;
    scheduledTime: TimestampJson;
    originalScheduledTime: TimestampJson;
    startedTime?: TimestampJson;
    attempt: number;
    /** Ours: the failure of the attempt before. */
    lastFailure?: Failure;
    /** Ours: why the task is not with a Worker, for example "no Worker serves task queue …". */
    waitingReason?: string;
  };
  /** Ours: one plain sentence for each thing that keeps the run from going on. */
  problems: string[];
}

export interface QueryWorkflowRequest {
  namespace: string;
  execution: ExecutionRef;
  query: { queryType: string; queryArgs?: PayloadsJson; header?: HeaderJson };
  queryRejectCondition?: string;
}
export interface QueryWorkflowReply {
  queryResult?: PayloadsJson;
  queryRejected?: { status: string };
}

/** `GET …/result`: the close of the newest run in the chain, or `pending` when the wait ran out. */
export type GetWorkflowResultReply =
  | { pending: true; runId: string }
  | { pending: false; runId: string; status: string; closeEvent: HistoryEvent };

/** A run's row in visibility. An older version never replaces a newer one. */
export interface VisibilityRecord {
  namespace: string;
  /** Grows with every change that visibility must show. */
  version: number;
  open: boolean;
  info: WorkflowExecutionInfo;
  /** When the run itself expects to wake next, if it does: the sweeper looks after it from then on. */
  nextDeadline?: EpochMs;
}

export interface ListWorkflowExecutionsReply {
  executions: WorkflowExecutionInfo[];
  nextPageToken?: string;
}
export interface CountWorkflowExecutionsReply {
  count: string;
}
