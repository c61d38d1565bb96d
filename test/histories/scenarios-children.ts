/** Lives of the workflows in workflows-children.ts. */

import type { Driver } from '../runtime/driver.ts';
import { applicationFailure } from '../runtime/history-builder.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows-children.ts';

const NOT_FOUND = 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';
const sentIds = (run: Driver): string[] => [...run.history.others.sent.keys()];

/** The child starts, then `close` ends it. */
const outcome = (close: (others: Driver['history']['others']) => void, started = true) =>
  async (run: Driver): Promise<void> => {
    const { others } = run.history;
    await run.task();
    if (started) {
      others.startChild('kid-1');
      await run.task();
    }
    if (run.history.activities.size > 0) {
      run.history.completeActivity('1');
      await run.task();
    }
    close(others);
    await run.task();
    await finish(run);
  };

/** The child is cancelled before or after its start is told; then it ends in one of the ways it can. */
const cancelled = (started: boolean, end: 'cancel' | 'complete' | 'fail' | 'none', late = false) =>
  async (run: Driver): Promise<void> => {
    const { others } = run.history;
    await run.task();
    if (started) others.startChild('kid-1');
    run.history.fireTimer('1');
    await run.task();
    if (!started) others.startChild('kid-1');
    others.settleAll();
    if (!late && end !== 'none') close();
    run.history.fireTimer('2');
    await run.task();
    run.history.completeActivity('1');
    await run.task();
    if (late) close();
    else if (end === 'none') run.history.fireTimer('3');
    if (run.history.activities.size === 0) await run.task();
    while (!run.history.closed) {
      for (const id of run.history.activities.keys()) run.history.completeActivity(id);
      for (const id of run.history.timers.keys()) run.history.fireTimer(id);
      await run.task();
    }
    function close(): void {
      if (end === 'cancel') others.cancelChild('kid-1');
      else if (end === 'fail') others.failChild('kid-1', applicationFailure('late', 'Late'));
      else others.completeChild('kid-1', 'result');
    }
  };

const cancellation = (type: string, how: 'start' | 'execute', drive: Scenario['drive']): Scenario => ({
  workflow: workflows.cancelledChild,
  args: [type, how],
  drive,
});

const outcomes: Record<string, Scenario> = {
  'child-completed': { workflow: workflows.oneChild, drive: outcome((o) => o.completeChild('kid-1', 'fine')) },
  'child-completed-before-its-start-was-told': {
    workflow: workflows.startedChildOutcome,
    drive: outcome((o) => o.completeChild('kid-1', 'fast'), false),
  },
  'child-started-and-completed': {
    workflow: workflows.startedChildOutcome,
    drive: outcome((o) => o.completeChild('kid-1', 'fine')),
  },
  'child-failed': {
    workflow: workflows.childOutcome,
    drive: outcome((o) => o.failChild('kid-1', applicationFailure('no', 'Refused'))),
  },
  'child-failed-after-its-start-was-told': {
    workflow: workflows.startedChildOutcome,
    drive: outcome((o) => o.failChild('kid-1', applicationFailure('no', 'Refused'))),
  },
  'child-failure-fails-the-workflow': {
    workflow: workflows.uncaughtChildFailure,
    drive: outcome((o) => o.failChild('kid-1', applicationFailure('no', 'Refused'))),
  },
  'child-timed-out': { workflow: workflows.childOutcome, drive: outcome((o) => o.timeOutChild('kid-1')) },
  'child-timed-out-after-its-start-was-told': {
    workflow: workflows.startedChildOutcome,
    drive: outcome((o) => o.timeOutChild('kid-1')),
  },
  'child-timeout-fails-the-workflow': {
    workflow: workflows.uncaughtChildFailure,
    drive: outcome((o) => o.timeOutChild('kid-1')),
  },
  'child-terminated': { workflow: workflows.childOutcome, drive: outcome((o) => o.terminateChild('kid-1')) },
  'child-terminated-after-its-start-was-told': {
    workflow: workflows.startedChildOutcome,
    drive: outcome((o) => o.terminateChild('kid-1')),
  },
  'child-termination-fails-the-workflow': {
    workflow: workflows.uncaughtChildFailure,
    drive: outcome((o) => o.terminateChild('kid-1')),
  },
  'child-cancelled-by-others': { workflow: workflows.childOutcome, drive: outcome((o) => o.cancelChild('kid-1')) },
  'child-not-started': {
    workflow: workflows.childOutcome,
    drive: outcome((o) => o.failChildStart('kid-1'), false),
  },
  'child-handle-not-started': {
    workflow: workflows.startedChildOutcome,
    drive: outcome((o) => o.failChildStart('kid-1'), false),
  },
  'child-not-started-fails-the-workflow': {
    workflow: workflows.uncaughtChildFailure,
    drive: outcome((o) => o.failChildStart('kid-1'), false),
  },
  'children-without-ids': { workflow: workflows.childrenWithoutIds, drive: finish },
  'children-out-of-order': {
    workflow: workflows.childrenOutOfOrder,
    async drive(run) {
      const { others } = run.history;
      await run.task();
      others.startChild('b');
      await run.task(() => others.startChild('c'));
      run.history.fireTimer('1');
      others.completeChild('b', 1);
      await run.task(() => {
        others.completeChild('c', 2);
        others.startChild('a');
      });
      await run.task();
      others.completeChild('a', 3);
      await run.task();
      await finish(run);
    },
  },
  'child-with-options': {
    workflow: workflows.childWithOptions,
    async drive(run) {
      await run.task();
      run.history.others.startChild('kid-1');
      await run.task();
      run.history.completeActivity('1');
      await run.task();
    },
  },
  'children-outlive-their-parent': {
    workflow: workflows.abandonedChildren,
    async drive(run) {
      for (const policy of ['TERMINATE', 'ABANDON', 'REQUEST_CANCEL']) {
        await run.task();
        run.history.others.startChild(`kid-${policy}`);
      }
      await run.task();
    },
  },
  'child-signalled': {
    workflow: workflows.signalledChild,
    async drive(run) {
      const { others } = run.history;
      await run.task();
      others.startChild('kid-1');
      await run.task();
      others.settleAll();
      await run.task();
      run.history.completeActivity('1');
      await run.task();
      others.settleAll();
      await run.task();
      others.completeChild('kid-1', 'early');
      others.settle(sentIds(run)[0]!, NOT_FOUND);
      await run.task();
      await finish(run);
    },
  },
};

const cancellations: Record<string, Scenario> = {
  'child-cancelled-and-awaited': cancellation('WAIT_CANCELLATION_COMPLETED', 'start', cancelled(true, 'cancel')),
  'child-cancelled-and-completed': cancellation('WAIT_CANCELLATION_COMPLETED', 'start', cancelled(true, 'complete', true)),
  'child-cancelled-before-its-start-was-told': cancellation(
    'WAIT_CANCELLATION_COMPLETED',
    'start',
    cancelled(false, 'cancel', true),
  ),
  'child-request-to-cancel-awaited': cancellation('WAIT_CANCELLATION_REQUESTED', 'execute', cancelled(true, 'cancel', true)),
  'child-request-to-cancel-before-its-start-was-told': cancellation(
    'WAIT_CANCELLATION_REQUESTED',
    'execute',
    cancelled(false, 'fail'),
  ),
  'child-try-cancel': cancellation('TRY_CANCEL', 'start', cancelled(true, 'complete')),
  'child-try-cancel-before-its-start-was-told': cancellation('TRY_CANCEL', 'execute', cancelled(false, 'fail', true)),
  'child-handle-try-cancel-before-its-start-was-told': cancellation('TRY_CANCEL', 'start', cancelled(false, 'none')),
  'child-abandoned': cancellation('ABANDON', 'start', cancelled(true, 'cancel', true)),
  'child-abandoned-before-its-start-was-told': cancellation('ABANDON', 'execute', cancelled(false, 'complete')),
  'child-cancelled-before-sent': { workflow: workflows.childCancelledBeforeSent, drive: finish },
  'workflow-cancelled-with-child': {
    workflow: workflows.cancelledWithChild,
    async drive(run) {
      const { others } = run.history;
      await run.task();
      others.startChild('kid-1');
      run.history.requestCancel();
      await run.task();
      others.settle(sentIds(run)[0]!);
      others.cancelChild('kid-1');
      await run.task();
      await finish(run);
    },
  },
  'workflow-cancelled-child-gone': {
    workflow: workflows.cancelledWithChild,
    async drive(run) {
      const { others } = run.history;
      await run.task();
      others.startChild('kid-1');
      await run.task();
      run.history.requestCancel();
      await run.task(() => others.completeChild('kid-1', 'first'));
      others.settle(sentIds(run)[0]!, NOT_FOUND);
      await run.task();
      await finish(run);
    },
  },
  'workflow-cancelled-child-shielded': {
    workflow: workflows.shieldedChild,
    async drive(run) {
      await run.task();
      run.history.requestCancel();
      await run.task();
      await finish(run);
    },
  },
};

const external: Record<string, Scenario> = {
  'signals-others': {
    workflow: workflows.signalsOthers,
    drive: finish,
  },
  'signals-others-that-are-gone': {
    workflow: workflows.signalsOthers,
    async drive(run) {
      const { others } = run.history;
      await run.task();
      others.settle(sentIds(run)[0]!);
      await run.task();
      run.history.completeActivity('1');
      await run.task();
      const [first, second] = sentIds(run);
      others.settle(second!, NOT_FOUND);
      await run.task();
      run.history.completeActivity('2');
      await run.task();
      others.settle(first!, 'NAMESPACE_NOT_FOUND');
      await run.task();
      await finish(run);
    },
  },
  'signals-nobody': {
    workflow: workflows.signalsOthers,
    async drive(run) {
      await run.task();
      run.history.others.settle(sentIds(run)[0]!, 'SIGNAL_COUNT_LIMIT_EXCEEDED');
      await run.task();
    },
  },
  'cancels-others': { workflow: workflows.cancelsOthers, drive: finish },
  'cancels-others-that-are-gone': {
    workflow: workflows.cancelsOthers,
    async drive(run) {
      await run.task();
      const [first, second] = sentIds(run);
      run.history.others.settle(second!, NOT_FOUND);
      await run.task();
      run.history.completeActivity('1');
      await run.task(() => run.history.others.settle(first!));
      await run.task();
      await finish(run);
    },
  },
  'cancels-nobody': {
    workflow: workflows.cancelsOthers,
    async drive(run) {
      await run.task();
      for (const id of sentIds(run)) run.history.others.settle(id, NOT_FOUND);
      await run.task();
      await finish(run);
    },
  },
  'sent-in-cancelled-scopes': { workflow: workflows.sentInCancelledScopes, drive: finish },
  'cancel-in-a-scope-cancelled-before-it-arrives': {
    workflow: workflows.cancelInScopeCancelledLater,
    async drive(run) {
      await run.task();
      run.history.signal('go', 'now');
      await run.task();
      const [cancel, signal] = sentIds(run);
      run.history.others.settle(cancel!, NOT_FOUND);
      await run.task();
      run.history.others.settle(signal!);
      await run.task();
      await finish(run);
    },
  },
  'cancel-in-a-scope-cancelled-after-it-arrived': {
    workflow: workflows.cancelInScopeCancelledLater,
    async drive(run) {
      await run.task();
      run.history.others.settleAll();
      await run.task();
      run.history.completeActivity('1');
      await run.task();
      run.history.signal('go', 'now');
      await run.task();
      await finish(run);
    },
  },
  'outcome-and-cancellation-in-one-task': {
    workflow: workflows.cancelInScopeCancelledLater,
    async drive(run) {
      await run.task();
      run.history.others.settleAll();
      run.history.signal('go', 'now');
      await run.task();
      await finish(run);
    },
  },
};

const ended: Record<string, Scenario> = {
  'terminated-with-open-children': {
    workflow: workflows.childrenOutOfOrder,
    async drive(run) {
      await run.task();
      run.history.others.startChild('a');
      await run.task();
      run.history.others.startChild('b');
      await run.lostTask('timedOut');
      run.history.add('WorkflowExecutionTerminated', { reason: 'enough', identity: 'test' });
    },
  },
  'run-timed-out-with-open-children': {
    workflow: workflows.childrenOutOfOrder,
    async drive(run) {
      await run.task();
      run.history.others.completeChild('a', 1);
      await run.task();
      run.history.add('WorkflowExecutionTimedOut', { retryState: 'RETRY_STATE_TIMEOUT' });
    },
  },
};

const priority: Record<string, Scenario> = {
  'priorities-of-activities-and-children': {
    workflow: workflows.priorities,
    started: { priority: { priorityKey: 2, fairnessKey: 'gold', fairnessWeight: 3 } },
    drive: finish,
  },
};

export const childrenScenarios: Record<string, Scenario> = {
  ...outcomes,
  ...cancellations,
  ...external,
  ...ended,
  ...priority,
};
