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
  /** What was last looked for in vain, by what was asked. */
  readonly #inVain = new Map<string, { reason: string; time: EpochMs }>();
  readonly #clock: () => EpochMs;

  constructor(clock: () => EpochMs) {
    this.#clock = clock;
  }

  /** @param asked what is looked for: as long as nobody has come for it, and for no other reason than before, one is brief */
  async find(asked: string, look: () => Promise<Match>): Promise<Match> {
    for (let waited = 0; ; waited += STEP_MS) {
      const match = await look();
      if (!('waitingReason' in match)) {
        // Who was there may well come back, as when it is deployed.
        this.#inVain.delete(asked);
        return match;
      }
      const { waitingReason: reason } = match;
      if (waited >= (this.#wasInVain(asked, reason) ? BRIEF_MS : LONG_MS)) {
        this.#inVain.set(asked, { reason, time: this.#clock() });
        return match;
      }
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
  }

  #wasInVain(asked: string, reason: string): boolean {
    const now = this.#clock();
    // A time in the future is one of a clock that has been set back since.
    for (const [known, { time }] of this.#inVain)
      if (time > now || now - time > REMEMBERED_MS) this.#inVain.delete(known);
    return this.#inVain.get(asked)?.reason === reason;
  }
}
