/** Lives of the workflows in workflows-updates.ts. */

import { applicationFailure } from '../runtime/history-builder.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows-updates.ts';

export const updatesScenarios: Record<string, Scenario> = {
  'updates-that-complete-at-once': {
    workflow: workflows.counter,
    async drive(run) {
      await run.task();
      run.history.update('add', 1);
      run.history.update('add', 2);
      await run.task();
      run.history.update('add', 3);
      run.history.signal('done');
      await run.task();
      await finish(run);
    },
  },
  'update-before-the-first-task': {
    workflow: workflows.counter,
    async drive(run) {
      run.history.update('add', 1);
      run.history.signal('done');
      await run.task();
      await finish(run);
    },
  },
  'update-rejected-leaves-no-trace': {
    workflow: workflows.counter,
    async drive(run) {
      await run.task();
      run.history.update('add', -1);
      await run.task();
      run.history.update('unknown');
      await run.task();
      run.history.signal('done');
      await run.task();
      await finish(run);
    },
  },
  'updates-accepted-and-rejected-in-one-task': {
    workflow: workflows.counter,
    async drive(run) {
      await run.task();
      for (const n of [-1, 1, -2, 2]) run.history.update('add', n);
      await run.task();
      run.restart();
      run.history.update('add', -3);
      run.history.signal('done');
      await run.task();
      await finish(run);
    },
  },
  'update-in-tasks-that-were-lost': {
    workflow: workflows.counter,
    async drive(run) {
      await run.task();
      run.history.update('add', 1);
      await run.lostTask('failed', () => run.history.update('add', 2));
      await run.lostTask('timedOut', () => run.history.signal('done'));
      await run.task();
      await finish(run);
    },
  },
  'update-awaits-an-activity': {
    workflow: workflows.payments,
    args: [1],
    async drive(run) {
      await run.task();
      run.history.update('pay', 10);
      await run.task();
      await finish(run);
    },
  },
  'updates-finish-out-of-order': {
    workflow: workflows.payments,
    args: [3],
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      run.history.update('pay', 2);
      await run.task(() => run.history.update('pay', 3));
      run.history.completeActivity('2', 'second');
      await run.task();
      run.history.completeActivity('3', 'third');
      run.history.completeActivity('1', 'first');
      await run.task();
      await finish(run);
    },
  },
  'updates-behind-signals': {
    workflow: workflows.mixedMessages,
    async drive(run) {
      await run.task();
      run.history.update('add', 1);
      run.history.signal('go', '1');
      run.history.completeActivity('1');
      run.history.signal('go', '2');
      await run.task();
      run.history.update('add', 2);
      run.history.signal('go', '3');
      run.history.update('add', 3);
      run.history.signal('go', '4');
      await run.task();
      await finish(run);
    },
  },
  'updates-wait-for-their-handlers': {
    workflow: workflows.lateHandlers,
    async drive(run) {
      run.history.update('other', 1, 2);
      run.history.update('late', 'x');
      run.history.update('another');
      await run.task();
      await finish(run);
    },
  },
  'update-handler-set-in-its-task': {
    workflow: workflows.handlerSetByActivity,
    async drive(run) {
      await run.task();
      run.history.update('late', 'too early');
      await run.task();
      run.history.completeActivity('1');
      run.history.update('late', 'in time');
      await run.task();
      await finish(run);
    },
  },
  'updates-fail': {
    workflow: workflows.failingUpdates,
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      run.history.update('add', 1);
      await run.task();
      run.history.failActivity('1', applicationFailure('broke', 'Broke'));
      await run.task();
      await finish(run);
    },
  },
  'updates-wait-for-each-other': {
    workflow: workflows.updatesThatMeet,
    async drive(run) {
      await run.task();
      run.history.update('add', 1);
      await run.task();
      run.history.update('add', 2);
      run.restart();
      await run.task();
      run.history.update('add', 3);
      await run.task();
      run.history.fireTimer('1');
      await run.task();
      await finish(run);
    },
  },
  'update-ends-the-workflow': {
    workflow: workflows.endedByUpdate,
    async drive(run) {
      await run.task();
      run.history.update('add', 1);
      await run.task();
    },
  },
  'update-unfinished-at-the-end': {
    workflow: workflows.unfinishedUpdate,
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      await run.task();
    },
  },
  'update-while-the-workflow-is-cancelled': {
    workflow: workflows.cancelledUpdate,
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      await run.task();
      run.history.requestCancel();
      await run.task();
      run.history.cancelActivity('1');
      await run.task();
      await finish(run);
    },
  },
  'update-continues-the-workflow-as-new': {
    workflow: workflows.continuedByUpdate,
    args: [1],
    async drive(run) {
      await run.task();
      run.history.update('add', 2);
      await run.task();
    },
  },
  'update-handler-continues-as-new': {
    workflow: workflows.continuedByUpdate,
    args: [1],
    async drive(run) {
      await run.task();
      run.history.update('pay', 2);
      await run.task();
      run.history.completeActivity('1');
      await run.task();
    },
  },
  'update-behind-a-task-without-commands': {
    workflow: workflows.quiet,
    async drive(run) {
      await run.task();
      run.history.update('add', 1);
      await run.task();
      run.restart();
      run.history.update('add', 2);
      await run.task();
      await finish(run);
    },
  },
  'update-behind-several-tasks-without-commands': {
    workflow: workflows.quiet,
    async drive(run) {
      await run.task();
      run.history.signal('go', 'one');
      await run.task();
      run.restart();
      await run.lostTask('timedOut');
      run.history.update('add', 1);
      await run.task();
      await finish(run);
    },
  },
  'update-still-open': {
    workflow: workflows.payments,
    args: [2],
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      await run.task();
      run.history.completeActivity('1', 'x');
      run.history.scheduleTask();
      run.history.startTask();
    },
  },
  'update-whose-activity-timed-out': {
    workflow: workflows.failingUpdates,
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      await run.task();
      run.history.timeOutActivity('1', 'test');
      run.history.update('add', 1);
      await run.task();
      await finish(run);
    },
  },
  'update-whose-activity-failed-while-a-task-was-started': {
    workflow: workflows.failingUpdates,
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      run.history.update('pay', 2);
      await run.task();
      run.history.failActivity('2');
      await run.task(() => run.history.timeOutActivity('1', 'test'));
      await run.task();
      await finish(run);
    },
  },
  'terminated-while-an-update-runs': {
    workflow: workflows.payments,
    args: [1],
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      await run.task();
      run.history.add('WorkflowExecutionTerminated', { reason: 'enough', identity: 'test' });
    },
  },
  'run-timed-out-while-an-update-runs': {
    workflow: workflows.payments,
    args: [1],
    async drive(run) {
      await run.task();
      run.history.update('pay', 1);
      await run.task();
      run.history.add('WorkflowExecutionTimedOut', { retryState: 'RETRY_STATE_TIMEOUT' });
    },
  },
};
