/** For how long a platform holds the call that brought an activity, and what becomes of one that runs longer. */

import { fromDurationJson } from '../common/duration.ts';
import { FAILURE_SOURCE, type Failure } from '../common/failure.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';

/**
 * A consumer of Queues, which may be the caller, is ended after 15 minutes, and everything that it waits for with it. A
 * minute is left for the answer.
 */
export const CLOUDFLARE_HOLD_MS = 14 * 60_000;

export class HoldLimit {
  readonly #ms: number;
  readonly #over = new AbortController();
  readonly #failed: Promise<ActivityTaskAnswer>;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    this.#ms = ms;
    let fail: (answer: ActivityTaskAnswer) => void;
    this.#failed = new Promise((resolve) => {
      fail = resolve;
    });
    this.#timer = setTimeout(() => {
      this.#over.abort();
      fail({ failed: { failure: this.#failure() } });
    }, ms);
  }

  /** Aborted when the time is over: the activity is told to stop. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The answer, or the failure when the time is over. */
  bound<A>(execution: Promise<A>): Promise<A | ActivityTaskAnswer> {
    return Promise.race([this.#failed, execution]);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #failure(): Failure {
    return {
      message:
        `The activity ran for ${this.#ms / 60_000} minutes; longer a Cloudflare Worker cannot hold the call that brought it. ` +
        'Export ActivityHost from the Worker and bind it as ACTIVITY_HOST, or run the activity in a Worker on Node ' +
        '(docs/long-activities.md)',
      source: FAILURE_SOURCE,
      applicationFailureInfo: { type: 'ActivityTooLongForHost', nonRetryable: true },
    };
  }
}

/** May it run longer? What it will take nobody knows. */
export function isLong({ startToCloseTimeout }: ActivityTask, ms: number): boolean {
  const timeout = fromDurationJson(startToCloseTimeout);
  return timeout === 0 || timeout > ms;
}
