/** Looking for a Worker that may be just coming: patiently the first time, briefly where nobody came a moment ago. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { Match } from './directory.ts';

/** A miss is remembered for a little less. */
const STEP_MS = 250;
const LONG_MS = 2_000;
/** Long enough for a Worker that begins as the question is asked. */
const BRIEF_MS = STEP_MS;
/** As long as Temporal's matching remembers who polled. */
const REMEMBERED_MS = 20_000;

export class Patience {
  /** What was last looked for in vain, as it was put, and when. */
  readonly #inVain = new Map<string, EpochMs>();
  readonly #clock: () => EpochMs;

  constructor(clock: () => EpochMs) {
    this.#clock = clock;
  }

  async find(look: () => Promise<Match>): Promise<Match> {
    for (let waited = 0; ; waited += STEP_MS) {
      const match = await look();
      if (!('waitingReason' in match)) return match;
      if (waited >= (this.#wasInVain(match.waitingReason) ? BRIEF_MS : LONG_MS)) {
        this.#inVain.set(match.waitingReason, this.#clock());
        return match;
      }
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
  }

  #wasInVain(reason: string): boolean {
    const now = this.#clock();
    // A time in the future is one of a clock that has been set back since.
    for (const [known, time] of this.#inVain)
      if (time > now || now - time > REMEMBERED_MS) this.#inVain.delete(known);
    return this.#inVain.has(reason);
  }
}
