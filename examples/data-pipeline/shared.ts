/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'data-pipeline';

/** What comes into the pipeline. */
export interface Source {
  day: string;
  /** Rows of that day, in this example; those that are no numbers are bad. */
  rows: string[];
}

export const STAGES = ['extract', 'clean', 'aggregate', 'publish'] as const;
export type Stage = (typeof STAGES)[number];

export interface StageStatus {
  stage: Stage;
  state: 'waiting' | 'running' | 'done' | 'stopped';
  /** What the stage has made: a reference, never the data itself. */
  output?: string;
  reason?: string;
}

/** How a stage that has stopped goes on. */
export interface Retry {
  /** Leave rows out that are bad. */
  tolerant?: boolean;
}
