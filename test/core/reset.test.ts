/** Reset: what the new run begins with, what becomes of the old one, and what the outside world notices. */

import { describe, expect, it } from 'vitest';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import type { ResetWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import {
  acceptUpdate,
  completeUpdate,
  completeWorkflow,
  continueAsNew,
  Driver,
  fold,
  MINUTE,
  parent,
  payloads,
  running,
  SECOND,
  scheduleActivity,
  signalExternal,
  startChild,
  startRequest,
  startTimer,
  stateOf,
  updateRequest,
} from './harness.ts';

const reset = (
  driver: Driver,
  eventId: number,
  more: Partial<ResetWorkflowExecutionRequest> & { runId?: string } = {},
): string => {
  const { runId, ...fields } = more;
  return driver.send('ResetWorkflowExecution', {
    namespace: 'default',
    workflowExecution: { workflowId: 'order-1', ...(runId && { runId }) },
    workflowTaskFinishEventId: eventId,
    reason: 'bad deploy',
    ...fields,
  }).runId;
};
const refusal = (driver: Driver, fields: Partial<ResetWorkflowExecutionRequest>) =>
  driver.refusal('ResetWorkflowExecution', {
    namespace: 'default',
    workflowExecution: { workflowId: 'order-1' },
    ...fields,
  });

/** A run that has seen an activity complete and has asked for another one: its second task is events 8 to 10. */
function paid(): Driver {
  const driver = running(scheduleActivity('pay'));
  driver.claim('pay');
  driver.complete('pay', 'paid');
  driver.runTask(scheduleActivity('ship'));
  return driver;
}

describe('the new run', () => {
  it('begins with the same events, byte for byte, and fails the task that it is reset to', () => {
    const driver = paid();
    const runId = reset(driver, 10);
    expect(JSON.stringify(driver.history().slice(0, 9))).toBe(JSON.stringify(driver.history(0).slice(0, 9)));
    expect(driver.names(10)).toEqual(['WorkflowTaskFailed', 'WorkflowTaskScheduled']);
    expect(driver.last('WorkflowTaskFailed')).toEqual({
      scheduledEventId: '8',
      startedEventId: '9',
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW',
      failure: { message: 'bad deploy', source: 'Server', resetWorkflowFailureInfo: {} },
      baseRunId: 'run-0',
      newRunId: runId,
    });
    expect(driver.run).toMatchObject({ runId, firstExecutionRunId: 'run-0', status: 'RUNNING' });
    driver.runTask(completeWorkflow());
    expect(driver.run.status).toBe('COMPLETED');
  });

  it('goes on from a task that is started and never ended', () => {
    const driver = paid();
    reset(driver, 9);
    expect(driver.names(8)).toEqual([
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowTaskScheduled',
    ]);
    expect(driver.last('WorkflowTaskFailed')).toMatchObject({ scheduledEventId: '8', startedEventId: '9' });
  });

  it('is rebuilt from the log as it is in memory, and survives a load', () => {
    const driver = paid();
    reset(driver, 10);
    driver.signal('go');
    expect({ ...(stateOf(fold(driver.log)) as object) }).toEqual(stateOf(driver.execution));
    driver.reload();
    driver.runTask(scheduleActivity('ship again'));
    expect(driver.run.activityIds.has('ship again')).toBe(true);
  });

  it('counts its timeouts from the reset, and starts pending activities anew', () => {
    const driver = running(scheduleActivity('pay'), startTimer('wait', '3600s'));
    driver.claim('pay');
    driver.runTaskAfterSignal(scheduleActivity('ship'));
    const task = driver.task('pay');
    driver.advance(5 * MINUTE);
    const before = driver.now;
    reset(driver, 9);
    expect(driver.run.startTime).toBe(before);
    expect([...driver.run.activityIds.keys()]).toEqual(['pay']);
    const [dispatch] = driver.effectsOf('DispatchActivityTask');
    expect(dispatch?.task).toMatchObject({ runId: driver.run.runId, attempt: 1 });
    expect(driver.refusal('RespondActivityTaskCompleted', { task }).code).toBe('NOT_FOUND');
    driver.walk(60 * MINUTE);
    expect(driver.names()).toContain('TimerFired');
  });

  it('gives pending activities the whole of their time again', () => {
    const driver = running(
      scheduleActivity('pay', { scheduleToCloseTimeout: '600s', scheduleToStartTimeout: '300s' }),
    );
    driver.signal('go');
    driver.startTask();
    driver.advance(9 * MINUTE);
    reset(driver, 8);
    driver.walk(4 * MINUTE);
    expect([...driver.run.activityIds.keys()]).toEqual(['pay']);
    driver.walk(2 * MINUTE);
    expect(driver.names()).toContain('ActivityTaskTimedOut');
  });

  it('is reset again, also to a point that it has from its base', () => {
    const driver = paid();
    reset(driver, 10);
    driver.runTask(scheduleActivity('ship'));
    reset(driver, 10);
    reset(driver, 4);
    expect(driver.names()).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowTaskScheduled',
    ]);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });
});

describe('the old run', () => {
  it('is terminated when it is open, in the same transition', () => {
    const driver = paid();
    reset(driver, 10, { identity: 'operator' });
    expect(driver.history(0).at(-1)).toMatchObject({
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED',
      workflowExecutionTerminatedEventAttributes: { reason: 'bad deploy', identity: 'operator' },
    });
  });

  it('may be closed, and is left as it was', () => {
    const driver = paid();
    driver.runTaskAfterSignal(completeWorkflow());
    const before = driver.history(0).length;
    reset(driver, 10);
    expect(driver.history(0)).toHaveLength(before);
    expect(driver.run).toMatchObject({ status: 'RUNNING', runId: 'run-1' });
  });

  it('does not tell the parent that it is gone: the new run will', () => {
    const driver = new Driver();
    driver.start({ parent });
    driver.runTask();
    reset(driver, 4);
    expect(driver.effectsOf('NotifyParent')).toEqual([]);
    driver.runTask(completeWorkflow());
    expect(driver.effectsOf('NotifyParent')).toMatchObject([{ runId: 'run-1' }]);
  });
});

describe('what is reapplied', () => {
  it('signals, requests to cancel and updates, in their order', () => {
    const driver = running();
    driver.update('u-1');
    driver.runTask(acceptUpdate('u-1'), completeUpdate('u-1', 'done'));
    driver.signal('go', 'q-1');
    driver.cancel();
    reset(driver, 4);
    expect(driver.names(4)).toEqual([
      'WorkflowTaskFailed',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionCancelRequested',
      'WorkflowTaskScheduled',
    ]);
    expect([...driver.run.updates.admitted.keys()]).toEqual(['u-1']);
    driver.signal('go', 'q-1');
    expect(driver.names().filter((name) => name === 'WorkflowExecutionSignaled')).toHaveLength(1);
  });

  it('what arrived while a Worker had the task, and updates that no task had taken up', () => {
    const driver = running();
    driver.signal('first');
    driver.startTask();
    driver.signal('second');
    driver.update('u-1');
    reset(driver, 4);
    expect(driver.names().filter((name) => name === 'WorkflowExecutionSignaled')).toHaveLength(2);
    expect([...driver.run.updates.admitted.keys()]).toEqual(['u-1']);
  });

  it('of a closed run the updates that it had accepted, not those that it refused when it closed', () => {
    const driver = new Driver();
    driver.start({ workflowRunTimeout: '20s' });
    driver.runTask();
    driver.update('accepted');
    driver.runTask(acceptUpdate('accepted'));
    driver.update('refused');
    driver.advance(20 * SECOND);
    expect(driver.run.status).toBe('TIMED_OUT');
    expect(driver.run.updates.admitted.size).toBe(0);
    reset(driver, 4);
    expect([...driver.run.updates.admitted.keys()]).toEqual(['accepted']);
  });

  it('no update that was refused when another workflow took the place of the run', () => {
    const driver = running();
    driver.update('refused');
    driver.send(
      'StartWorkflowExecution',
      startRequest({ workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING' }),
    );
    driver.update('waits');
    reset(driver, 4, { runId: 'run-0' });
    expect([...driver.run.updates.admitted.keys()]).toEqual(['waits']);
  });

  it('updates that a run which continued the one that is reset had accepted, or had still to answer', () => {
    const driver = running();
    driver.signal('continue');
    driver.runTask(continueAsNew());
    driver.update('u-1');
    driver.runTask(acceptUpdate('u-1'), completeUpdate('u-1', 'done'));
    driver.update('u-2');
    reset(driver, 4, { runId: 'run-0' });
    expect([...driver.run.updates.admitted.keys()]).toEqual(['u-1', 'u-2']);
  });

  it('all updates, ten with each task, however many there were', () => {
    const driver = running();
    const ids = Array.from({ length: 24 }, (_, n) => `u-${n}`);
    for (const id of ids) {
      driver.update(id);
      driver.runTask(acceptUpdate(id), completeUpdate(id, 'done'));
    }
    reset(driver, 4);
    expect(driver.run.updates.admitted.size).toBe(24);
    const delivered: string[][] = [];
    while (driver.run.workflowTask) {
      const task = driver.startTask().updates.map(({ meta }) => meta.updateId);
      delivered.push(task);
      driver.completeTask(task.flatMap((id) => [acceptUpdate(id), completeUpdate(id, 'again')]));
      driver.reload();
    }
    expect(delivered).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20)]);
    expect([...driver.run.updates.completed.keys()]).toEqual(ids);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('updates no more of which go with a task than fit its message, and at least one', () => {
    const driver = running();
    const MiB = 1024 * 1024;
    for (const [n, size] of [10, 10, 10, 23].entries()) {
      const stored = { sha256: `${n}`, length: size * MiB, bytes: size * MiB };
      const args = { payloads: [{ $stored: stored }] } as unknown as PayloadsJson;
      const { request, ...to } = updateRequest(`u-${n}`);
      driver.send('UpdateWorkflowExecution', {
        ...to,
        request: { ...request, input: { name: 'set', args } },
      });
      driver.runTask(acceptUpdate(`u-${n}`), completeUpdate(`u-${n}`, 'done'));
    }
    reset(driver, 4);
    const delivered: number[] = [];
    while (driver.run.workflowTask) {
      const task = driver.startTask().updates.map(({ meta }) => meta.updateId);
      delivered.push(task.length);
      driver.completeTask(task.flatMap((id) => [acceptUpdate(id), completeUpdate(id, 'again')]));
    }
    expect(delivered).toEqual([2, 1, 1]);
  });

  it('nothing of the kinds that are excluded', () => {
    const all = (fields: Partial<ResetWorkflowExecutionRequest>) => {
      const driver = running();
      driver.signal('go');
      driver.update('u-1');
      driver.cancel();
      reset(driver, 4, fields);
      return [
        driver.names().includes('WorkflowExecutionSignaled'),
        driver.run.updates.admitted.has('u-1'),
        driver.run.cancelRequested,
      ];
    };
    expect(all({})).toEqual([true, true, true]);
    expect(all({ resetReapplyType: 'RESET_REAPPLY_TYPE_NONE' })).toEqual([false, false, false]);
    expect(all({ resetReapplyType: 'RESET_REAPPLY_TYPE_SIGNAL' })).toEqual([true, false, false]);
    const excluded = (kind: string) => ({ resetReapplyExcludeTypes: [`RESET_REAPPLY_EXCLUDE_TYPE_${kind}`] });
    expect(all(excluded('SIGNAL'))).toEqual([false, true, true]);
    expect(all(excluded('UPDATE'))).toEqual([true, false, true]);
    expect(all(excluded('CANCEL_REQUEST'))).toEqual([true, true, false]);
  });

  it('signals to the runs that continued the one that is reset', () => {
    const driver = running();
    driver.signal('to the first');
    driver.runTask(continueAsNew());
    driver.signal('to the second');
    reset(driver, 4, { runId: 'run-0' });
    const signals = driver
      .history()
      .flatMap((event) =>
        'workflowExecutionSignaledEventAttributes' in event
          ? [event.workflowExecutionSignaledEventAttributes.signalName]
          : [],
      );
    expect(signals).toEqual(['to the first', 'to the second']);
    expect(driver.history(1).at(-1)?.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED');
  });

  it('what came to an earlier reset of the same run, once', () => {
    const driver = running(startChild('child'));
    driver.send('RecordChildStarted', { runId: 'run-0', initiatedEventId: 5, childRunId: 'child-run' });
    driver.signal('first', 'q-1');
    driver.runTask();
    // The task behind the start of the child.
    const eventId = Number(
      driver.history(0).findLast(({ eventType }) => /TASK_STARTED$/.test(eventType))!.eventId,
    );
    reset(driver, eventId, { runId: 'run-0' });
    driver.runTask();
    driver.signal('second', 'q-2');
    driver.update('u-1');
    driver.send('RecordChildClosed', {
      runId: 'run-0',
      initiatedEventId: 5,
      child: { workflowId: 'child', runId: 'child-run' },
      firstExecutionRunId: 'child-run',
      workflowType: { name: 'child' },
      close: { kind: 'Completed' },
    });
    reset(driver, eventId, { runId: 'run-0' });
    const names = driver.names();
    expect(names.filter((name) => name === 'WorkflowExecutionSignaled')).toHaveLength(2);
    expect(names).toContain('ChildWorkflowExecutionCompleted');
    expect(driver.run.children.size).toBe(0);
    expect([...driver.run.updates.admitted.keys()]).toEqual(['u-1']);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('outcomes of children and messages that were begun before the point', () => {
    const driver = running(startChild('child'), signalExternal('other'));
    const child = { runId: 'run-0', initiatedEventId: 5 };
    driver.send('RecordChildStarted', { ...child, childRunId: 'child-run' });
    driver.send('RecordExternalSignaled', { runId: 'run-0', initiatedEventId: 6 });
    driver.runTask();
    driver.send('RecordChildClosed', {
      ...child,
      child: { workflowId: 'child', runId: 'child-run' },
      firstExecutionRunId: 'child-run',
      workflowType: { name: 'child' },
      close: { kind: 'Completed', result: payloads(1) },
    });
    // To the task behind the first one; all outcomes came after the point at which that one was scheduled.
    reset(driver, 9, { workflowTaskFinishEventId: Number(taskEnds(driver)[1]) });
    expect(driver.names()).toContain('ChildWorkflowExecutionCompleted');
    expect(driver.run.children.size).toBe(0);
    const started = driver.names().indexOf('ChildWorkflowExecutionStarted') + 1;
    expect(driver.last('ChildWorkflowExecutionCompleted').startedEventId).toBe(String(started));
  });
});

const taskEnds = (driver: Driver): string[] =>
  driver
    .history()
    .filter(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED')
    .map(({ eventId }) => eventId);

describe('children', () => {
  /** A child that was started before the point, and a task behind it. */
  function withChild(): Driver {
    const driver = running(startChild('child'));
    driver.send('RecordChildStarted', { runId: 'run-0', initiatedEventId: 5, childRunId: 'child-run' });
    driver.runTask();
    return driver;
  }

  it('go on, and report to the new run by the name of the old one', () => {
    const driver = withChild();
    const runId = reset(driver, Number(taskEnds(driver)[1]));
    expect(driver.effectsOf('ApplyParentClosePolicy')).toEqual([]);
    expect(driver.effectsOf('StartChild')).toEqual([]);
    driver.send('RecordChildClosed', {
      runId: 'run-0',
      initiatedEventId: 5,
      child: { workflowId: 'child', runId: 'child-run' },
      firstExecutionRunId: 'child-run',
      workflowType: { name: 'child' },
      close: { kind: 'Completed' },
    });
    expect(driver.run.runId).toBe(runId);
    expect(driver.names()).toContain('ChildWorkflowExecutionCompleted');
  });

  it('are asked whether they go on, again and again until they have answered', () => {
    const driver = withChild();
    const runId = reset(driver, Number(taskEnds(driver)[1]));
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 2 });
    driver.send('RecordVisibilityWritten', { runId, version: 1 });
    const ask = { kind: 'AskChild', runId, initiatedEventId: 5, childRunId: 'child-run' };
    expect(driver.effectsOf('AskChild')).toMatchObject([ask]);
    // Whoever asked may have died over it: nobody else would come for the answer.
    for (const pause of [5, 25]) {
      driver.now += pause * SECOND;
      expect(driver.deadline).toBe(driver.now);
      expect(driver.effectsOf('AskChild')).toMatchObject([ask]);
    }
    driver.send('RecordChildFoundOpen', { runId, initiatedEventId: 5 });
    driver.now += 24 * 3_600 * SECOND;
    expect(driver.effectsOf('AskChild')).toEqual([]);
  });

  it('whose start is on its way are told of to the new run', () => {
    const driver = running(startChild('child'), startTimer('wait', '1s'));
    driver.advance(SECOND);
    driver.runTask();
    reset(driver, Number(taskEnds(driver)[1]));
    expect(driver.effectsOf('StartChild')).toMatchObject([{ runId: 'run-1', initiatedEventId: 5 }]);
    driver.send('RecordChildStarted', { runId: 'run-0', initiatedEventId: 5, childRunId: 'child-run' });
    expect(driver.run.children.get(5)?.runId).toBe('child-run');
  });

  it('that a later task had started are remembered, to be replaced', () => {
    const driver = running();
    driver.runTaskAfterSignal(startChild('child'));
    driver.send('RecordChildStarted', { runId: 'run-0', initiatedEventId: 9, childRunId: 'child-run' });
    reset(driver, 4);
    expect(driver.run.children.size).toBe(0);
    expect(driver.run.reset?.childrenStartedLater).toEqual(['child']);
    expect(driver.effectsOf('ApplyParentClosePolicy')).toEqual([]);
  });
});

describe('the request', () => {
  it('that is repeated is answered with the run of the first', () => {
    const driver = paid();
    const first = reset(driver, 10, { requestId: 'q' });
    expect(reset(driver, 10, { requestId: 'q' })).toBe(first);
    expect(driver.execution.runNumber).toBe(1);
  });

  it('finds the first and the last workflow task by itself', () => {
    const by = (options: ResetWorkflowExecutionRequest['options']): number | undefined => {
      const driver = paid();
      driver.send('ResetWorkflowExecution', {
        namespace: 'default',
        workflowExecution: { workflowId: 'order-1' },
        options: options!,
      });
      return driver.run.reset?.eventId;
    };
    expect(by({ firstWorkflowTask: {} })).toBe(4);
    expect(by({ lastWorkflowTask: {} })).toBe(10);
  });

  it('is refused where no workflow task ends, and leaves everything as it is', () => {
    const driver = paid();
    const before = JSON.stringify(stateOf(driver.execution));
    expect(refusal(driver, { workflowTaskFinishEventId: 5 }).message).toContain(
      'the next one that fits is 9',
    );
    expect(refusal(driver, { workflowTaskFinishEventId: 1 }).code).toBe('INVALID_ARGUMENT');
    expect(refusal(driver, { workflowTaskFinishEventId: 99 }).code).toBe('INVALID_ARGUMENT');
    expect(refusal(driver, {}).code).toBe('INVALID_ARGUMENT');
    expect(refusal(driver, { options: { buildId: 'none' } })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^options\.buildId: no Worker of build "none" .*; /),
    });
    expect(refusal(driver, { workflowExecution: { workflowId: 'order-1', runId: 'nobody' } }).code).toBe(
      'NOT_FOUND',
    );
    expect(JSON.stringify(stateOf(driver.execution))).toBe(before);
  });
});
