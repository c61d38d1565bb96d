/**
 * What Cloudflare counts and bills of a run's work, and what that costs. The price list of the whole project is here: of
 * the bench, the documentation and the Web UI.
 */

/** Of one run, so far. */
export interface OperationCounts {
  /** Commits that changed the run. */
  stateTransitions: number;
  /** In the run's object (its log, its alarms, its heartbeats …) and for its row in lists. */
  rowsWritten: number;
  /** Calls of the run's object, its alarms among them, and its own calls of other objects. */
  objectRequests: number;
  /** Of each message three: it is written, read and deleted. */
  queueOperations: number;
}

/** Cloudflare's prices in dollars per million: the paid plan, beyond what it includes. */
export const prices = {
  workerRequest: 0.3,
  objectRequest: 0.15,
  rowWritten: 1,
  rowRead: 0.001,
  queueOperation: 0.4,
  /** An object has 128 MB for as long as it is at work. */
  objectMillisecond: (12.5 * 0.128) / 1_000,
} as const;

export type Billed = Partial<Record<keyof typeof prices, number>>;

/** Dollars for a million times as much. */
export function dollarsPerMillion(billed: Billed): number {
  return Object.entries(billed).reduce((sum, [what, n]) => sum + prices[what as keyof typeof prices] * n, 0);
}

/** Dollars of a run, without what nobody counts per run: its object's time in memory, and the requests of its clients. */
export function dollarsOf({ rowsWritten, objectRequests, queueOperations }: OperationCounts): number {
  const billed: Billed = {
    rowWritten: rowsWritten,
    objectRequest: objectRequests,
    queueOperation: queueOperations,
  };
  return dollarsPerMillion(billed) / 1_000_000;
}
