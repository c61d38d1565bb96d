/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'cron-report';
export const SCHEDULE_ID = 'daily-report';

export interface Sale {
  product: string;
  amount: number;
}

/** What one run leaves to the next. */
export interface Report {
  /** The day that it is about, as `2026-01-05`. */
  day: string;
  total: number;
  /** Against the report before, in per cent; none for the first one. */
  change?: number;
}
