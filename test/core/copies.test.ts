/** Runs that were written elsewhere, runs that begin with what another one did, and runs that go. */

import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { forkOf } from '../../src/core/fork.ts';
import { checkImported } from '../../src/core/import.ts';
import { owedSince } from '../../src/core/owed-since.ts';
import { forgetRun, newExecution } from '../../src/core/transition.ts';
import {
  cancelExternal,
  completeWorkflow,
  continueAsNew,
  Driver,
  EPOCH,
  fold,
  parent,
  refusedWith,
  running,
  SECOND,
  scheduleActivity,
  signalExternal,
  startChild,
  startTimer,
  stateOf,
} from './harness.ts';

const execution = (runId?: string) => ({
  namespace: 'default',
  workflowExecution: { workflowId: 'order-1', ...(runId && { runId }) },
});
const importInto = (driver: Driver, events: HistoryEvent[], runId = 'run-elsewhere') =>
  driver.send('ImportWorkflowExecution', { runId, history: { events } });

/** Everything that a run can wait for. */
function busy(): Driver {
  const driver = running(
    scheduleActivity('pay'),
    startTimer('t', '60s'),
    startChild('child-1'),
    signalExternal('other-1'),
    cancelExternal('other-2'),
  );
  driver.update('u1');
  return driver;
}

describe('a run that is imported', () => {
  it('stands as it was written, closed, and owes nobody anything but its row', () => {
    const { length } = busy().history();
    const driver = new Driver();
    expect(importInto(driver, busy().history())).toEqual({ runId: 'run-elsewhere' });
    expect(driver.history()).toHaveLength(length);
    const { run } = driver;
    expect(run).toMatchObject({
      runId: 'run-elsewhere',
      imported: true,
      status: 'TERMINATED',
      closeTime: EPOCH,
    });
    const waiting = [
      run.activities,
      run.activityIds,
      run.timers,
      run.children,
      run.externals,
      run.updates.admitted,
    ];
    expect(waiting.map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0]);
    expect([run.workflowTask, run.parent, run.heldBack, run.unseen]).toEqual([
      undefined,
      undefined,
      [],
      false,
    ]);
    expect(driver.effects().map(({ kind }) => kind)).toEqual(['RecordVisibility']);
    const { runId, visibilityVersion: version } = run;
    driver.send('RecordVisibilityWritten', { runId, version });
    expect([driver.effects(), driver.deadline]).toEqual([[], undefined]);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('keeps the end that it had', () => {
    const done = running(completeWorkflow('done'));
    const driver = new Driver();
    importInto(driver, done.history());
    expect(driver.run).toMatchObject({ status: 'COMPLETED', closeTime: done.run.closeTime });
  });

  it('holds nobody to its clock, which may be far ahead: neither its own row nor the run that comes next', () => {
    const ahead = new Driver();
    ahead.now = Date.UTC(2999, 0);
    ahead.start();
    ahead.runTask(completeWorkflow());
    const driver = new Driver();
    importInto(driver, ahead.history());
    expect(driver.run.closeTime).toBe(ahead.now);
    driver.effects();
    driver.now += 3 * SECOND;
    expect(driver.effects().map(({ kind }) => kind)).toEqual(['RecordVisibility']);
    driver.start();
    expect(driver.run.startTime).toBe(driver.now);
    driver.runTask(startTimer('t', '60s'));
    driver.advance(60 * SECOND);
    expect(driver.run.timers.size).toBe(0);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('tells no parent that it is over', () => {
    const child = new Driver();
    child.start({ parent });
    child.runTask(completeWorkflow());
    const driver = new Driver();
    importInto(driver, child.history());
    expect(driver.run.parent).toBeUndefined();
    expect(driver.effectsOf('NotifyParent')).toEqual([]);
  });

  it('is imported once, also when another one has come since', () => {
    const driver = new Driver();
    importInto(driver, busy().history());
    const events = driver.events().length;
    importInto(driver, busy().history());
    expect(driver.events(0)).toHaveLength(events);
    driver.start();
    driver.runTask(completeWorkflow());
    expect(importInto(driver, busy().history())).toEqual({ runId: 'run-elsewhere' });
    expect(driver.execution.runNumber).toBe(1);
  });

  it('is refused where a run is open, or has its id', () => {
    const open = running();
    expect(refusedWith(() => importInto(open, busy().history()))).toMatchObject({
      code: 'ALREADY_EXISTS',
      message: 'workflow order-1 is running: a run is imported under an id that no open run has',
    });
    const own = running(completeWorkflow());
    expect(refusedWith(() => importInto(own, busy().history(), own.run.runId))).toMatchObject({
      code: 'ALREADY_EXISTS',
      message: 'run run-0 is here already',
    });
  });

  it('is looked at before', () => {
    const events = busy().history();
    expect(checkImported(events, undefined)).toBe('run-0');
    expect(checkImported(events, 'mine')).toBe('mine');
    const wrong = (history: HistoryEvent[], runId?: string): string => {
      const { code, message } = refusedWith(() => checkImported(history, runId));
      expect(code).toBe('INVALID_ARGUMENT');
      return message;
    };
    expect(wrong([])).toBe('history.events: must begin with WorkflowExecutionStarted');
    expect(wrong([{ ...events[1]!, eventId: '1' }])).toBe(
      'history.events: must begin with WorkflowExecutionStarted',
    );
    expect(wrong([events[0]!, events[2]!])).toBe('history.events[1].eventId: expected 2, not 3');
    const odd = { ...events[1]!, eventType: 'EVENT_TYPE_ODD' } as unknown as HistoryEvent;
    expect(wrong([events[0]!, odd])).toBe(
      'history.events[1].eventType: EVENT_TYPE_ODD is not known to this engine',
    );
    expect(wrong(events, 'r'.repeat(2_000))).toMatch(/^runId: /);
  });
});

describe('a run that is deleted', () => {
  const remove = (driver: Driver, runId?: string): void =>
    driver.send('DeleteWorkflowExecution', { ...execution(runId), identity: 'operator' });
  const settle = (driver: Driver): void => {
    for (const { runId } of driver.effectsOf('RecordVisibility')) {
      const version = Number.MAX_SAFE_INTEGER;
      driver.send('RecordVisibilityWritten', { runId, version });
      driver.send('RecordVisibilityWritten', { runId, version: driver.run.visibilityVersion });
    }
  };

  it('is terminated if it is open, and goes when nobody waits for anything from it', () => {
    const driver = new Driver();
    driver.start({ requestId: 'first' });
    remove(driver);
    expect(driver.last('WorkflowExecutionTerminated')).toMatchObject({
      reason: 'Delete workflow execution',
      identity: 'operator',
    });
    const before = driver.events().length;
    remove(driver);
    expect(driver.events()).toHaveLength(before);
    expect(driver.effectsOf('DeleteRun')).toEqual([]);
    driver.reload();
    settle(driver);
    expect(driver.effectsOf('DeleteRun')).toEqual([{ kind: 'DeleteRun', runId: 'run-0', runNumber: 0 }]);
    expect(driver.execution.requestIds.size).toBe(1);
    forgetRun(driver.execution, 0, 'run-0');
    expect(driver.execution.run).toBeUndefined();
    expect(driver.execution.requestIds.size).toBe(0);
    expect(driver.effects()).toEqual([]);
  });

  it('may be an older one: the newest stays, and its request ids', () => {
    const driver = running(completeWorkflow());
    settle(driver);
    driver.start({ requestId: 'second' });
    remove(driver, 'run-0');
    expect(driver.effectsOf('DeleteRun')).toEqual([{ kind: 'DeleteRun', runId: 'run-0', runNumber: 0 }]);
    forgetRun(driver.execution, 0, 'run-0');
    expect(driver.run).toMatchObject({ runId: 'run-1', status: 'RUNNING' });
    expect(driver.execution.requestIds.size).toBe(1);
    expect(driver.refusal('DeleteWorkflowExecution', execution('run-9'))).toMatchObject({
      code: 'NOT_FOUND',
      message: 'workflow not found for ID: order-1 and run ID: run-9',
    });
  });
});

describe('a run that is forked', () => {
  const fork = (driver: Driver, eventId: number, runId?: string) =>
    forkOf(
      { execution: driver.execution, log: (runNumber) => driver.events(runNumber) },
      { ...execution(runId), newWorkflowId: 'order-2', workflowTaskFinishEventId: eventId },
    );
  const begin = (of: ReturnType<typeof fork>, target = new Driver()): Driver => {
    target.execution = target.execution.run ? target.execution : newExecution('default', 'order-2');
    const { runId } = target.send('StartForkedWorkflowExecution', { requestId: 'f1', reason: 'try', ...of });
    expect(runId).toBe(target.run.runId);
    return target;
  };

  it('stays as it is; the fork begins with what it did, has its own name, and does the task again', () => {
    const driver = new Driver();
    driver.start({ parent, memo: { fields: {} } });
    driver.runTask(scheduleActivity('pay'));
    driver.signal('more');
    const events = driver.events().length;
    const forked = begin(fork(driver, 4));
    expect(driver.events()).toHaveLength(events);
    expect(forked.names()).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
    ]);
    expect(forked.last('WorkflowTaskFailed')).toMatchObject({
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW',
    });
    const started = forked.last('WorkflowExecutionStarted');
    expect(started).toMatchObject({ workflowId: 'order-2', firstExecutionRunId: forked.run.runId });
    expect(started).not.toHaveProperty('parentWorkflowExecution');
    expect(started).not.toHaveProperty('rootWorkflowExecution');
    expect(started).not.toHaveProperty('continuedExecutionRunId');
    expect(forked.run).toMatchObject({ status: 'RUNNING', workflowId: 'order-2' });
    expect(forked.effectsOf('NotifyParent')).toEqual([]);
  });

  it('is begun once for a request, and not under an id that an open run has', () => {
    const driver = busy();
    const of = { ...fork(running(scheduleActivity('pay')), 4) };
    const forked = begin(of);
    const events = forked.events().length;
    begin(of, forked);
    expect(forked.events()).toHaveLength(events);
    expect(
      refusedWith(() => driver.send('StartForkedWorkflowExecution', { requestId: 'f2', ...of })),
    ).toMatchObject({
      code: 'ALREADY_EXISTS',
      message: 'workflow order-1 is running: a fork needs an id that no open run has',
    });
  });

  it('has no child under way at that point, or later only', () => {
    const driver = running(startChild('child-1'));
    driver.signal('more');
    driver.runTask();
    expect(refusedWith(() => fork(driver, 8))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('child workflow child-1, initiated by event 5, is still under way'),
    });
    expect(fork(driver, 4).history).toHaveLength(3);
  });

  it('is not told of the schedule that began it', () => {
    const driver = new Driver();
    const json = (value: unknown) => ({
      metadata: { encoding: btoa('json/plain') },
      data: btoa(JSON.stringify(value)),
    });
    const indexedFields = { TemporalScheduledById: json('daily'), Customer: json('ada') };
    driver.start({ searchAttributes: { indexedFields } });
    driver.runTask(scheduleActivity('pay'));
    const started = begin(fork(driver, 4)).last('WorkflowExecutionStarted');
    expect(Object.keys(started.searchAttributes?.indexedFields ?? {})).toEqual(['Customer']);
  });
});

describe('what is owed', () => {
  it('has been since the state says, before and after a load', () => {
    const driver = busy();
    driver.now += 5 * SECOND;
    for (const load of [false, true]) {
      if (load) driver.reload();
      const since = driver
        .effects()
        .filter(({ kind }) => kind !== 'RecordVisibility')
        .map((effect) => [effect.kind, owedSince(driver.execution, effect)]);
      expect(Object.fromEntries(since)).toEqual({
        RunWorkflowTask: EPOCH,
        DispatchActivityTask: EPOCH,
        StartChild: EPOCH,
        SignalExternal: EPOCH,
        CancelExternal: EPOCH,
      });
    }
  });

  it('is the call of a Worker since its attempt was due, and a parent’s news since the end', () => {
    const driver = new Driver();
    driver.start({ parent });
    driver.runTask(scheduleActivity('pay'));
    driver.now += SECOND;
    driver.claim('pay', 'object');
    const [call] = driver.effectsOf('CallActivityTask');
    expect(call && owedSince(driver.execution, call)).toBe(EPOCH);
    driver.now += SECOND;
    driver.runTaskAfterSignal(completeWorkflow());
    const [news] = driver.effectsOf('NotifyParent');
    expect(news && owedSince(driver.execution, news)).toBe(EPOCH + 2 * SECOND);
  });

  it('is nothing of a run that nobody knows, nor a row', () => {
    const driver = running(continueAsNew());
    const [row] = driver.effectsOf('RecordVisibility');
    expect(row && owedSince(driver.execution, row)).toBeUndefined();
    const unknown = { kind: 'RunWorkflowTask', runId: 'run-9' } as never;
    expect(owedSince(driver.execution, unknown)).toBeUndefined();
  });
});
