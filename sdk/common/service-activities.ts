/** Requests and replies about activities that belong to no workflow. */

import type { DurationJson, TimestampJson } from './duration.ts';
import type { Failure } from './failure.ts';
import type { HeaderJson, NamedType, SearchAttributesJson, TaskQueueJson, UserMetadata } from './history.ts';
import type { PayloadsJson } from './payload.ts';
import type { PriorityJson } from './priority.ts';
import type { RetryPolicyJson } from './retry-policy.ts';

export interface StartActivityExecutionRequest {
  namespace: string;
  activityId: string;
  activityType: NamedType;
  taskQueue: TaskQueueJson;
  input?: PayloadsJson;
  scheduleToCloseTimeout?: DurationJson;
  scheduleToStartTimeout?: DurationJson;
  startToCloseTimeout?: DurationJson;
  heartbeatTimeout?: DurationJson;
  retryPolicy?: RetryPolicyJson;
  identity?: string;
  /** A repeat with the same id is answered with the run that the first one started. */
  requestId?: string;
  /** `ACTIVITY_ID_REUSE_POLICY_…`; default ALLOW_DUPLICATE. */
  idReusePolicy?: string;
  /** `ACTIVITY_ID_CONFLICT_POLICY_…`; default FAIL. */
  idConflictPolicy?: string;
  searchAttributes?: SearchAttributesJson;
  header?: HeaderJson;
  userMetadata?: UserMetadata;
  priority?: PriorityJson;
}
export interface StartActivityExecutionReply {
  runId: string;
  started: boolean;
}

/** How it ended: `result` (which a function without one does not have) or `failure`. */
export interface ActivityExecutionOutcome {
  result?: PayloadsJson;
  failure?: Failure;
}
/** `outcome` is absent while the activity goes on. */
export interface PollActivityExecutionReply {
  runId: string;
  outcome?: ActivityExecutionOutcome;
}

/** What lists tell of an activity. */
export interface ActivityExecutionListInfo {
  activityId: string;
  runId: string;
  activityType: NamedType;
  scheduleTime: TimestampJson;
  closeTime?: TimestampJson;
  /** `ACTIVITY_EXECUTION_STATUS_…` */
  status: string;
  searchAttributes?: SearchAttributesJson;
  taskQueue: string;
  stateTransitionCount: string;
  executionDuration?: DurationJson;
}
export interface ActivityExecutionInfo extends ActivityExecutionListInfo {
  /** `PENDING_ACTIVITY_STATE_…`, while it goes on. */
  runState?: string;
  scheduleToCloseTimeout?: DurationJson;
  scheduleToStartTimeout?: DurationJson;
  startToCloseTimeout?: DurationJson;
  heartbeatTimeout?: DurationJson;
  retryPolicy?: RetryPolicyJson;
  heartbeatDetails?: PayloadsJson;
  lastHeartbeatTime?: TimestampJson;
  lastStartedTime?: TimestampJson;
  attempt: number;
  expirationTime?: TimestampJson;
  lastFailure?: Failure;
  lastWorkerIdentity?: string;
  currentRetryInterval?: DurationJson;
  lastAttemptCompleteTime?: TimestampJson;
  nextAttemptScheduleTime?: TimestampJson;
  priority?: PriorityJson;
  header?: HeaderJson;
  userMetadata?: UserMetadata;
  canceledReason?: string;
}
export interface DescribeActivityExecutionReply {
  runId: string;
  info: ActivityExecutionInfo;
  input?: PayloadsJson;
  outcome?: ActivityExecutionOutcome;
  /** One sentence for each thing that keeps it from going on. */
  problems: string[];
}
export interface ListActivityExecutionsReply {
  executions: ActivityExecutionListInfo[];
  nextPageToken?: string;
}
