/**
 * The virtual clock's movers. Several may be at it, each as far as it wants to: tests and activities that sleep, and whoever
 * skips time. Who sleeps until an earlier time wakes first, and all that it sets off comes before the clock moves on.
 */

import type { EpochMs } from '../common/duration.ts';
import { setImmediate } from './host-clock.ts';

/** Turns of the event loop with nothing to do, after which everybody waits for time to pass. */
const IDLE_TURNS = 20;
/** What such a turn counts while more goes on than calls of Workers: of what threads do (keys) the turns say little. */
const OTHERS_AT_WORK = 0.01;

/** What is going on. `waiting`: of the calls, those that wait for time to pass or have been out for long. */
export interface GoingOn {
  busy: number;
  calls: number;
  waiting: number;
}

/** Nothing is going on any more, or only what waits for time to pass. */
export async function settled(look: () => GoingOn): Promise<void> {
  for (let quiet = 0, idle = 0; quiet < 3 && idle < IDLE_TURNS; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const { busy, calls, waiting } = look();
    quiet = busy > 0 ? 0 : quiet + 1;
    const turn = busy > calls ? OTHERS_AT_WORK : 1;
    idle = waiting > 0 && waiting >= calls ? idle + turn : 0;
  }
}

export interface Clock {
  settled(): Promise<void>;
  nextAlarm(): EpochMs | undefined;
  moveTo(time: EpochMs): void;
  /** Lets what is due by now go off. */
  fireDue(): void;
}

export class Movers {
  readonly #under = new Set<{ until: EpochMs }>();
  /** How many wait for something, and let time pass for it again and again. */
  #skipping = 0;
  /** How many have come to the time that they wanted. */
  #arrived = 0;

  /** Does anybody move the clock now, or as soon as all has settled? */
  get atIt(): boolean {
    return this.#under.size + this.#skipping > 0;
  }

  async whileSkipping<T>(awaited: Promise<T>): Promise<T> {
    this.#skipping++;
    try {
      return await awaited;
    } finally {
      this.#skipping--;
    }
  }

  /** Lets `until` come: alarms due by then go off in their order, each followed by everything it sets off. */
  async advance(until: EpochMs, clock: Clock): Promise<void> {
    const mover = { until };
    this.#under.add(mover);
    try {
      for (;;) {
        const arrived = this.#arrived;
        await clock.settled();
        const alarm = clock.nextAlarm() ?? Number.POSITIVE_INFINITY;
        const next = Math.min(alarm, until);
        const othersFirst = [...this.#under].some((other) => other.until < next);
        if (othersFirst || arrived !== this.#arrived) continue;
        clock.moveTo(next);
        if (alarm > until) return;
        clock.fireDue();
      }
    } finally {
      this.#under.delete(mover);
      this.#arrived++;
    }
  }
}
