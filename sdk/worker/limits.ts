/** How many activities a Worker runs at once, and how many it begins in a second. */

import type { HeartbeatThrottle } from '../activity/heartbeat.ts';
import { type EpochMs, msToNumber } from '../common/duration.ts';
import { ValueError } from '../common/errors.ts';

export interface ActivityLimits {
  /** Activities that run at once; more are given back to the engine, which tries again. Default: no limit. */
  maxConcurrentActivityTaskExecutions?: number;
  /** Local activities that run at once; more wait. Default: no limit. */
  maxConcurrentLocalActivityExecutions?: number;
  /** Activities that begin in a second. Default: no limit. */
  maxActivitiesPerSecond?: number;
}

const NAMES = [
  'maxConcurrentActivityTaskExecutions',
  'maxConcurrentLocalActivityExecutions',
  'maxActivitiesPerSecond',
] as const satisfies Array<keyof ActivityLimits>;

/** @throws ValueError for a limit that is not a positive number. */
export function checkLimits(options: ActivityLimits): void {
  for (const name of NAMES) {
    const limit = options[name];
    if (limit !== undefined && !(limit > 0)) throw new ValueError(`${name}: must be greater than 0`);
  }
}

/** Read when the Worker is made, not by each activity. @throws ValueError for what is no duration. */
export function throttleOf(options: HeartbeatThrottle): HeartbeatThrottle {
  const { maxHeartbeatThrottleInterval: most, defaultHeartbeatThrottleInterval: otherwise } = options;
  return {
    ...(most !== undefined && { maxHeartbeatThrottleInterval: msToNumber(most) }),
    ...(otherwise !== undefined && { defaultHeartbeatThrottleInterval: msToNumber(otherwise) }),
  };
}

export function isLimited(options: ActivityLimits): boolean {
  return (
    options.maxConcurrentActivityTaskExecutions !== undefined || options.maxActivitiesPerSecond !== undefined
  );
}

/** A bounded number of places; who finds none waits in line. */
export class Slots {
  #free: number;
  readonly #line = new Set<() => void>();

  constructor(size: number) {
    this.#free = size;
  }

  /** Takes a place. False when there was none within `waitMs`, or the signal was aborted first. */
  async take(waitMs = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<boolean> {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return new Promise((resolve) => {
      const leave = (taken: boolean): void => {
        this.#line.delete(called);
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        resolve(taken);
      };
      const called = (): void => leave(true);
      const giveUp = (): void => leave(false);
      const timer = waitMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(giveUp, waitMs);
      signal?.addEventListener('abort', giveUp);
      this.#line.add(called);
      if (signal?.aborted) giveUp();
    });
  }

  give(): void {
    const [next] = this.#line;
    if (next) next();
    else this.#free++;
  }
}

/** Beginnings with a distance between them. */
class Pace {
  readonly #distanceMs: number;
  #next: EpochMs = 0;

  constructor(perSecond: number) {
    this.#distanceMs = 1_000 / perSecond;
  }

  /** Waits for its turn. False when that does not come within `waitMs`. */
  async turn(waitMs: number): Promise<boolean> {
    const now = Date.now();
    const time = Math.max(now, this.#next);
    if (time - now > waitMs) return false;
    this.#next = time + this.#distanceMs;
    if (time > now) await new Promise((resolve) => setTimeout(resolve, time - now));
    return true;
  }
}

/** Where activities are let in. */
export class Gate {
  readonly #slots: Slots;
  readonly #pace: Pace | undefined;

  constructor({ maxConcurrentActivityTaskExecutions, maxActivitiesPerSecond }: ActivityLimits) {
    this.#slots = new Slots(maxConcurrentActivityTaskExecutions ?? Number.POSITIVE_INFINITY);
    this.#pace = maxActivitiesPerSecond === undefined ? undefined : new Pace(maxActivitiesPerSecond);
  }

  /** True when one more may run; whoever was let in leaves with {@link leave}. */
  async enter(waitMs: number): Promise<boolean> {
    const end = Date.now() + waitMs;
    if (!(await this.#slots.take(waitMs))) return false;
    if (!this.#pace || (await this.#pace.turn(end - Date.now()))) return true;
    this.#slots.give();
    return false;
  }

  leave(): void {
    this.#slots.give();
  }
}
