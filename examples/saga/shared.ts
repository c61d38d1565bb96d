/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'saga';

/** What to book. A name that contains `sold out` cannot be booked; one that contains `final` cannot be cancelled. */
export interface Trip {
  id: string;
  flight: string;
  hotel: string;
  car: string;
}

/** What to do when something cannot be undone: end and leave it to people, or wait for one of them to decide. */
export type WhenStuck = 'freeze' | 'wait';

export type Resolution = 'retry' | 'skip' | 'escalate';

export type TripResult =
  | { status: 'booked'; confirmations: string[] }
  /** Something is still booked that should not be: somebody has been told. */
  | { status: 'manual review'; reason: string; notUndone: string[] };
