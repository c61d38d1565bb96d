/**
 * Carries out one local activity inside a workflow task: its attempts, their timeouts and the waits between them. A wait
 * that is too long for the task ends it here: the workflow waits with a timer and asks for the next attempt.
 */

import { type EpochMs, fromDurationJson, toTimestampJson } from '../../common/duration.ts';
import type { TimeoutType } from '../../common/enums.ts';
import { toWire } from '../../common/enums.ts';
import type { Failure } from '../../common/failure.ts';
import type { RetryPolicyJson } from '../../common/retry-policy.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../../common/worker-protocol.ts';
import type { LocalOutcome } from './local-marker.ts';

/** What a run needs of its Worker to carry out local activities. */
export interface LocalActivityRunner {
  serves(activityType: string): boolean;
  /** Waits for a place, where those are limited: how to leave it; `undefined` when the signal was aborted first. */
  enter?(task: { activityType: string }, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** Runs one attempt; never rejects. `signal` is aborted, with the reason, when nobody waits for the attempt any more. */
  runLocalActivity(task: ActivityTask, signal: AbortSignal): Promise<ActivityTaskAnswer>;
  now(): EpochMs;
  /** Calls back after so many milliseconds; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

export type StopReason = 'CANCELLED' | 'TIMED_OUT';

export interface LocalExecution {
  /** Everything but what differs between attempts. */
  task: Omit<ActivityTask, 'attempt' | 'dispatchId' | 'startedTime' | 'currentAttemptScheduledTime'>;
  retryPolicy: Required<RetryPolicyJson>;
  firstAttempt: number;
  originalScheduleTime: EpochMs;
  /** Longest wait for a place. */
  scheduleToStartMs: number;
  /** Longer waits between attempts are left to a timer. */
  localRetryThresholdMs: number;
}

export const cancelledLocally: Failure = { message: 'Activity cancelled', canceledFailureInfo: {} };

const timedOut = (timeoutType: TimeoutType): Failure => ({
  message: 'Activity timed out',
  timeoutFailureInfo: { timeoutType: toWire<'timeoutType', TimeoutType>('timeoutType', timeoutType) },
});

/**
 * @param deadline no wait between attempts goes on beyond it
 * @param cancel the workflow asked to cancel the activity
 */
export async function executeLocally(
  execution: LocalExecution,
  runner: LocalActivityRunner,
  deadline: EpochMs,
  cancel: AbortSignal,
): Promise<LocalOutcome> {
  const { task, retryPolicy, firstAttempt, originalScheduleTime, localRetryThresholdMs } = execution;
  const closesAt =
    originalScheduleTime + (fromDurationJson(task.scheduleToCloseTimeout) || Number.POSITIVE_INFINITY);
  for (let attempt = firstAttempt; ; attempt++) {
    if (cancel.aborted) return { attempt, failure: cancelledLocally };
    if (runner.now() >= closesAt) return { attempt, failure: timedOut('SCHEDULE_TO_CLOSE') };
    // Where there are places for all it begins in this very moment.
    const place = runner.enter ? await placeFor(execution, runner, closesAt, cancel) : {};
    if ('refusal' in place) return { attempt, failure: place.refusal };
    const answer = await runAttempt(execution, attempt, runner, { closesAt, cancel, ...place });
    if ('completed' in answer) return { attempt, result: answer.completed.result };
    if ('canceled' in answer) {
      const { details } = answer.canceled;
      return { attempt, failure: { ...cancelledLocally, canceledFailureInfo: details ? { details } : {} } };
    }
    const { failure } = answer.failed;
    const backoffMs = backoffAfter(failure, attempt, retryPolicy);
    if (backoffMs === undefined) return { attempt, failure };
    const now = runner.now();
    if (backoffMs > localRetryThresholdMs || now + backoffMs > deadline)
      return { attempt, failure, backoffMs };
    await pause(Math.min(backoffMs, closesAt - now), runner, cancel);
  }
}

/** Waits for a place. What becomes of the activity when it gets none. */
async function placeFor(
  { task, scheduleToStartMs }: LocalExecution,
  runner: LocalActivityRunner,
  closesAt: EpochMs,
  cancel: AbortSignal,
): Promise<{ leave?: () => void } | { refusal: Failure }> {
  const limit = Math.min(scheduleToStartMs, closesAt - runner.now());
  const late = new AbortController();
  const callOff =
    limit === Number.POSITIVE_INFINITY ? () => undefined : runner.after(limit, () => late.abort());
  const leave = await runner.enter!(task, AbortSignal.any([cancel, late.signal]));
  callOff();
  if (leave) return { leave };
  if (cancel.aborted) return { refusal: cancelledLocally };
  return { refusal: timedOut(limit === scheduleToStartMs ? 'SCHEDULE_TO_START' : 'SCHEDULE_TO_CLOSE') };
}

async function runAttempt(
  { task, originalScheduleTime }: LocalExecution,
  attempt: number,
  runner: LocalActivityRunner,
  { closesAt, cancel, leave }: { closesAt: EpochMs; cancel: AbortSignal; leave?: () => void },
): Promise<ActivityTaskAnswer> {
  const now = runner.now();
  const startToClose = fromDurationJson(task.startToCloseTimeout) || Number.POSITIVE_INFINITY;
  const scheduleToClose = closesAt - now;
  const limit = Math.min(startToClose, scheduleToClose);
  const abort = new AbortController();
  const stop = (reason: StopReason) => abort.abort(reason);
  const onCancel = () => stop('CANCELLED');
  cancel.addEventListener('abort', onCancel);
  let callOff: () => void = () => undefined;
  const overdue = new Promise<ActivityTaskAnswer>((resolve) => {
    if (limit === Number.POSITIVE_INFINITY) return;
    callOff = runner.after(limit, () => {
      stop('TIMED_OUT');
      const type = limit === scheduleToClose ? 'SCHEDULE_TO_CLOSE' : 'START_TO_CLOSE';
      resolve({ failed: { failure: timedOut(type) } });
    });
  });
  const scheduledTime = attempt === 1 ? originalScheduleTime : now;
  const one: ActivityTask = {
    ...task,
    attempt,
    dispatchId: `${task.runId}/local/${task.activityId}/${attempt}`,
    currentAttemptScheduledTime: toTimestampJson(scheduledTime),
    startedTime: toTimestampJson(now),
  };
  try {
    const run = runner.runLocalActivity(one, abort.signal);
    // An attempt that nobody waits for any more has its place until it ends.
    if (leave) void run.finally(leave);
    return await Promise.race([run, overdue]);
  } finally {
    callOff();
    cancel.removeEventListener('abort', onCancel);
  }
}

/** Until the time is over or the activity is cancelled. */
async function pause(ms: number, runner: LocalActivityRunner, cancel: AbortSignal): Promise<void> {
  let finish: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  cancel.addEventListener('abort', finish, { once: true });
  const callOff = runner.after(ms, finish);
  await over;
  callOff();
  cancel.removeEventListener('abort', finish);
}

/** How long to wait before the next attempt; `undefined` when there is none. */
function backoffAfter(
  { applicationFailureInfo, timeoutFailureInfo }: Failure,
  attempt: number,
  policy: Required<RetryPolicyJson>,
): number | undefined {
  const { maximumAttempts, backoffCoefficient, nonRetryableErrorTypes } = policy;
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return undefined;
  if (timeoutFailureInfo && timeoutFailureInfo.timeoutType !== 'TIMEOUT_TYPE_START_TO_CLOSE')
    return undefined;
  const { nonRetryable, type, nextRetryDelay } = applicationFailureInfo ?? {};
  if (nonRetryable || (type !== undefined && nonRetryableErrorTypes.includes(type))) return undefined;
  if (nextRetryDelay) return fromDurationJson(nextRetryDelay);
  const interval = fromDurationJson(policy.initialInterval) * backoffCoefficient ** (attempt - 1);
  return Math.round(Math.min(interval, fromDurationJson(policy.maximumInterval)));
}
