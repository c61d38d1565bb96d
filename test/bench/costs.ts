/** What operations cost: the counts that test/workerd/costs.test.ts holds the engine to. */

import type { Billed } from '../../sdk/common/operations.ts';

export interface Operation {
  name: string;
  billed: Billed;
}

/**
 * Object milliseconds are those for which the engine keeps an object awake beyond the work itself: until lists know of the
 * run, and as long as a session waits for more (test/execution/operations.test.ts). An object that makes the call of an
 * activity is awake for as long as that takes, too.
 */
export const operations = {
  start: {
    name: 'a run without activities, start-and-wait, with its row in lists',
    billed: { workerRequest: 1, objectRequest: 2, rowWritten: 8, rowRead: 20, objectMillisecond: 100 },
  },
  alone: {
    name: 'the same, started and left alone',
    billed: { workerRequest: 1, objectRequest: 3, rowWritten: 8, rowRead: 20, objectMillisecond: 100 },
  },
  sleeper: {
    name: 'the same, with a sleep of a second or more: listed twice',
    billed: { workerRequest: 1, objectRequest: 6, rowWritten: 17, rowRead: 20, objectMillisecond: 700 },
  },
  direct: {
    name: 'one more activity, direct',
    billed: { rowWritten: 1, rowRead: 20 },
  },
  queue: {
    name: 'one more activity, by queue, called by the object',
    billed: { workerRequest: 1, objectRequest: 1, rowWritten: 2, rowRead: 30, queueOperation: 3 },
  },
  consumer: {
    name: 'one more activity, by queue, called by the consumer',
    billed: { workerRequest: 1, objectRequest: 2, rowWritten: 2, rowRead: 30, queueOperation: 3 },
  },
  heartbeat: {
    name: 'a heartbeat that is recorded',
    billed: { workerRequest: 1, objectRequest: 1, rowWritten: 1, rowRead: 10, objectMillisecond: 600 },
  },
  timer: {
    name: 'a timer: started, its alarm, fired',
    billed: { objectRequest: 1, rowWritten: 2, rowRead: 10, objectMillisecond: 600 },
  },
  signal: {
    name: 'a signal',
    billed: { workerRequest: 1, objectRequest: 1, rowWritten: 1, rowRead: 10, objectMillisecond: 600 },
  },
  update: {
    name: 'an update, accepted and completed at once',
    billed: { workerRequest: 1, objectRequest: 1, rowWritten: 1, rowRead: 20, objectMillisecond: 600 },
  },
  child: {
    name: 'a child workflow that does nothing: both objects, and its row in lists',
    billed: { objectRequest: 3, rowWritten: 11, rowRead: 40, objectMillisecond: 700 },
  },
  continueAsNew: {
    name: 'a run that continues as new, with its row in lists',
    billed: { objectRequest: 1, rowWritten: 7, rowRead: 40, objectMillisecond: 100 },
  },
} satisfies Record<string, Operation>;
