/** What the workflow, the Python Worker and the callers have in common. */

/** Of the workflow. */
export const TASK_QUEUE = 'python-worker';
/** Of the activities: `TASK_QUEUE` in worker.py. */
export const PYTHON_TASK_QUEUE = 'python-activities';

export interface Measurements {
  numbers: number[];
  rounds: number;
}

export interface Summary {
  mean: number;
  deviation: number;
}

export interface Simulation {
  rounds: number;
  mean: number;
  /** The round at which the Worker began that brought it to its end: 0, unless one died. */
  begunAt: number;
}

export interface Report {
  summary: Summary;
  simulation: Simulation;
  approval: string;
}
