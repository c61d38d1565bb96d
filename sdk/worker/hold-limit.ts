/** For how long a platform holds the call that brought an activity, and what becomes of one that runs longer. */

import type { Deadlines } from '../common/deadlines.ts';
import { fromDurationJson } from '../common/duration.ts';
import { FAILURE_SOURCE, type Failure } from '../common/failure.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';

/**
 * A consumer of Queues, which may be the caller, is ended after 15 minutes, and everything that it waits for with it. A
 * minute is left for the answer.
 */
export const CLOUDFLARE_HOLD_MS = 14 * 60_000;

/** The answer; or, when the time is over, a failure, after the activity was told to stop. */
export function heldFor<A>(
  ms: number,
  execution: Promise<A>,
  deadlines: Deadlines,
  stop: () => void,
): Promise<A | ActivityTaskAnswer> {
  return new Promise((resolve, reject) => {
    deadlines.add(ms, () => {
      stop();
      resolve({ failed: { failure: tooLong(ms) } });
    });
    execution.then(resolve, reject);
  });
}

function tooLong(ms: number): Failure {
  return {
    message:
      `The activity ran for ${ms / 60_000} minutes; longer a Cloudflare Worker cannot hold the call that brought it. ` +
      'Export ActivityHost from the Worker and bind it as ACTIVITY_HOST, or run the activity in a Worker on Node ' +
      '(docs/long-activities.md)',
    source: FAILURE_SOURCE,
    applicationFailureInfo: { type: 'ActivityTooLongForHost', nonRetryable: true },
  };
}

/** May it run longer? What it will take nobody knows. */
export function isLong({ startToCloseTimeout }: ActivityTask, ms: number): boolean {
  const timeout = fromDurationJson(startToCloseTimeout);
  return timeout === 0 || timeout > ms;
}
