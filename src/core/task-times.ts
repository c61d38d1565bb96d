/** How long a workflow task waits for its next attempt, and how long heartbeats may prolong it. */

/** Temporal's limit for a task that is prolonged by heartbeats and says nothing else. */
export const HEARTBEAT_LIMIT = 30 * 60_000;

const FIRST_RETRY_PAUSE = 5_000;
const FIRST_RELEASE_PAUSE = 500;
const MAX_PAUSE = 60_000;

/** Attempt 2 follows the first at once; after attempt n ≥ 2 comes a pause of 5 s · 2^(n-2), at most a minute. */
export function retryPause(failedAttempt: number): number {
  return failedAttempt === 1 ? 0 : Math.min(FIRST_RETRY_PAUSE * 2 ** (failedAttempt - 2), MAX_PAUSE);
}

/** Another Worker may be there at once; if not, the pauses grow: 0, 0.5, 1, 2, 4 s …, at most a minute. */
export function releasePause(releases: number): number {
  return releases === 1 ? 0 : Math.min(FIRST_RELEASE_PAUSE * 2 ** (releases - 2), MAX_PAUSE);
}
