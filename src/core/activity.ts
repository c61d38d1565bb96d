/**
 * Activities.
 *   scheduled → attempt due → claimed (→ accepted) → completed | failed | timed out | canceled
 *                  ↑ released ↲ (same attempt: the Worker was not reached)
 *                  ↑ failed or timed out, and the policy allows another attempt
 * History knows nothing of attempts until the close: then ActivityTaskStarted and the outcome are written together.
 * An answer, heartbeat, acceptance or release that does not name the current, claimed attempt changes nothing.
 */

import { fromDurationJson } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import { effectiveTimeouts, isHeld, nextTimeout } from './activity-timeouts.ts';
import { checkName, checkPayloadMap, checkPayloads, checkPriority, checkRetryPolicy } from './check.ts';
import type { Owed } from './effect.ts';
import {
  type Apply,
  BadCommand,
  type CommandBatch,
  type Deadline,
  type Execute,
  type Place,
} from './noun.ts';
import { type Execution, type PendingActivity, type RunState, touch } from './state.ts';
import { pinKey } from './versioning.ts';

export { handle, tick } from './activity-attempt.ts';

/** The claimant that calls the Worker from the object itself. */
export const OBJECT_CLAIMANT = 'object';

type ActivityEvents =
  | 'ActivityTaskScheduled'
  | 'ActivityTaskStarted'
  | 'ActivityTaskCompleted'
  | 'ActivityTaskFailed'
  | 'ActivityTaskTimedOut'
  | 'ActivityTaskCancelRequested'
  | 'ActivityTaskCanceled'
  | 'ActivityTaskAttemptStarted'
  | 'ActivityTaskAttemptAccepted'
  | 'ActivityTaskAttemptReleased'
  | 'ActivityTaskAttemptFailed'
  | 'ActivityTaskHeartbeatRecorded';

export const apply: Apply<ActivityEvents> = {
  ActivityTaskScheduled(run, attributes, place) {
    const { execution, eventId } = place;
    // One that a reset run has from its base begins anew: its timeouts count from the reset.
    const time = Math.max(place.time, run.reset?.time ?? 0);
    run.activities.set(eventId, {
      scheduledEventId: eventId,
      activityId: attributes.activityId,
      activityType: attributes.activityType.name,
      taskQueue: attributes.taskQueue.name,
      scheduleToCloseTimeout: fromDurationJson(attributes.scheduleToCloseTimeout),
      scheduleToStartTimeout: fromDurationJson(attributes.scheduleToStartTimeout),
      startToCloseTimeout: fromDurationJson(attributes.startToCloseTimeout),
      heartbeatTimeout: fromDurationJson(attributes.heartbeatTimeout),
      retryPolicy: attributes.retryPolicy,
      scheduledTime: time,
      attempt: 1,
      attemptScheduledTime: time,
      nextDispatchTime: time,
      releases: 0,
      ...(attributes.priority && { priority: attributes.priority }),
    });
    run.activityIds.set(attributes.activityId, eventId);
    touch(execution, 'activity', eventId);
  },
  // Written with the outcome; the attempt itself began with ActivityTaskAttemptStarted.
  ActivityTaskStarted() {},
  ActivityTaskCompleted: (run, { scheduledEventId }, place) => drop(run, Number(scheduledEventId), place),
  ActivityTaskFailed: (run, { scheduledEventId }, place) => drop(run, Number(scheduledEventId), place),
  ActivityTaskTimedOut: (run, { scheduledEventId }, place) => drop(run, Number(scheduledEventId), place),
  ActivityTaskCanceled: (run, { scheduledEventId }, place) => drop(run, Number(scheduledEventId), place),
  ActivityTaskCancelRequested(run, { scheduledEventId }, { execution, eventId }) {
    const pending = run.activities.get(Number(scheduledEventId));
    if (!pending) return; // its outcome is held back and follows
    pending.cancelRequestedEventId = eventId;
    touch(execution, 'activity', pending.scheduledEventId);
  },
  ActivityTaskAttemptStarted(run, { scheduledEventId, claimant, identity }, { execution, time }) {
    const pending = run.activities.get(scheduledEventId)!;
    pending.claim = { claimant, time, accepted: false, ...(identity && { identity }) };
    pending.lastStartedTime = time;
    if (identity) pending.lastWorkerIdentity = identity;
    delete pending.releaseReason;
    touch(execution, 'activity', scheduledEventId);
  },
  ActivityTaskAttemptAccepted(run, { scheduledEventId }, { execution }) {
    run.activities.get(scheduledEventId)!.claim!.accepted = true;
    touch(execution, 'activity', scheduledEventId);
  },
  ActivityTaskAttemptReleased(run, { scheduledEventId, reason, nextDispatchTime }, { execution }) {
    const pending = run.activities.get(scheduledEventId)!;
    delete pending.claim;
    pending.releases++;
    pending.releaseReason = reason;
    pending.nextDispatchTime = nextDispatchTime;
    touch(execution, 'activity', scheduledEventId);
  },
  ActivityTaskAttemptFailed(run, attributes, { execution, time }) {
    const { scheduledEventId, attempt, failure, nextAttemptTime, uncounted } = attributes;
    const pending = run.activities.get(scheduledEventId)!;
    delete pending.claim;
    pending.attempt = attempt + 1;
    if (uncounted) pending.uncounted = (pending.uncounted ?? 0) + 1;
    delete pending.resetRequested;
    if (pending.forgetHeartbeat) forgetHeartbeat(pending);
    pending.lastFailure = failure;
    pending.lastAttemptCompleteTime = time;
    pending.attemptScheduledTime = nextAttemptTime;
    pending.nextDispatchTime = nextAttemptTime;
    touch(execution, 'activity', scheduledEventId);
  },
  // Stored as one overwritten row: on a rebuild it comes after everything else, perhaps too late to matter.
  ActivityTaskHeartbeatRecorded(run, { scheduledEventId, attempt, details }, { execution, time }) {
    const pending = run.activities.get(scheduledEventId);
    if (!pending || attempt > pending.attempt || attempt < (pending.heartbeat?.attempt ?? 0)) return;
    if (attempt < (pending.heartbeatsFrom ?? 0)) return;
    pending.heartbeat = { attempt, time, ...(details && { details }) };
    touch(execution, 'activity', scheduledEventId);
  },
};

/** The attempt must be a new one: heartbeats of the ones before come again when the run is loaded, and are passed over. */
export function forgetHeartbeat(pending: PendingActivity): void {
  delete pending.heartbeat;
  delete pending.forgetHeartbeat;
  pending.heartbeatsFrom = pending.attempt;
}

/** Also called when the outcome is held back, in which case the flush finds nothing left to drop. */
function drop(run: RunState, scheduledEventId: number, { execution }: Pick<Place, 'execution'>): void {
  const pending = run.activities.get(scheduledEventId);
  if (!pending) return;
  run.activities.delete(scheduledEventId);
  if (run.activityIds.get(pending.activityId) === scheduledEventId)
    run.activityIds.delete(pending.activityId);
  touch(execution, 'activity', scheduledEventId);
}

export { drop as holdBack };

export const execute: Execute<'ScheduleActivityTask' | 'RequestCancelActivityTask'> = {
  ScheduleActivityTask: {
    badCause: 'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
    check(run, attributes, batch) {
      const { activityId, taskQueue } = attributes;
      checkName('activityId', activityId);
      checkName('activityType.name', attributes.activityType?.name);
      if (taskQueue?.name) checkName('taskQueue.name', taskQueue.name);
      effectiveTimeouts(attributes, run.workflowRunTimeout);
      checkRetryPolicy('retryPolicy', attributes.retryPolicy);
      checkPriority('priority', attributes.priority);
      checkPayloads('input', attributes.input);
      checkPayloadMap('header', attributes.header?.fields);
      if (run.activityIds.has(activityId) || batch.scheduledActivityIds.has(activityId)) {
        const message = `ScheduleActivityTask: an activity with the id ${activityId} is already pending`;
        throw new BadCommand('SCHEDULE_ACTIVITY_DUPLICATE_ID', message);
      }
      batch.scheduledActivityIds.add(activityId);
    },
    record(t, attributes, { workflowTaskCompletedEventId, userMetadata }) {
      const { activityId, activityType, header, input, taskQueue, priority } = attributes;
      const name = taskQueue?.name || t.run.taskQueue;
      const scheduled = {
        activityId,
        activityType,
        taskQueue: { name, kind: 'TASK_QUEUE_KIND_NORMAL' as const },
        header,
        input,
        ...effectiveTimeouts(attributes, t.run.workflowRunTimeout),
        workflowTaskCompletedEventId,
        retryPolicy: withDefaults(attributes.retryPolicy),
        ...(priority && { priority }),
      };
      t.append('ActivityTaskScheduled', scheduled, { userMetadata });
    },
  },
  RequestCancelActivityTask: {
    badCause: 'BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES',
    check(run, attributes, batch) {
      const scheduledEventId = Number(attributes.scheduledEventId);
      const pending = run.activities.get(scheduledEventId);
      const known = pending || resolvedUnseen(run, attributes.scheduledEventId, batch);
      if (!known)
        throw invalidArgument(`scheduledEventId: no activity ${attributes.scheduledEventId} is pending`);
      const { cancelRequestedActivities } = batch;
      if (pending?.cancelRequestedEventId !== undefined || cancelRequestedActivities.has(scheduledEventId)) {
        throw invalidArgument(`scheduledEventId: cancellation of ${scheduledEventId} was already requested`);
      }
      cancelRequestedActivities.add(scheduledEventId);
    },
    record(t, { scheduledEventId }, { workflowTaskCompletedEventId, userMetadata }) {
      const attributes = { scheduledEventId, workflowTaskCompletedEventId };
      t.append('ActivityTaskCancelRequested', attributes, { userMetadata });
    },
  },
};

/** Its outcome is held back: the workflow could not know. Such a request is recorded and has no other effect. */
function resolvedUnseen(run: RunState, scheduledEventId: string, batch: CommandBatch): boolean {
  batch.resolvedActivities ??= new Set(
    run.heldBack.flatMap(({ name, attributes }) =>
      name.startsWith('ActivityTask') && 'scheduledEventId' in attributes
        ? [attributes.scheduledEventId]
        : [],
    ),
  );
  return batch.resolvedActivities.has(scheduledEventId);
}

export function* items(execution: Execution): Iterable<number> {
  if (execution.run) yield* execution.run.activities.keys();
}

export function deadlines(execution: Execution, id: string): Deadline | undefined {
  const pending = execution.run?.activities.get(Number(id));
  const timeout = pending && nextTimeout(pending, execution.run);
  return timeout && { time: timeout.time, order: pending.scheduledEventId };
}

export function effects(execution: Execution, id: string): Owed | undefined {
  const { run, namespace, workflowId } = execution;
  const pending = run?.activities.get(Number(id));
  if (!run || !pending) return undefined;
  const { scheduledEventId, attempt, activityType, taskQueue, claim } = pending;
  const task: ActivityTaskRef = { namespace, workflowId, runId: run.runId, scheduledEventId, attempt };
  const debt = { since: pending.attemptScheduledTime, order: scheduledEventId };
  const turn = `${run.runId}/${attempt}/${pending.releases}`;
  if (!claim) {
    if (isHeld(pending, run)) return undefined;
    const effect = { kind: 'DispatchActivityTask' as const, task, activityType, taskQueue };
    return {
      ...debt,
      effect,
      identity: `dispatch/${turn}${pinKey(run)}`,
      notBefore: pending.nextDispatchTime,
      resend: 'queued',
    };
  }
  if (claim.claimant !== OBJECT_CLAIMANT || claim.accepted) return undefined;
  const claimedFrom = claim.taskQueue ?? taskQueue;
  const effect = { kind: 'CallActivityTask' as const, task, activityType, taskQueue: claimedFrom };
  return { ...debt, effect, identity: `call/${turn}`, notBefore: claim.time };
}
