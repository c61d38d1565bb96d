/**
 * What operations cost. The counts are those that test/workerd/costs.test.ts holds the engine to; what is not counted
 * there says so in its name.
 */

import type { Billed } from '../../sdk/common/operations.ts';

export const operations: Record<string, Billed> = {
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
