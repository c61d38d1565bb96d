/**
 * Requests and replies per service call, named as Temporal's RPCs and shaped as its JSON. Client, API, object and core
 * all use these types. `SystemRequests` are calls only the engine makes of itself.
 */

import type { Command } from './command.ts';
import type { DurationJson, EpochMs } from './duration.ts';
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
  UpdateOutcomeJson,
  UpdateRequestJson,
  UserMetadata,
  WorkflowExecution,
} from './history.ts';
import type { PayloadsJson } from './payload.ts';
import type { PriorityJson } from './priority.ts';
import type { RetryPolicyJson } from './retry-policy.ts';
import type { StartActivityExecutionReply, StartActivityExecutionRequest } from './service-activities.ts';
import type {
  ForkWorkflowExecutionRequest,
  OperationReplies,
  OperationRequests,
} from './service-operations.ts';
import type { ClaimBounds } from './task-queues.ts';
import type { VersioningOverrideJson, WorkerDeploymentVersion } from './versioning.ts';

export * from './service-activities.ts';
export * from './service-operations.ts';
export * from './service-reads.ts';

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
  /** The first workflow task waits so long; a signal starts it at once. Not together with `cronSchedule`. */
  workflowStartDelay?: DurationJson;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  header?: HeaderJson;
  userMetadata?: UserMetadata;
  versioningOverride?: VersioningOverrideJson;
  /** What its activities and children have, where they do not say otherwise. */
  priority?: PriorityJson;
  parent?: ParentExecution;
  /** Set by the engine when a schedule starts the run: what the runs before it came to. */
  lastCompletionResult?: PayloadsJson;
  continuedFailure?: Failure;
}
/** Set by the engine when a workflow starts a child; the API takes none of it. */
export interface ParentExecution {
  namespace: string;
  workflowId: string;
  runId: string;
  initiatedEventId: number;
  rootWorkflowExecution: WorkflowExecution;
  /** The child begins on the version that its parent is pinned to. */
  pinnedVersion?: WorkerDeploymentVersion;
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
  /** Set by the engine when another workflow sends the signal. `childOf`: only if this run is that run's child. */
  external?: WorkflowExecution;
  childOf?: WorkflowExecution;
}
export type SignalWithStartWorkflowExecutionRequest = StartWorkflowExecutionRequest & {
  signalName: string;
  signalInput?: PayloadsJson;
};
export interface RequestCancelWorkflowExecutionRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  /** Only a run of the chain that began with this one; a later workflow with the same id is not meant. */
  firstExecutionRunId?: string;
  identity?: string;
  requestId?: string;
  reason?: string;
  /** Set by the engine when another workflow asks for it. */
  external?: WorkflowExecution & { initiatedEventId: number };
  childOf?: WorkflowExecution;
}
export interface TerminateWorkflowExecutionRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  /** A repeat ends no later run. Temporal's API has none: batch jobs send it. */
  requestId?: string;
  /** As in {@link RequestCancelWorkflowExecutionRequest}. */
  firstExecutionRunId?: string;
  reason?: string;
  details?: PayloadsJson;
  identity?: string;
}

/** Changes how a run is carried out: its versioning override. */
export interface UpdateWorkflowExecutionOptionsRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  /** Without `versioningOverride`: the one that is there is taken away. */
  workflowExecutionOptions: WorkflowExecutionOptionsJson;
  identity?: string;
}
export interface WorkflowExecutionOptionsJson {
  versioningOverride?: VersioningOverrideJson;
}
export interface UpdateWorkflowExecutionOptionsReply {
  workflowExecutionOptions: WorkflowExecutionOptionsJson;
}

/** Takes an update in. Answered at once with what is known; the caller waits for the stage it wants. */
export interface UpdateWorkflowExecutionRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  firstExecutionRunId?: string;
  /** Stage to wait for, `UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_…`; default ACCEPTED. Read by the shell, not the core. */
  waitPolicy?: { lifecycleStage?: string };
  request: UpdateRequestJson;
}
export interface UpdateWorkflowExecutionReply {
  updateRef: { workflowExecution: WorkflowExecution; updateId: string };
  /** `UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_…` reached so far. A rejection is COMPLETED with a failure. */
  stage: string;
  outcome?: UpdateOutcomeJson;
}
export interface PollWorkflowExecutionUpdateRequest {
  namespace: string;
  updateRef: { workflowExecution: ExecutionRef; updateId: string };
  waitPolicy?: { lifecycleStage?: string };
}
/** Update-with-start: one decision, one transaction. `startWorkflow` must name a conflict policy. */
export interface ExecuteMultiOperationRequest {
  namespace: string;
  startWorkflow: StartWorkflowExecutionRequest;
  updateWorkflow: UpdateWorkflowExecutionRequest;
}
export interface ExecuteMultiOperationReply {
  startWorkflow: StartWorkflowExecutionReply;
  updateWorkflow: UpdateWorkflowExecutionReply;
}

/** How a child ended, as it tells its parent. */
export type ChildClose =
  | { kind: 'Completed'; result?: PayloadsJson }
  | { kind: 'Failed'; failure: Failure; retryState: string }
  | { kind: 'Canceled'; details?: PayloadsJson }
  | { kind: 'TimedOut'; retryState: string }
  | { kind: 'Terminated' };

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
  activityPaused?: boolean;
  activityReset?: boolean;
}

/** Service requests that may change a run, by RPC name. */
export interface ServiceRequests extends OperationRequests {
  StartActivityExecution: StartActivityExecutionRequest;
  StartWorkflowExecution: StartWorkflowExecutionRequest;
  SignalWithStartWorkflowExecution: SignalWithStartWorkflowExecutionRequest;
  SignalWorkflowExecution: SignalWorkflowExecutionRequest;
  RequestCancelWorkflowExecution: RequestCancelWorkflowExecutionRequest;
  TerminateWorkflowExecution: TerminateWorkflowExecutionRequest;
  UpdateWorkflowExecution: UpdateWorkflowExecutionRequest;
  UpdateWorkflowExecutionOptions: UpdateWorkflowExecutionOptionsRequest;
  ExecuteMultiOperation: ExecuteMultiOperationRequest;
  RespondActivityTaskCompleted: RespondActivityTaskCompletedRequest;
  RespondActivityTaskFailed: RespondActivityTaskFailedRequest;
  RespondActivityTaskCanceled: RespondActivityTaskCanceledRequest;
  RecordActivityTaskHeartbeat: RecordActivityTaskHeartbeatRequest;
}

/** Who a run is: under whose id the world knows what its events began. */
export interface RunInChain {
  runId: string;
  firstExecutionRunId: string;
  reset?: {
    baseRunId: string;
    eventId: number;
    time: EpochMs;
    owners: Array<{ runId: string; before: number }>;
    childrenStartedLater: string[];
  };
}

/** Requests that the engine makes of itself: time, and the outcomes of effects. */
export interface SystemRequests {
  Tick: Record<never, never>;
  RecordWorkflowTaskStarted: {
    runId: string;
    identity: string;
    deploymentVersion?: WorkerDeploymentVersion;
    targetChanged?: true;
  };
  RespondWorkflowTaskCompleted: {
    runId: string;
    /** Which task and attempt is answered: its Started event id and attempt; anything else is stale. */
    startedEventId: number;
    attempt: number;
    commands: Command[];
    identity?: string;
    sdkMetadata?: SdkMetadata;
    /** Another task follows at once, whether or not something asks for it. */
    forceCreateNewWorkflowTask?: boolean;
    /** `PINNED` or `AUTO_UPGRADE`, with or without its prefix, as the workflow's code says. */
    versioningBehavior?: string;
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
  RecordActivityTaskStarted: { task: ActivityTaskRef; claimant: string; identity?: string } & ClaimBounds;
  AcceptActivityTask: { task: ActivityTaskRef };
  ReleaseActivityTask: { task: ActivityTaskRef; claimant: string; reason: string };
  RecordVisibilityWritten: { runId: string; version: number };
  /** Outcomes of effects on other workflows; each is settled once, later ones are refused with NOT_FOUND. */
  RecordChildStarted: { runId: string; initiatedEventId: number; childRunId: string };
  RecordChildStartFailed: { runId: string; initiatedEventId: number; cause: string };
  /** From the child. Addressed by initiated id; the first one counts, also when it overtakes the start's outcome. */
  RecordChildClosed: {
    runId: string;
    initiatedEventId: number;
    child: WorkflowExecution;
    /** The run that the start began: what ChildWorkflowExecutionStarted names. */
    firstExecutionRunId: string;
    workflowType: NamedType;
    close: ChildClose;
  };
  RecordChildFoundOpen: { runId: string; initiatedEventId: number };
  RecordExternalSignaled: { runId: string; initiatedEventId: number; failedCause?: string };
  RecordExternalCancelRequested: { runId: string; initiatedEventId: number; failedCause?: string };
  RecordParentNotified: { runId: string };
  RecordScheduleNotified: { runId: string };
  RecordParentClosePolicyApplied: { runId: string; initiatedEventId: number };
  /** From the object of the workflow that is forked. */
  StartForkedWorkflowExecution: Pick<
    ForkWorkflowExecutionRequest,
    'reason' | 'identity' | 'resetReapplyType' | 'resetReapplyExcludeTypes'
  > & {
    requestId: string;
    base: {
      workflowId: string;
      runId: string;
      eventId: number;
      owners: Array<{ runId: string; before: number }>;
    };
    /** Its events before that one; and those that came later, to it and to the runs that followed it. */
    history: HistoryEvent[];
    later: Array<{ event: HistoryEvent; to: RunInChain }>;
  };
  ImportWorkflowExecution: { runId: string; history: { events: HistoryEvent[] } };
}

export type Requests = ServiceRequests & SystemRequests;
export type RequestKind = keyof Requests;
export type Request<K extends RequestKind = RequestKind> = { [N in K]: { kind: N } & Requests[N] }[K];

/** What each request is answered with; `void` where the acknowledgement is all. */
export interface Replies extends OperationReplies {
  StartActivityExecution: StartActivityExecutionReply;
  StartWorkflowExecution: StartWorkflowExecutionReply;
  SignalWithStartWorkflowExecution: StartWorkflowExecutionReply;
  SignalWorkflowExecution: void;
  RequestCancelWorkflowExecution: void;
  TerminateWorkflowExecution: void;
  UpdateWorkflowExecution: UpdateWorkflowExecutionReply;
  UpdateWorkflowExecutionOptions: UpdateWorkflowExecutionOptionsReply;
  ExecuteMultiOperation: ExecuteMultiOperationReply;
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
  RecordChildStarted: void;
  RecordChildStartFailed: void;
  RecordChildClosed: void;
  RecordChildFoundOpen: void;
  RecordExternalSignaled: void;
  RecordExternalCancelRequested: void;
  RecordParentNotified: void;
  RecordScheduleNotified: void;
  RecordParentClosePolicyApplied: void;
  StartForkedWorkflowExecution: { runId: string };
  ImportWorkflowExecution: { runId: string };
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
  /** Admitted updates that no workflow task has answered yet, in the order of their admission. */
  updates: UpdateRequestJson[];
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
