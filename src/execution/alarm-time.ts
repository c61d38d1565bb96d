/** When an alarm is written: each is a row, and each that comes wakes the object and is a request. */

import type { EpochMs } from '../../sdk/common/duration.ts';

/** What is so far away is the end of retention: nothing is overdue, and nothing is sent again. */
const FAR_MS = 3_600_000;

/**
 * Only an earlier time is armed: one that is too early costs an empty turn, one that is too late costs a promise. But a
 * run that is over expects nothing: the alarm that stands for what it owed would come for nothing, and then be written
 * for the end of retention. So it is written now.
 */
export function isToBeArmed(next: EpochMs, armed: EpochMs | undefined, now: EpochMs, over: boolean): boolean {
  if (armed === undefined || armed <= now || next < armed) return true;
  return over && next > armed && next > now + FAR_MS;
}
