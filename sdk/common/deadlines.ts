/**
 * Many deadlines over one timer of the platform. Most are called off within milliseconds, and a timer that is set and cleared
 * costs more than what it watches over.
 */

import type { EpochMs } from './duration.ts';

/** A timer that is set for longer goes off at once. */
export const LONGEST_TIMER_MS = 2_147_483_647;
/** Timers may go by another clock than `Date`: one that is this much early is not set again. */
const CLOCK_DIFFERENCE_MS = 1;

interface Deadline {
  time: EpochMs;
  /** From when it was added. */
  ms: number;
  act(): void;
}

export class Deadlines {
  /** In the order in which they were added. */
  readonly #deadlines = new Set<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer goes off, be it for one that was called off since. */
  #next: EpochMs = Number.POSITIVE_INFINITY;

  /** `act` is called once, `ms` from now at the earliest, unless the returned function calls it off. */
  add(ms: number, act: () => void): () => void {
    const now = Date.now();
    const deadline = { time: now + ms, ms, act };
    this.#deadlines.add(deadline);
    this.#arm(deadline, now);
    return () => {
      if (this.#deadlines.delete(deadline) && this.#deadlines.size === 0) this.clear();
    };
  }

  /** Calls off all of them. */
  clear(): void {
    this.#deadlines.clear();
    clearTimeout(this.#timer);
    this.#next = Number.POSITIVE_INFINITY;
  }

  #arm({ time, ms }: Deadline, now: EpochMs): void {
    if (time >= this.#next) return;
    clearTimeout(this.#timer);
    this.#next = time;
    // Never for more than it was added for: the clock may have been set back since.
    const wait = Math.min(time - now, ms, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#fire(wait < LONGEST_TIMER_MS ? time : now), wait);
  }

  /** `reached`: what the timer was set for, whatever the clock says by now. */
  #fire(reached: EpochMs): void {
    const time = Math.max(reached, Date.now() + CLOCK_DIFFERENCE_MS);
    this.#next = Number.POSITIVE_INFINITY;
    try {
      // One that passes may add some, or clear all.
      for (const deadline of this.#deadlines) {
        if (deadline.time > time) continue;
        this.#deadlines.delete(deadline);
        deadline.act();
      }
    } finally {
      const now = Date.now();
      for (const deadline of this.#deadlines) this.#arm(deadline, now);
    }
  }
}
