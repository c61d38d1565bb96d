/**
 * Cloudflare's price list (paid plan, beyond what is included; dollars per million) and what operations cost by it. The
 * counts are those that test/workerd/costs.test.ts holds the engine to; what is not counted there says so in its name.
 */

export const prices = {
  workerRequest: 0.3,
  objectRequest: 0.15,
  rowWritten: 1,
  queueOperation: 0.4,
} as const;

type Counts = Partial<Record<keyof typeof prices, number>>;

/** A message is written, read and deleted: three operations. */
export const operations: Record<string, Counts> = {
  'a run without activities, start-and-wait, that is over within half a second: its log': {
    workerRequest: 1,
    objectRequest: 1,
    rowWritten: 2,
  },
  'the same: its row in visibility (three with its indexes) and its alarm (not asserted)': {
    objectRequest: 2,
    rowWritten: 4,
  },
  'one more activity, direct': { rowWritten: 1 },
  'one more activity, by queue': { workerRequest: 1, objectRequest: 2, rowWritten: 2, queueOperation: 3 },
  'a signal to a run in memory': { workerRequest: 1, objectRequest: 1, rowWritten: 1 },
  'a timer: started, its alarm, fired (not asserted)': { objectRequest: 1, rowWritten: 3 },
};

/** Of a million. */
export function dollars(counts: Counts): number {
  return Object.entries(counts).reduce((sum, [what, n]) => sum + prices[what as keyof typeof prices] * n, 0);
}
