/** The four timeouts of an activity: their defaults, their deadlines, and the failures they make. */

import type { CommandAttributes } from '../../sdk/common/command.ts';
import { type EpochMs, toDurationJson } from '../../sdk/common/duration.ts';
import { type TimeoutType, toWire } from '../../sdk/common/enums.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import { checkDuration } from './check.ts';
import type { PendingActivity, RunState } from './state.ts';

const timeoutFields = [
  'scheduleToCloseTimeout',
  'scheduleToStartTimeout',
  'startToCloseTimeout',
  'heartbeatTimeout',
] as const;
type TimeoutField = (typeof timeoutFields)[number];

/**
 * The timeouts as the scheduled event records them, by Temporal's rules: one of the two that bound an attempt is
 * required; the others default to what bounds them; none is longer than the run may last (`runTimeout`, ms, 0 = no
 * bound).
 */
export function effectiveTimeouts(
  given: Pick<CommandAttributes['ScheduleActivityTask'], TimeoutField>,
  runTimeout: number,
): Pick<HistoryEventAttributes['ActivityTaskScheduled'], TimeoutField> {
  const ms = {} as Record<TimeoutField, number>;
  for (const field of timeoutFields) ms[field] = checkDuration(field, given[field]);
  if (ms.scheduleToCloseTimeout > 0) {
    const bound = ms.scheduleToCloseTimeout;
    ms.scheduleToStartTimeout = Math.min(ms.scheduleToStartTimeout || bound, bound);
    ms.startToCloseTimeout = Math.min(ms.startToCloseTimeout || bound, bound);
  } else if (ms.startToCloseTimeout > 0) {
    ms.scheduleToCloseTimeout = runTimeout;
    ms.scheduleToStartTimeout ||= runTimeout;
  } else {
    throw invalidArgument('startToCloseTimeout or scheduleToCloseTimeout: one of them must be set');
  }
  if (runTimeout > 0) for (const field of timeoutFields) ms[field] = Math.min(ms[field], runTimeout);
  ms.heartbeatTimeout = Math.min(ms.heartbeatTimeout, ms.startToCloseTimeout);
  return {
    scheduleToCloseTimeout: toDurationJson(ms.scheduleToCloseTimeout),
    scheduleToStartTimeout: toDurationJson(ms.scheduleToStartTimeout),
    startToCloseTimeout: toDurationJson(ms.startToCloseTimeout),
    heartbeatTimeout: toDurationJson(ms.heartbeatTimeout),
  };
}

/** When all attempts must be over. */
export function expirationTime(pending: PendingActivity): EpochMs | undefined {
  return pending.scheduleToCloseTimeout > 0
    ? pending.scheduledTime + pending.scheduleToCloseTimeout
    : undefined;
}

/** Does a pause, its own or the workflow's, keep the next attempt from beginning? */
export function isHeld(pending: PendingActivity, run: Pick<RunState, 'pause'> | undefined): boolean {
  return pending.pause !== undefined || run?.pause !== undefined;
}

/** Which attempt it is for the retry policy, the activity and those who look on. */
export function countedAttempt({ attempt, uncounted = 0 }: PendingActivity): number {
  return attempt - uncounted;
}

/** The timeout that comes first as things stand; of two at the same time, the one that ends more. */
export function nextTimeout(
  pending: PendingActivity,
  run?: Pick<RunState, 'pause'>,
): { type: TimeoutType; time: EpochMs } | undefined {
  const { claim, heartbeat } = pending;
  const timeouts: Array<{ type: TimeoutType; time: EpochMs }> = [];
  const expiration = expirationTime(pending);
  // First, so that what nobody took in all of its time says that: without a timeout of its own, it has the whole one to start in.
  if (!claim && pending.scheduleToStartTimeout > 0 && !isHeld(pending, run)) {
    const time = pending.attemptScheduledTime + pending.scheduleToStartTimeout;
    timeouts.push({ type: 'SCHEDULE_TO_START', time });
  }
  if (expiration !== undefined) timeouts.push({ type: 'SCHEDULE_TO_CLOSE', time: expiration });
  if (claim) {
    timeouts.push({ type: 'START_TO_CLOSE', time: claim.time + pending.startToCloseTimeout });
    if (pending.heartbeatTimeout > 0) {
      // A heartbeat of an earlier attempt lies before this claim.
      const beat = Math.max(heartbeat?.time ?? 0, claim.time);
      timeouts.push({ type: 'HEARTBEAT', time: beat + pending.heartbeatTimeout });
    }
  }
  if (timeouts.length === 0) return undefined;
  return timeouts.reduce((first, other) => (other.time < first.time ? other : first));
}

const timeoutNames: Record<TimeoutType, string> = {
  START_TO_CLOSE: 'StartToClose',
  SCHEDULE_TO_START: 'ScheduleToStart',
  SCHEDULE_TO_CLOSE: 'ScheduleToClose',
  HEARTBEAT: 'Heartbeat',
};

/**
 * `ended`: the activity that ends with it. Then the failure has the last heartbeat, and as its cause what the attempt before
 * this one ended with; that of a single attempt has neither, as with Temporal's server. Where a Worker was called and did not
 * take the task, which Temporal's server cannot know, that is the cause: it is what whoever reads the history looks for.
 */
export function timeoutFailure(type: TimeoutType, ended?: PendingActivity): Failure {
  const details = ended?.heartbeat?.details;
  const cause = ended && causeOf(ended);
  return {
    message: `activity ${timeoutNames[type]} timeout`,
    source: 'Server',
    timeoutFailureInfo: {
      timeoutType: toWire('timeoutType', type),
      ...(details && { lastHeartbeatDetails: details }),
    },
    ...(cause && { cause }),
  };
}

function causeOf({ lastFailure, releaseReason }: PendingActivity): Failure | undefined {
  if (releaseReason === undefined) return lastFailure;
  const cause = lastFailure && { cause: lastFailure };
  return { message: releaseReason, source: 'Server', serverFailureInfo: {}, ...cause };
}
