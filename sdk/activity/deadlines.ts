/**
 * The deadlines of one attempt over one timer of the platform. Most are called off within milliseconds, and a timer that is
 * set and cleared costs more than what it watches over.
 */

import type { EpochMs } from '../common/duration.ts';

/** A timer that is set for longer goes off at once. */
export const LONGEST_TIMER_MS = 2_147_483_647;
/** Timers may go by another clock than `Date`: one that is this much early is not set again. */
const CLOCK_DIFFERENCE_MS = 1;

interface Deadline {
  time: EpochMs;
  act(): void;
}

export class Deadlines {
  #deadlines: Deadline[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer goes off. */
  #next: EpochMs = Number.POSITIVE_INFINITY;

  /** `act` is called once, `ms` from now at the earliest. */
  add(ms: number, act: () => void): void {
    const now = Date.now();
    this.#deadlines.push({ time: now + ms, act });
    this.#arm(now);
  }

  /** Calls off all of them. */
  clear(): void {
    this.#deadlines = [];
    clearTimeout(this.#timer);
    this.#next = Number.POSITIVE_INFINITY;
  }

  #arm(now: EpochMs): void {
    const earliest = this.#deadlines.reduce(
      (time, one) => Math.min(time, one.time),
      Number.POSITIVE_INFINITY,
    );
    if (earliest >= this.#next) return;
    clearTimeout(this.#timer);
    this.#next = earliest;
    this.#timer = setTimeout(() => this.#fire(), Math.min(earliest - now, LONGEST_TIMER_MS));
  }

  #fire(): void {
    const time = Date.now() + CLOCK_DIFFERENCE_MS;
    this.#next = Number.POSITIVE_INFINITY;
    // One that passes may add some, or clear all.
    for (;;) {
      const at = this.#deadlines.findIndex((one) => one.time <= time);
      if (at < 0) break;
      const [due] = this.#deadlines.splice(at, 1);
      due!.act();
    }
    this.#arm(Date.now());
  }
}
