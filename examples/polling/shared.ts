/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'polling';

/** A video that another company converts; it takes them minutes or hours, and they call nobody back. */
export interface Conversion {
  video: string;
  /** How long it takes, in this example. */
  seconds: number;
}
