/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'file-processing';

export interface File {
  name: string;
  lines: number;
}

/** How far an import is: what a heartbeat carries, and what the next attempt begins with. */
export interface Progress {
  /** Lines that are done. */
  line: number;
  sum: number;
}
