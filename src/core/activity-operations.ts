/**
 * What operators may do with pending activities. Nothing of it is in history.
 *   pause    no attempt begins; one that runs goes on, and is told by its next heartbeat
 *   unpause  the next attempt is due when it was, or now
 *   reset    attempts count anew: one that runs counts as the first, and goes on; one that waits is due now, and no
 *            longer paused unless that is asked for
 *   options  timeouts, task queue, retry policy: other ones from now on
 * Attempts are still numbered on inside (task tokens, dispatch ids): an answer to an old attempt 1 is never taken for one
 * to the new attempt 1.
 */

import { fromDurationJson, toDurationJson } from '../../sdk/common/duration.ts';
import { invalidArgument, notFound } from '../../sdk/common/errors.ts';
import type { ActivityOptionsMs } from '../../sdk/common/history.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import type { ActivityOptionsJson, Request } from '../../sdk/common/service.ts';
import { forgetHeartbeat } from './activity.ts';
import { checkDuration, checkName, checkRetryPolicy, requireOpen } from './check.ts';
import type { Apply, Handle, Place } from './noun.ts';
import { type PendingActivity, type RunState, touch } from './state.ts';
import type { Transition } from './transition.ts';

type Operations =
  | 'ActivityTaskPaused'
  | 'ActivityTaskUnpaused'
  | 'ActivityTaskReset'
  | 'ActivityTaskOptionsUpdated';

function touched(run: RunState, scheduledEventId: number, { execution }: Place): PendingActivity {
  touch(execution, 'activity', scheduledEventId);
  return run.activities.get(scheduledEventId)!;
}

/** Another number than the attempt that waits has, so that what is on its way for it is stale. */
function begin(pending: PendingActivity, attempt: number, uncounted: number): void {
  pending.attempt = attempt + 1;
  pending.uncounted = uncounted;
  if (pending.forgetHeartbeat) forgetHeartbeat(pending);
}

export const apply: Apply<Operations> = {
  ActivityTaskPaused(run, { scheduledEventId, ...by }, place) {
    touched(run, scheduledEventId, place).pause = { time: place.time, ...by };
  },
  ActivityTaskUnpaused(run, { scheduledEventId, resetHeartbeat }, place) {
    const pending = touched(run, scheduledEventId, place);
    delete pending.pause;
    if (resetHeartbeat) pending.forgetHeartbeat = true;
    if (pending.claim) return;
    if (resetHeartbeat) begin(pending, pending.attempt, (pending.uncounted ?? 0) + 1);
    pending.attemptScheduledTime = Math.max(pending.attemptScheduledTime, place.time);
  },
  ActivityTaskReset(run, { scheduledEventId, nextAttemptTime, resetHeartbeat }, place) {
    const pending = touched(run, scheduledEventId, place);
    if (resetHeartbeat) pending.forgetHeartbeat = true;
    if (pending.claim) {
      pending.resetRequested = true;
      pending.uncounted = pending.attempt - 1;
      return;
    }
    begin(pending, pending.attempt, pending.attempt);
    pending.attemptScheduledTime = nextAttemptTime;
    pending.nextDispatchTime = nextAttemptTime;
  },
  ActivityTaskOptionsUpdated(run, { scheduledEventId, options }, place) {
    const pending = touched(run, scheduledEventId, place);
    pending.original ??= optionsOf(pending);
    const moves = options.taskQueue !== pending.taskQueue;
    // The attempt under way stays where it is: the next one moves.
    if (moves && pending.claim) pending.claim.taskQueue ??= pending.taskQueue;
    Object.assign(pending, options);
    if (moves && !pending.claim) begin(pending, pending.attempt, (pending.uncounted ?? 0) + 1);
  },
};

export const handle: Handle<'PauseActivity' | 'UnpauseActivity' | 'ResetActivity' | 'UpdateActivityOptions'> =
  {
    PauseActivity(t, request) {
      const { identity, reason } = request;
      for (const { scheduledEventId, pause } of selected(t, request))
        if (!pause) t.note('ActivityTaskPaused', { scheduledEventId, identity, reason });
    },
    UnpauseActivity(t, request) {
      const { unpauseAll, resetAttempts } = request;
      const resetHeartbeat = request.resetHeartbeat ? true : undefined;
      for (const { scheduledEventId, pause } of selected(t, request, unpauseAll)) {
        if (!pause) continue;
        t.note('ActivityTaskUnpaused', { scheduledEventId, resetHeartbeat });
        if (resetAttempts) t.note('ActivityTaskReset', { scheduledEventId, nextAttemptTime: t.now });
      }
    },
    ResetActivity(t, request) {
      const { matchAll, keepPaused, restoreOriginalOptions } = request;
      const resetHeartbeat = request.resetHeartbeat ? true : undefined;
      for (const { scheduledEventId, pause, original, claim } of selected(t, request, matchAll)) {
        if (restoreOriginalOptions && original)
          t.note('ActivityTaskOptionsUpdated', { scheduledEventId, options: original });
        if (pause && !claim && !keepPaused) t.note('ActivityTaskUnpaused', { scheduledEventId });
        t.note('ActivityTaskReset', { scheduledEventId, nextAttemptTime: t.now, resetHeartbeat });
      }
    },
    UpdateActivityOptions(t, request) {
      const { matchAll, activityOptions = {}, restoreOriginal } = request;
      const all = selected(t, request, matchAll);
      if (restoreOriginal && Object.keys(activityOptions).length > 0)
        throw invalidArgument('restoreOriginal: cannot be combined with activityOptions');
      checkOptions(activityOptions);
      for (const pending of all) {
        const { scheduledEventId, original } = pending;
        const options = restoreOriginal ? original : changed(optionsOf(pending), activityOptions);
        if (options) t.note('ActivityTaskOptionsUpdated', { scheduledEventId, options });
      }
      return { activityOptions: optionsJson(optionsOf(all[0]!)) };
    },
  };

type OnActivities = Request<'PauseActivity' | 'UnpauseActivity' | 'ResetActivity' | 'UpdateActivityOptions'>;

/** @returns at least one */
function selected(t: Transition, { execution, id, type }: OnActivities, all = false): PendingActivity[] {
  const run = requireOpen(t.execution, execution);
  if ([id, type, all || undefined].filter((choice) => choice !== undefined).length !== 1)
    throw invalidArgument('activity: say which, by id or by type, or all of them');
  const found = [...run.activities.values()].filter(
    ({ activityId, activityType }) => all || activityId === id || activityType === type,
  );
  if (found.length > 0) return found;
  const which = id !== undefined ? ` with the id ${id}` : type !== undefined ? ` of type ${type}` : '';
  throw notFound(`no activity${which} is pending`);
}

function checkOptions(options: ActivityOptionsJson): void {
  if (options.taskQueue) checkName('activityOptions.taskQueue.name', options.taskQueue.name);
  for (const field of timeouts) checkDuration(`activityOptions.${field}`, options[field]);
  checkRetryPolicy('activityOptions.retryPolicy', options.retryPolicy);
}

const timeouts = [
  'scheduleToCloseTimeout',
  'scheduleToStartTimeout',
  'startToCloseTimeout',
  'heartbeatTimeout',
] as const;

const optionsOf = ({ taskQueue, retryPolicy, ...pending }: ActivityOptionsMs): ActivityOptionsMs => {
  const { scheduleToCloseTimeout, scheduleToStartTimeout, startToCloseTimeout, heartbeatTimeout } = pending;
  return {
    taskQueue,
    retryPolicy,
    scheduleToCloseTimeout,
    scheduleToStartTimeout,
    startToCloseTimeout,
    heartbeatTimeout,
  };
};

function changed(options: ActivityOptionsMs, given: ActivityOptionsJson): ActivityOptionsMs {
  const next = { ...options };
  if (given.taskQueue) next.taskQueue = given.taskQueue.name;
  for (const field of timeouts) if (given[field] !== undefined) next[field] = fromDurationJson(given[field]);
  if (given.retryPolicy) next.retryPolicy = withDefaults({ ...options.retryPolicy, ...given.retryPolicy });
  if (next.startToCloseTimeout === 0 && next.scheduleToCloseTimeout === 0)
    throw invalidArgument('activityOptions: startToCloseTimeout or scheduleToCloseTimeout must stay set');
  return next;
}

/** As describe tells them. */
export function optionsJson(options: ActivityOptionsMs): ActivityOptionsJson {
  const durations = timeouts.map((field) => [field, toDurationJson(options[field])]);
  const { taskQueue: name, retryPolicy } = options;
  return { taskQueue: { name }, ...Object.fromEntries(durations), retryPolicy };
}
