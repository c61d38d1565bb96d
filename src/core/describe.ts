/** What a run looks like from outside. Reads only. */

import {
  type EpochMs,
  toDurationJson,
  toOptionalDurationJson,
  toTimestampJson,
} from '../../sdk/common/duration.ts';
import { toWire } from '../../sdk/common/enums.ts';
import { mergePriority } from '../../sdk/common/priority.ts';
import type {
  DescribeWorkflowExecutionReply,
  PauseInfo,
  PendingActivityInfo,
  PendingChildInfo,
  PendingTimerInfo,
  VisibilityRecord,
  WorkflowExecutionInfo,
} from '../../sdk/common/service.ts';
import { optionsJson } from './activity-operations.ts';
import { countedAttempt, expirationTime } from './activity-timeouts.ts';
import { nextDeadline } from './derived.ts';
import {
  type Derived,
  type Execution,
  isOpen,
  type Pause,
  type PendingActivity,
  type PendingChild,
  type RunState,
  rootOf,
} from './state.ts';
import { versioningInfo } from './versioning.ts';

const optionalTime = (time: EpochMs | undefined) => (time === undefined ? undefined : toTimestampJson(time));

export function workflowExecutionInfo(run: RunState): WorkflowExecutionInfo {
  const { workflowId, runId, startTime, closeTime, parent } = run;
  return {
    execution: { workflowId, runId },
    type: { name: run.workflowType },
    startTime: toTimestampJson(startTime),
    executionTime: toTimestampJson(run.executionTime),
    closeTime: optionalTime(closeTime),
    status: toWire('workflowExecutionStatus', isOpen(run) && run.pause ? 'PAUSED' : run.status),
    historyLength: String(run.nextEventId - 1),
    historySizeBytes: String(run.historySizeBytes),
    stateTransitionCount: String(run.operations.stateTransitions),
    executionDuration: toOptionalDurationJson(closeTime === undefined ? undefined : closeTime - startTime),
    memo: run.memo,
    searchAttributes: run.searchAttributes,
    taskQueue: run.taskQueue,
    firstRunId: run.firstExecutionRunId,
    parentExecution: parent && { workflowId: parent.workflowId, runId: parent.runId },
    rootExecution: rootOf(run),
    versioningInfo: versioningInfo(run),
    priority: run.priority,
  };
}

/** The row of a run, as visibility should hold it: of the newest run, or of an older one that it still waits for. */
export function visibilityRecord(execution: Execution, run: RunState, now: EpochMs): VisibilityRecord {
  // Whoever reads the row has it: were it told when the row is sent again, each run would be looked at for that.
  const deadline = isOpen(run) ? nextDeadline(execution, `visibility/${run.runNumber}`) : undefined;
  return {
    namespace: execution.namespace,
    version: run.visibilityVersion,
    open: isOpen(run),
    info: workflowExecutionInfo(run),
    nextDeadline: deadline === undefined ? undefined : Math.max(deadline, now),
  };
}

function activityState({ cancelRequestedEventId, claim, pause }: PendingActivity): string {
  if (pause && cancelRequestedEventId === undefined)
    return claim ? 'PENDING_ACTIVITY_STATE_PAUSE_REQUESTED' : 'PENDING_ACTIVITY_STATE_PAUSED';
  if (cancelRequestedEventId !== undefined) return 'PENDING_ACTIVITY_STATE_CANCEL_REQUESTED';
  return claim ? 'PENDING_ACTIVITY_STATE_STARTED' : 'PENDING_ACTIVITY_STATE_SCHEDULED';
}

function pendingActivityInfo(run: RunState, pending: PendingActivity, now: EpochMs): PendingActivityInfo {
  const { heartbeat, attemptScheduledTime, lastAttemptCompleteTime, claim } = pending;
  const waits = !claim && attemptScheduledTime > now;
  return {
    activityId: pending.activityId,
    activityType: { name: pending.activityType },
    state: activityState(pending),
    attempt: countedAttempt(pending),
    maximumAttempts: pending.retryPolicy.maximumAttempts,
    scheduledTime: toTimestampJson(pending.scheduledTime),
    lastStartedTime: optionalTime(pending.lastStartedTime),
    lastHeartbeatTime: optionalTime(heartbeat?.time),
    heartbeatDetails: heartbeat?.details,
    expirationTime: optionalTime(expirationTime(pending)),
    nextAttemptScheduleTime: waits ? toTimestampJson(attemptScheduledTime) : undefined,
    lastAttemptCompleteTime: optionalTime(lastAttemptCompleteTime),
    currentRetryInterval:
      waits && lastAttemptCompleteTime !== undefined
        ? toDurationJson(attemptScheduledTime - lastAttemptCompleteTime)
        : undefined,
    lastFailure: pending.lastFailure,
    lastWorkerIdentity: pending.lastWorkerIdentity,
    taskQueue: pending.taskQueue,
    waitingReason: pending.releaseReason,
    priority: mergePriority(run.priority, pending.priority),
    activityOptions: optionsJson(pending),
    ...(pending.pause && { paused: true, pauseInfo: pauseInfo(pending.pause) }),
  };
}

function pauseInfo({ time, identity, reason }: Pause): PauseInfo {
  return { pauseTime: toTimestampJson(time), manual: { identity, reason } };
}

function pendingChildInfo(child: PendingChild): PendingChildInfo {
  return {
    workflowId: child.workflowId,
    runId: child.runId,
    workflowTypeName: child.workflowType,
    initiatedId: String(child.initiatedEventId),
    parentClosePolicy: toWire('parentClosePolicy', child.parentClosePolicy),
  };
}

function pendingTimers(run: RunState): PendingTimerInfo[] {
  return [...run.timers]
    .toSorted(([, a], [, b]) => a.fireTime - b.fireTime || a.startedEventId - b.startedEventId)
    .map(([timerId, { startedEventId, fireTime }]) => ({
      timerId,
      startedEventId: String(startedEventId),
      fireTime: toTimestampJson(fireTime),
    }));
}

function pendingWorkflowTask({
  workflowTask: task,
}: RunState): DescribeWorkflowExecutionReply['pendingWorkflowTask'] {
  if (!task) return undefined;
  return {
    state: `PENDING_WORKFLOW_TASK_STATE_${task.started ? 'STARTED' : 'SCHEDULED'}`,
    scheduledTime: toTimestampJson(task.scheduledTime),
    originalScheduledTime: toTimestampJson(task.originalScheduledTime),
    startedTime: optionalTime(task.started?.time),
    attempt: task.attempt,
    lastFailure: task.lastFailure && (task.lastFailure.failure ?? { message: task.lastFailure.cause }),
    waitingReason: task.releaseReason,
  };
}

const because = ({ identity, reason }: Pause): string =>
  `${identity ? ` by ${identity}` : ''}${reason ? `: ${reason}` : ''}`;

/** One sentence for each thing that keeps the run from going on by itself. */
function problems(run: RunState, now: EpochMs, quarantined: Derived['quarantined'] | undefined): string[] {
  const sentences: string[] = [];
  const pauses = [...run.activities.values()].filter(({ pause }) => pause);
  if (run.imported)
    sentences.push('The run was imported: it can be read, queried and replayed, not changed.');
  if (run.pause && isOpen(run)) sentences.push(`The workflow is paused${because(run.pause)}.`);
  for (const { activityType, activityId, pause } of pauses)
    sentences.push(`Activity ${activityType} (id ${activityId}) is paused${because(pause!)}.`);
  const task = run.workflowTask;
  if (task?.lastFailure) {
    const { cause, failure } = task.lastFailure;
    const reason = failure?.message ? `: ${failure.message.replace(/\.$/, '')}` : '';
    sentences.push(`The workflow task has failed ${task.attempt - 1} time(s), last with ${cause}${reason}.`);
  }
  for (const pending of run.activities.values()) {
    if (!pending.lastFailure) continue;
    const { activityType, activityId, attemptScheduledTime, claim } = pending;
    const attempt = countedAttempt(pending);
    const waits = !claim && attemptScheduledTime > now;
    const next = waits
      ? `attempt ${attempt} is due at ${toTimestampJson(attemptScheduledTime)}`
      : `attempt ${attempt} is on`;
    const reason = pending.lastFailure.message ?? 'a failure without a message';
    sentences.push(`Activity ${activityType} (id ${activityId}) failed: ${reason}; ${next}.`);
  }
  for (const [key, problem] of quarantined ?? [])
    sentences.push(`Set aside until the next load: ${key}: ${problem}.`);
  return sentences;
}

/**
 * @param quarantined `execution.derived.quarantined`, when the run is the newest: its problems are named too
 */
export function describeRun(
  run: RunState,
  now: EpochMs,
  quarantined?: Derived['quarantined'],
): DescribeWorkflowExecutionReply {
  return {
    executionConfig: {
      taskQueue: { name: run.taskQueue, kind: 'TASK_QUEUE_KIND_NORMAL' },
      // 0 is none.
      workflowExecutionTimeout: toOptionalDurationJson(run.workflowExecutionTimeout || undefined),
      workflowRunTimeout: toOptionalDurationJson(run.workflowRunTimeout || undefined),
      defaultWorkflowTaskTimeout: toDurationJson(run.workflowTaskTimeout),
      userMetadata: run.userMetadata,
    },
    workflowExecutionInfo: workflowExecutionInfo(run),
    pendingActivities: [...run.activities.values()].map((pending) => pendingActivityInfo(run, pending, now)),
    pendingChildren: isOpen(run) ? [...run.children.values()].map(pendingChildInfo) : [],
    pendingTimers: isOpen(run) ? pendingTimers(run) : [],
    pendingWorkflowTask: pendingWorkflowTask(run),
    problems: problems(run, now, quarantined),
    operations: { ...run.operations },
  };
}
