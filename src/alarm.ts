/** What time the platform's alarm is given for a time of the engine's clock. */

import type { EpochMs } from '../sdk/common/duration.ts';

/** The platform counts nanoseconds in 64 bits, and refuses times after 2262. Whoever waits longer is woken then, and waits on. */
const LATEST = Date.UTC(2189, 0);

/** @param clockOffset how far the engine's clock is ahead of the platform's */
export const alarmTime = (time: EpochMs, clockOffset: number): EpochMs =>
  Math.min(time - clockOffset, LATEST);
