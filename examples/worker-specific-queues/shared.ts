/** What the workflow, its hosts and its callers have in common. */

/** Served by the Worker with the workflow, and by all hosts: any of them may take a file. */
export const TASK_QUEUE = 'worker-specific-queues';

/** What a host says of itself. */
export interface Host {
  name: string;
  /** Served by this host alone, as long as it lives. */
  taskQueue: string;
}

export interface Counted {
  host: string;
  words: number;
}
