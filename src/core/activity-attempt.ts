/** Attempts of activities: claims, answers, releases, heartbeats, timeouts, and the decision what follows. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { type TimeoutType, toWire } from '../../sdk/common/enums.ts';
import { invalidArgument, notFound, ServiceError } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import type { ActivityIdRef, ActivityTaskRef } from '../../sdk/common/service.ts';
import { sameVersion } from '../../sdk/common/versioning.ts';
import { countedAttempt, expirationTime, isHeld, nextTimeout, timeoutFailure } from './activity-timeouts.ts';
import { checkPayloads, requireOpen } from './check.ts';
import type { Handle } from './noun.ts';
import { decideRetry, type RetryDecision } from './retry.ts';
import type { ActivityClaim, PendingActivity } from './state.ts';
import type { Transition } from './transition.ts';
import { pinOf } from './versioning.ts';

const MIN_RELEASE_PAUSE = 500;
const MAX_RELEASE_PAUSE = 60_000;

type ClaimedActivity = PendingActivity & { claim: ActivityClaim };

/** The attempt a request names. Anything that is not the current one is stale. */
function currentAttempt(t: Transition, task: ActivityTaskRef | ActivityIdRef): PendingActivity {
  const run = requireOpen(t.execution, task);
  if ('activityId' in task) {
    const pending = run.activities.get(run.activityIds.get(task.activityId) ?? 0);
    if (!pending) throw notFound(`no activity with the id ${task.activityId} is pending`);
    return pending;
  }
  const pending = run.activities.get(task.scheduledEventId);
  if (pending?.attempt !== task.attempt) {
    throw notFound(`attempt ${task.attempt} of activity ${task.scheduledEventId} is over, or never was`);
  }
  return pending;
}

function claimedAttempt(t: Transition, task: ActivityTaskRef | ActivityIdRef): ClaimedActivity {
  const pending = currentAttempt(t, task);
  if (!pending.claim)
    throw notFound(`attempt ${pending.attempt} of activity ${pending.activityId} is not started`);
  return pending as ClaimedActivity;
}

export const handle: Handle<
  | 'RecordActivityTaskStarted'
  | 'AcceptActivityTask'
  | 'ReleaseActivityTask'
  | 'RecordActivityTaskHeartbeat'
  | 'RespondActivityTaskCompleted'
  | 'RespondActivityTaskFailed'
  | 'RespondActivityTaskCanceled'
> = {
  RecordActivityTaskStarted(t, { task, claimant, identity, route, notAfter = Number.POSITIVE_INFINITY }) {
    const pending = currentAttempt(t, task);
    const { scheduledEventId, attempt, attemptScheduledTime } = pending;
    if (attemptScheduledTime > t.now)
      throw notFound(`attempt ${attempt} of activity ${scheduledEventId} is not due`);
    if (pending.claim && pending.claim.claimant !== claimant) {
      throw notFound(`attempt ${attempt} of activity ${scheduledEventId} is claimed by somebody else`);
    }
    if (!pending.claim && isHeld(pending, t.run)) throw notFound(`activity ${pending.activityId} is paused`);
    if (!pending.claim && route && !sameVersion(route.pinnedTo, pinOf(t.run)))
      throw notFound(`attempt ${attempt} of activity ${scheduledEventId} belongs to another version by now`);
    if (!pending.claim && t.now > notAfter)
      throw notFound(`attempt ${attempt} of activity ${scheduledEventId} had leave to begin, too long ago`);
    if (!pending.claim)
      t.note('ActivityTaskAttemptStarted', { scheduledEventId, attempt, claimant, identity });
    return {
      scheduledEventId,
      attempt: countedAttempt(pending),
      scheduledTime: pending.scheduledTime,
      currentAttemptScheduledTime: attemptScheduledTime,
      startedTime: pending.claim!.time,
      ...(pending.heartbeat?.details && { heartbeatDetails: pending.heartbeat.details }),
    };
  },

  AcceptActivityTask(t, { task }) {
    const { scheduledEventId, attempt, claim } = claimedAttempt(t, task);
    if (!claim.accepted) t.note('ActivityTaskAttemptAccepted', { scheduledEventId, attempt });
  },

  ReleaseActivityTask(t, { task, claimant, reason }) {
    const pending = claimedAttempt(t, task);
    const { scheduledEventId, attempt, claim } = pending;
    if (claim.claimant !== claimant || claim.accepted) {
      throw notFound(`attempt ${attempt} of activity ${scheduledEventId} is not ${claimant}'s to release`);
    }
    if (pending.cancelRequestedEventId !== undefined) return cancel(t, pending, { identity: claim.identity });
    const nextDispatchTime = t.now + releasePause(t.now - pending.attemptScheduledTime);
    t.note('ActivityTaskAttemptReleased', { scheduledEventId, attempt, reason, nextDispatchTime });
  },

  RecordActivityTaskHeartbeat(t, { task, details }) {
    const pending = claimedAttempt(t, task);
    const { scheduledEventId, attempt, cancelRequestedEventId } = pending;
    checkPayloads('details', details);
    t.note('ActivityTaskHeartbeatRecorded', { scheduledEventId, attempt, details });
    return {
      cancelRequested: cancelRequestedEventId !== undefined,
      ...(isHeld(pending, t.run) && { activityPaused: true }),
      ...(pending.resetRequested && { activityReset: true }),
    };
  },

  RespondActivityTaskCompleted(t, { task, result, identity }) {
    // An activity may be completed by its id while no attempt runs, for example by a person.
    const pending = 'activityId' in task ? currentAttempt(t, task) : claimedAttempt(t, task);
    const tooLarge = sizeProblem('result', result);
    if (tooLarge) return failAttempt(t, pending, tooLarge, identity);
    const { scheduledEventId } = pending;
    const startedEventId = appendStarted(t, pending, identity);
    const id = String(scheduledEventId);
    t.append('ActivityTaskCompleted', { result, scheduledEventId: id, startedEventId, identity });
  },

  RespondActivityTaskFailed(t, { task, failure, lastHeartbeatDetails, identity }) {
    const pending = claimedAttempt(t, task);
    if (!failure || typeof failure !== 'object') throw invalidArgument('failure: is required');
    const { scheduledEventId, attempt } = pending;
    if (lastHeartbeatDetails && !sizeProblem('lastHeartbeatDetails', lastHeartbeatDetails)) {
      const heartbeat = { scheduledEventId, attempt, details: lastHeartbeatDetails };
      t.note('ActivityTaskHeartbeatRecorded', heartbeat);
    }
    failAttempt(t, pending, withinLimits(failure), identity);
  },

  RespondActivityTaskCanceled(t, { task, details, identity }) {
    const pending = claimedAttempt(t, task);
    if (pending.cancelRequestedEventId === undefined) {
      throw invalidArgument(`task: cancellation of activity ${pending.activityId} was not requested`);
    }
    checkPayloads('details', details);
    cancel(t, pending, { details, identity });
  },
};

/** A short age means a hiccup, a long one a Worker that is down: the pause grows with it. */
function releasePause(age: number): number {
  return Math.round(Math.min(Math.max(age / 4, MIN_RELEASE_PAUSE), MAX_RELEASE_PAUSE));
}

/** A result that cannot be stored ends the activity with a failure that says so: running it again would not help. */
function sizeProblem(field: string, payloads: PayloadsJson | undefined): Failure | undefined {
  try {
    checkPayloads(field, payloads);
    return undefined;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { message: error.message, source: 'Server', serverFailureInfo: { nonRetryable: true } };
  }
}

/** Failures are kept whatever they carry: details over the limit are left out, and the message says so. */
function withinLimits(failure: Failure): Failure {
  const { details, ...info } = failure.applicationFailureInfo ?? {};
  const tooLarge = sizeProblem('details', details);
  if (!tooLarge) return failure;
  return {
    ...failure,
    message: `${failure.message ?? ''} (${tooLarge.message})`,
    applicationFailureInfo: info,
  };
}

/**
 * Written together with the outcome, but with the time at which the attempt began, as Temporal's server does: the one
 * event that may be older than the one before it. An attempt that nobody claimed has none, unless it was completed by id.
 */
function appendStarted(t: Transition, pending: PendingActivity, identity?: string): string {
  const attributes = {
    scheduledEventId: String(pending.scheduledEventId),
    identity: pending.claim?.identity ?? identity,
    attempt: countedAttempt(pending),
    lastFailure: pending.lastFailure,
  };
  return String(t.append('ActivityTaskStarted', attributes, { time: pending.claim?.time }));
}

function decide(pending: PendingActivity, failure: Failure, now: EpochMs): RetryDecision {
  if (pending.cancelRequestedEventId !== undefined) return { retryState: 'CANCEL_REQUESTED' };
  const { retryPolicy: policy } = pending;
  const bound = { failure, now, expirationTime: expirationTime(pending) };
  if (!pending.resetRequested && !gaveWay(failure))
    return decideRetry({ policy, attempt: countedAttempt(pending), ...bound });
  // Whoever asked for it wants another attempt, even where this was the last one.
  return decideRetry({ policy: { ...policy, maximumAttempts: 0 }, attempt: 1, ...bound });
}

/** It ended because it was told of a pause or a reset: that is not its failure. */
const gaveWay = ({ applicationFailureInfo: info }: Failure): boolean =>
  info?.type === 'ActivityPause' || info?.type === 'ActivityReset';

function retryAfter(t: Transition, pending: PendingActivity, failure: Failure, delay: number): void {
  const { scheduledEventId, attempt } = pending;
  const nextAttemptTime = gaveWay(failure) ? t.now : t.now + delay;
  t.note('ActivityTaskAttemptFailed', { scheduledEventId, attempt, failure, nextAttemptTime });
}

function failAttempt(t: Transition, pending: PendingActivity, failure: Failure, identity?: string): void {
  const decision = decide(pending, failure, t.now);
  if ('delay' in decision) {
    retryAfter(t, pending, failure, decision.delay);
    return;
  }
  const retryState = toWire('retryState', decision.retryState);
  const scheduledEventId = String(pending.scheduledEventId);
  const startedEventId = appendStarted(t, pending, identity);
  t.append('ActivityTaskFailed', { failure, scheduledEventId, startedEventId, identity, retryState });
}

/** What Temporal's server says of a canceled activity that was with no Worker: the text "ACTIVITY_ID_NOT_STARTED". */
const notStarted: PayloadsJson = {
  payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'IkFDVElWSVRZX0lEX05PVF9TVEFSVEVEIg==' }],
};

function cancel(
  t: Transition,
  pending: PendingActivity,
  { details, identity }: { details?: PayloadsJson; identity?: string } = {},
): void {
  t.append('ActivityTaskCanceled', {
    details: pending.claim ? details : notStarted,
    latestCancelRequestedEventId: String(pending.cancelRequestedEventId),
    scheduledEventId: String(pending.scheduledEventId),
    startedEventId: pending.claim ? appendStarted(t, pending) : '0',
    identity,
  });
}

/** After the commands of a task: what was asked to cancel and is with no Worker is canceled at once. */
export function cancelUnclaimed(t: Transition, scheduledEventIds: Iterable<number>): void {
  for (const id of scheduledEventIds) {
    const pending = t.run.activities.get(id);
    if (pending && !pending.claim) cancel(t, pending);
  }
}

export function tick(t: Transition, id: string): void {
  const pending = t.run.activities.get(Number(id))!;
  timeOut(t, pending, nextTimeout(pending, t.run)!.type);
}

function timeOut(t: Transition, pending: PendingActivity, type: TimeoutType): void {
  const ofAttempt = timeoutFailure(type);
  const decision = decide(pending, ofAttempt, t.now);
  if ('delay' in decision) {
    retryAfter(t, pending, ofAttempt, decision.delay);
    return;
  }
  const { retryState } = decision;
  const ended = retryState === 'TIMEOUT' ? 'SCHEDULE_TO_CLOSE' : type;
  t.append('ActivityTaskTimedOut', {
    failure: timeoutFailure(ended, pending),
    scheduledEventId: String(pending.scheduledEventId),
    startedEventId: pending.claim ? appendStarted(t, pending) : '0',
    retryState: toWire('retryState', retryState),
  });
}
