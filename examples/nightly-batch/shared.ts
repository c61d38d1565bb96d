/** What the workflows, their activities and their callers have in common. */

export const TASK_QUEUE = 'nightly-batch';
export const SCHEDULE_ID = 'nightly-batch';

/** What the night leaves behind. */
export interface Night {
  /** The night's date, as `2026-01-05`. */
  day: string;
  accounts: number;
}
