/** How a Worker carries out the local activities of the runs that it holds. */

import { executeActivity } from '../activity/execute.ts';
import { ApplicationFailure } from '../common/failure.ts';
import { errorToFailure } from '../common/failure-converter.ts';
import { defaultPayloadConverter } from '../common/payload.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import type { LocalActivityRunner } from '../workflow/runtime/local-execution.ts';
import { attemptLog } from './attempt-log.ts';
import { type AnActivity, type Places, Slots } from './limits.ts';
import { type ActivityRegistry, type CheckedOptions, typed } from './options.ts';
import type { WorkCounts } from './work-counts.ts';

/** The longest delay that a timer of the platforms takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface LocalActivityLimits {
  maxConcurrentLocalActivityExecutions?: number;
  /** In the place of that number. */
  places?: Places<AnActivity> | undefined;
  shutdownSignal?: AbortSignal;
}

/** One for all runs whose Worker has the same activities: most have one list for every request. */
export class LocalActivityRunners {
  readonly #options: CheckedOptions;
  readonly #places: Places<AnActivity> | undefined;
  readonly #shutdownSignal: AbortSignal | undefined;
  readonly #made = new WeakMap<ActivityRegistry, LocalActivityRunner>();

  constructor(
    options: CheckedOptions,
    { maxConcurrentLocalActivityExecutions: limit, places, shutdownSignal }: LocalActivityLimits,
  ) {
    this.#options = options;
    this.#places = places ?? (limit === undefined ? undefined : new Slots(limit));
    this.#shutdownSignal = shutdownSignal;
  }

  of(activities: ActivityRegistry, counts: WorkCounts): LocalActivityRunner {
    const known = this.#made.get(activities);
    if (known) return known;
    const runner = localActivityRunner(activities, this.#options, this.#places, this.#shutdownSignal);
    const counted = counts.runner(runner);
    this.#made.set(activities, counted);
    return counted;
  }
}

function localActivityRunner(
  activities: ActivityRegistry,
  { identity, logger, dataConverter, activityInterceptors, metricMeter, client }: CheckedOptions,
  places?: Places<AnActivity>,
  shutdownSignal?: AbortSignal,
): LocalActivityRunner {
  const serves = (activityType: string): boolean => typed(activities, activityType) !== undefined;
  const run = async (task: ActivityTask, signal: AbortSignal): Promise<ActivityTaskAnswer> => {
    // A run may be replayed by a Worker that has other activities than the one it began on.
    if (!serves(task.activityType)) {
      return failed(`Local activity of type '${task.activityType}' not registered on worker`, identity);
    }
    const log = attemptLog(logger, task, true);
    const answer = await executeActivity(task, typed(activities, task.activityType)!, {
      identity,
      logger,
      interceptors: activityInterceptors,
      metricMeter,
      // Nobody but the workflow task waits for it: the task's own timeout is its sign of life.
      recordHeartbeat: async () => ({}),
      local: { signal },
      onLoaded: log.onLoaded,
      onFailed: log.onFailed,
      dataConverter,
      ...(client && { client: { client } }),
      ...(shutdownSignal && { shutdownSignal }),
    });
    log.ended(answer);
    return answer === 'async' ? failed('A local activity cannot be completed later', identity) : answer;
  };
  return {
    serves,
    now: () => Date.now(),
    after: (ms, callback) => {
      const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
    ...(places && { enter: (task, signal) => places.take(task, Number.POSITIVE_INFINITY, signal) }),
    runLocalActivity: run,
  };
}

function failed(message: string, identity: string): ActivityTaskAnswer {
  const failure = errorToFailure(ApplicationFailure.nonRetryable(message), defaultPayloadConverter);
  return { failed: { failure, identity } };
}
