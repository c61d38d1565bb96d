/** The records of what is open in a run: its workflow task, activities, timers, children, messages to others. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { ParentClosePolicy } from '../../sdk/common/enums.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { ActivityOptionsMs } from '../../sdk/common/history.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import type { PriorityJson } from '../../sdk/common/priority.ts';
import type { RetryPolicyJson } from '../../sdk/common/retry-policy.ts';
import type { WorkerDeploymentVersion } from '../../sdk/common/versioning.ts';

/** The one workflow task a run may have: due, in backoff, or with a Worker. */
export interface PendingWorkflowTask {
  attempt: number;
  /** Absent while the Scheduled event is virtual: from attempt 2 it is written only when the task closes. */
  scheduledEventId?: number;
  scheduledTime: EpochMs;
  /** When the first attempt was scheduled. */
  originalScheduledTime: EpochMs;
  /** Not started before: the backoff after a failed attempt. */
  nextAttemptTime: EpochMs;
  /** Not offered to a Worker before: the pause after a release. An early start is welcome all the same. */
  nextDispatchTime: EpochMs;
  releases: number;
  releaseReason?: string;
  lastFailure?: { cause: string; failure?: Failure };
  /** Present while a Worker has the task. */
  started?: StartedWorkflowTask;
}
export interface StartedWorkflowTask {
  time: EpochMs;
  identity: string;
  /** Ids of the Scheduled event (written or virtual) and of the Started event (virtual until the task closes). */
  scheduledEventId: number;
  startedEventId: number;
  historySizeBytes: number;
  /** Ids of the updates that went with the task. */
  updates: string[];
  /** How many updates the run had accepted by then. */
  updateCount: number;
  /** Of the Worker that has it. */
  deploymentVersion?: WorkerDeploymentVersion;
  targetChanged?: true;
}

/** An activity that has not closed. Its input stays in its ActivityTaskScheduled event. Durations in ms, 0 = none. */
export interface PendingActivity {
  scheduledEventId: number;
  activityId: string;
  activityType: string;
  taskQueue: string;
  scheduleToCloseTimeout: number;
  scheduleToStartTimeout: number;
  startToCloseTimeout: number;
  heartbeatTimeout: number;
  retryPolicy: Required<RetryPolicyJson>;
  scheduledTime: EpochMs;
  priority?: PriorityJson;
  attempt: number;
  /** When the current attempt became, or becomes, due. */
  attemptScheduledTime: EpochMs;
  /** Not dispatched before: the pause after a release. */
  nextDispatchTime: EpochMs;
  releases: number;
  releaseReason?: string;
  /** Present while the attempt is claimed. */
  claim?: ActivityClaim;
  lastStartedTime?: EpochMs;
  /** When the attempt before this one failed. */
  lastAttemptCompleteTime?: EpochMs;
  lastWorkerIdentity?: string;
  lastFailure?: Failure;
  /** The last heartbeat of any attempt; its details go to the next attempt. */
  heartbeat?: { attempt: number; time: EpochMs; details?: PayloadsJson };
  cancelRequestedEventId?: number;
  /** No attempt begins; one that is with a Worker goes on. */
  pause?: Pause;
  /** Attempts that do not count any more: those before a reset. */
  uncounted?: number;
  /** A reset found an attempt with a Worker, which has not failed yet. It counts as the first. */
  resetRequested?: true;
  /** The next attempt is to know nothing of heartbeats. */
  forgetHeartbeat?: true;
  /** Heartbeats of attempts before this one are forgotten; their row may be there still. */
  heartbeatsFrom?: number;
  /** What an operator has changed, as it was before. */
  original?: ActivityOptionsMs;
}
export interface Pause {
  time: EpochMs;
  identity?: string;
  reason?: string;
}
export interface ActivityClaim {
  /** A queue message id, or `object`. */
  claimant: string;
  /** Where it was claimed, when the activity has another task queue since. */
  taskQueue?: string;
  identity?: string;
  time: EpochMs;
  /** The Worker answered 202: it will answer by task token. */
  accepted: boolean;
}

export interface PendingTimer {
  startedEventId: number;
  fireTime: EpochMs;
}

/**
 * A child that has not closed; after this run's own close, one that the parent close policy is yet to be applied to.
 * What it is started with stays in its StartChildWorkflowExecutionInitiated event.
 */
export interface PendingChild {
  initiatedEventId: number;
  initiatedTime: EpochMs;
  /** The task that asked for it. */
  workflowTaskCompletedEventId: number;
  namespace: string;
  workflowId: string;
  workflowType: string;
  parentClosePolicy: ParentClosePolicy;
  /** Known once it is started; the event may still be held back. */
  runId?: string;
  startedEventId?: number;
  /** It began before a reset, and was asked since: it had not ended. */
  foundOpen?: true;
}

/** A signal or cancel request on its way to another workflow. What it carries stays in its Initiated event. */
export interface PendingExternal {
  initiatedEventId: number;
  initiatedTime: EpochMs;
  /** The task that asked for it. */
  workflowTaskCompletedEventId: number;
  kind: 'signal' | 'cancel';
  namespace: string;
  workflowId: string;
  runId?: string;
  childWorkflowOnly: boolean;
}
