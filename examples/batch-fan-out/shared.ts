/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'batch-fan-out';

export interface Batch {
  /** How many records there are; they have the numbers from 0. */
  records: number;
  /** How many records one child works on. */
  chunkSize?: number;
  /** How many children work at once. */
  concurrency?: number;
}

export interface Totals {
  processed: number;
  /** Records that could not be processed; the others were. */
  failed: number[];
}
