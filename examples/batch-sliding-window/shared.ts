/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'batch-sliding-window';

export interface Batch {
  /** How many records there are; they have the numbers from 0. */
  records: number;
  /** How many are worked on at once. */
  window: number;
  /** How many are begun by one run, before the next run takes over. */
  perRun: number;
}

/** What one run hands on to the next. */
export interface Progress {
  /** The first record that was not begun. */
  next: number;
  /** Begun and not reported yet. */
  open: number[];
  succeeded: number;
  failed: number[];
}

export interface Report {
  record: number;
  ok: boolean;
}
