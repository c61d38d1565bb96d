/** Requests and replies of the calls that change nothing: history, describe, query, result, list. */

import type { DurationJson, EpochMs, TimestampJson } from './duration.ts';
import type { Failure } from './failure.ts';
import type {
  HeaderJson,
  HistoryEvent,
  MemoJson,
  NamedType,
  SearchAttributesJson,
  TaskQueueJson,
  UserMetadata,
  WorkflowExecution,
} from './history.ts';
import type { OperationCounts } from './operations.ts';
import type { PayloadJson, PayloadsJson } from './payload.ts';
import type { PriorityJson } from './priority.ts';
import type { ExecutionRef, StartWorkflowExecutionReply } from './service.ts';
import type { ActivityOptionsJson } from './service-operations.ts';
import type { VersioningOverrideJson, WorkerDeploymentVersion } from './versioning.ts';
import type { TaskKind } from './workers.ts';

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
  /** `PENDING_ACTIVITY_STATE_SCHEDULED`, `…_STARTED`, `…_CANCEL_REQUESTED`, `…_PAUSED` or `…_PAUSE_REQUESTED`. */
  state: string;
  attempt: number;
  maximumAttempts?: number;
  scheduledTime?: TimestampJson;
  lastStartedTime?: TimestampJson;
  lastHeartbeatTime?: TimestampJson;
  heartbeatDetails?: PayloadsJson;
  expirationTime?: TimestampJson;
  nextAttemptScheduleTime?: TimestampJson;
  lastAttemptCompleteTime?: TimestampJson;
  /** Between the end of the last attempt and the begin of the next, while it is waited for. */
  currentRetryInterval?: DurationJson;
  lastFailure?: Failure;
  lastWorkerIdentity?: string;
  taskQueue?: string;
  /** Ours: why the attempt is not with a Worker, for example "no Worker serves task queue …". */
  waitingReason?: string;
  paused?: boolean;
  pauseInfo?: PauseInfo;
  /** With what it has from its workflow. */
  priority?: PriorityJson;
  /** As they are now: operators may have changed them. */
  activityOptions?: ActivityOptionsJson;
}
export interface PauseInfo {
  pauseTime: TimestampJson;
  manual: { identity?: string; reason?: string };
}

export interface PendingChildInfo {
  workflowId: string;
  runId?: string;
  workflowTypeName: string;
  initiatedId: string;
  parentClosePolicy: string;
}

/** Ours: Temporal's describe has none. */
export interface PendingTimerInfo {
  timerId: string;
  startedEventId: string;
  fireTime: TimestampJson;
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
  parentExecution?: WorkflowExecution;
  rootExecution?: WorkflowExecution;
  /** Present once the run has to do with versions. */
  versioningInfo?: WorkflowExecutionVersioningInfo;
  priority?: PriorityJson;
  /** Ours, of open runs in lists: what it waits for, and what keeps it from going on. */
  progress?: RunProgress;
}

export interface WorkflowExecutionVersioningInfo {
  /** What the code said with the last completed task: `VERSIONING_BEHAVIOR_…`. */
  behavior?: string;
  /** The version that the run is pinned to or, where it moves, that completed its last task. */
  deploymentVersion?: WorkerDeploymentVersion;
  versioningOverride?: VersioningOverrideJson;
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
  pendingChildren: PendingChildInfo[];
  /** Ours: the earliest first. */
  pendingTimers: PendingTimerInfo[];
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
  /** Ours: what the run has cost so far, counted. Absent where no engine has counted. */
  operations?: OperationCounts;
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

/** `POST …/start-and-wait` */
export type StartAndWaitReply = StartWorkflowExecutionReply & { result: GetWorkflowResultReply };

/** A run's row in visibility. An older version never replaces a newer one. */
export interface VisibilityRecord {
  namespace: string;
  /** Grows with every change that visibility must show. */
  version: number;
  open: boolean;
  info: WorkflowExecutionInfo;
  /** When the run itself expects to wake next, if it does: the sweeper looks after it from then on. */
  nextDeadline?: EpochMs;
  details?: VisibilityDetails;
}

/** What changes more often than a row's version: of one version, the larger sequence wins. */
export interface VisibilityDetails extends RunProgress {
  sequence: number;
  /** Tasks that are due and with no Worker: task queue, kind, how many, since when the oldest is. No filter sees it. */
  backlog?: Array<[taskQueue: string, kind: TaskKind, count: number, since: EpochMs]>;
}

/** How an open run fares, and what a closed one failed with: as lists know it, some seconds late. */
export interface RunProgress {
  /** What an open run waits for: `activity`, `activity:<type>`, `timer`, `child`, `child:<type>`, …, or `signal`. */
  waitingOn: string[];
  /** The attempt of the pending activity that has the most; 0 without one. */
  pendingActivityAttempts: number;
  /** Message of the newest failure of a pending activity or workflow task; messages of the failure that a run was closed with, down to its root. */
  lastFailure?: string;
  /** Why it does not go on although a task is due: `category=WorkflowTaskFailed`, `cause=…`, as Temporal's `TemporalReportedProblems`. */
  problems?: string[];
  /** What the failure, or the Worker that could not be reached, said. */
  problemReason?: string;
}

export interface ListWorkflowExecutionsReply {
  executions: WorkflowExecutionInfo[];
  nextPageToken?: string;
}
export interface CountWorkflowExecutionsReply {
  count: string;
  /** With GROUP BY. */
  groups?: Array<{ groupValues: PayloadJson[]; count: string }>;
}
