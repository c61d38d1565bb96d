/**
 * While a Worker has a task of this object, the object's alarm stays close: should the object die meanwhile, that alarm
 * brings it back, and what was out is sent again. Nothing is kept for it: the pause is as long as the task has been out.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';

const SHORTEST_MS = 2_000;
const LONGEST_MS = 30_000;

/** When to look again at a task that has been out since `since`. */
export function watchTime(since: EpochMs, now: EpochMs): EpochMs {
  return now + Math.min(Math.max(now - since, SHORTEST_MS), LONGEST_MS);
}
