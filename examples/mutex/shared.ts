/** What the workflows, their activities and their callers have in common. */

export const TASK_QUEUE = 'mutex';

export interface LockRequest {
  /** The workflow that wants the resource; it gets the signal `granted`. */
  requester: string;
  /** Marks this request among those of its requester. */
  ticket: string;
  /** A holder that does not release in time loses the resource, in milliseconds. */
  holdFor: number;
}
