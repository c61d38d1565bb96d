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

/** Gives a place back. */
export type Leave = () => void;

/** What of an activity's task matters to who gives it a place. */
export interface AnActivity {
  activityType: string;
}

/** Places for tasks; whoever finds none waits. */
export interface Places<Task> {
  /** Takes a place. `undefined` when there was none within `waitMs`, or the signal was aborted first. */
  take(task: Task, waitMs?: number, signal?: AbortSignal): Promise<Leave | undefined>;
}

/** A bounded number of places; who finds none waits in line. */
export class Slots implements Places<unknown> {
  #free: number;
  readonly #line = new Set<() => void>();

  constructor(size: number) {
    this.#free = size;
  }

  async take(
    _task: unknown,
    waitMs = Number.POSITIVE_INFINITY,
    signal?: AbortSignal,
  ): Promise<Leave | undefined> {
    const give = (): void => this.#give();
    if (this.#free > 0) {
      this.#free--;
      return give;
    }
    return new Promise((resolve) => {
      const leave = (taken: boolean): void => {
        this.#line.delete(called);
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        resolve(taken ? give : undefined);
      };
      const called = (): void => leave(true);
      const giveUp = (): void => leave(false);
      const timer = waitMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(giveUp, waitMs);
      signal?.addEventListener('abort', giveUp);
      this.#line.add(called);
      if (signal?.aborted) giveUp();
    });
  }

  #give(): void {
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
  readonly #places: Places<AnActivity>;
  readonly #pace: Pace | undefined;

  /** `undefined` where nothing is limited. */
  static of(limits: ActivityLimits, supplied?: Places<AnActivity>): Gate | undefined {
    const { maxConcurrentActivityTaskExecutions: most, maxActivitiesPerSecond: perSecond } = limits;
    if (!supplied && most === undefined && perSecond === undefined) return undefined;
    const places = supplied ?? new Slots(most ?? Number.POSITIVE_INFINITY);
    return new Gate(places, perSecond === undefined ? undefined : new Pace(perSecond));
  }

  private constructor(places: Places<AnActivity>, pace: Pace | undefined) {
    this.#places = places;
    this.#pace = pace;
  }

  /** How to leave, when one more may run. */
  async enter(task: AnActivity, waitMs: number): Promise<Leave | undefined> {
    const end = Date.now() + waitMs;
    const leave = await this.#places.take(task, waitMs);
    if (!leave || !this.#pace || (await this.#pace.turn(end - Date.now()))) return leave;
    leave();
    return undefined;
  }
}
