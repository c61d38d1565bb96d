import { describe, expect, it } from 'vitest';
import { activityAddress } from '../../sdk/common/ids.ts';
import {
  cancelExternal,
  completeWorkflow,
  type Driver,
  fold,
  payloads,
  running,
  signalExternal,
  startChild,
  stateOf,
} from './harness.ts';

const INITIATED = 5;
const ref = (driver: Driver, initiatedEventId = INITIATED) => ({ runId: driver.run.runId, initiatedEventId });
const bad = (driver: Driver) => driver.last('WorkflowTaskFailed');

describe('a signal to another workflow', () => {
  it('is initiated, owed until it is answered, and answered once', () => {
    const driver = running(signalExternal('b', { input: payloads(1) }));
    expect(driver.last('SignalExternalWorkflowExecutionInitiated')).toEqual({
      namespace: 'default',
      workflowExecution: { workflowId: 'b' },
      signalName: 'go',
      input: payloads(1),
      workflowTaskCompletedEventId: '4',
    });
    const effect = { kind: 'SignalExternal', ...ref(driver), namespace: 'default', workflowId: 'b' };
    expect(driver.effectsOf('SignalExternal')).toEqual([effect]);
    driver.reload();
    expect(driver.effectsOf('SignalExternal')).toEqual([effect]);
    expect(driver.refusal('RecordExternalCancelRequested', ref(driver)).code).toBe('NOT_FOUND');
    driver.send('RecordExternalSignaled', ref(driver));
    expect(driver.last('ExternalWorkflowExecutionSignaled')).toEqual({
      initiatedEventId: '5',
      namespace: 'default',
      workflowExecution: { workflowId: 'b' },
    });
    expect(driver.refusal('RecordExternalSignaled', ref(driver)).code).toBe('NOT_FOUND');
    driver.reload();
    expect(driver.effectsOf('SignalExternal')).toEqual([]);
  });

  it('may fail', () => {
    const driver = running(signalExternal('b', { execution: { workflowId: 'b', runId: 'r' } }));
    driver.send('RecordExternalSignaled', { ...ref(driver), failedCause: 'GONE' });
    expect(driver.last('SignalExternalWorkflowExecutionFailed')).toEqual({
      cause: 'GONE',
      namespace: 'default',
      workflowExecution: { workflowId: 'b', runId: 'r' },
      initiatedEventId: '5',
      workflowTaskCompletedEventId: '4',
    });
  });

  it('that is answered while a task is started is settled at once', () => {
    const driver = running(signalExternal('b'), signalExternal('c'));
    driver.signal('go');
    driver.startTask();
    driver.send('RecordExternalSignaled', ref(driver));
    expect(driver.refusal('RecordExternalSignaled', ref(driver)).code).toBe('NOT_FOUND');
    driver.completeTask();
    expect(driver.names(11)).toEqual(['ExternalWorkflowExecutionSignaled', 'WorkflowTaskScheduled']);
    expect([...driver.run.externals.keys()]).toEqual([6]);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('is owed by a run that has closed, also behind a newer one', () => {
    const driver = running(signalExternal('b'), cancelExternal('b'), completeWorkflow());
    driver.start();
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 2 });
    const before = driver.history(0);
    expect(driver.effectsOf('SignalExternal')).toMatchObject([{ runId: 'run-0' }]);
    driver.send('RecordExternalSignaled', { runId: 'run-0', initiatedEventId: 5 });
    driver.send('RecordExternalCancelRequested', {
      runId: 'run-0',
      initiatedEventId: 6,
      failedCause: 'GONE',
    });
    expect(driver.history(0)).toEqual(before);
    expect(driver.execution.olderRuns.size).toBe(0);
  });

  it.each([
    [signalExternal(''), 'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES'],
    [signalExternal('b', { signalName: '' }), 'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES'],
    [signalExternal(activityAddress('a1')), 'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES'],
    [cancelExternal(activityAddress('a1')), 'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES'],
    [cancelExternal(''), 'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES'],
  ])('that is bad fails the task', (command, cause) => {
    expect(bad(running(command)).cause).toBe(`WORKFLOW_TASK_FAILED_CAUSE_${cause}`);
  });

  it('is one of two thousand at most, and cancel requests count for themselves', () => {
    const signals = Array.from({ length: 2_000 }, () => signalExternal('b'));
    const driver = running(...signals, cancelExternal('b'));
    expect(driver.run.externals.size).toBe(2_001);
    driver.signal('go');
    driver.runTask(signalExternal('b'));
    expect(bad(driver).cause).toBe('WORKFLOW_TASK_FAILED_CAUSE_PENDING_SIGNALS_LIMIT_EXCEEDED');
    driver.runTask(cancelExternal('b'));
    expect(driver.run.externals.size).toBe(2_002);
  });
});

describe('a cancel request for another workflow', () => {
  it('is initiated, owed and answered', () => {
    const driver = running(cancelExternal('b', { reason: 'enough', childWorkflowOnly: true }));
    expect(driver.last('RequestCancelExternalWorkflowExecutionInitiated')).toEqual({
      namespace: 'default',
      workflowExecution: { workflowId: 'b' },
      reason: 'enough',
      childWorkflowOnly: true,
      workflowTaskCompletedEventId: '4',
    });
    expect(driver.effectsOf('CancelExternal')).toHaveLength(1);
    driver.send('RecordExternalCancelRequested', ref(driver));
    expect(driver.last('ExternalWorkflowExecutionCancelRequested').initiatedEventId).toBe('5');
  });

  it('may fail', () => {
    const driver = running(cancelExternal('b'));
    driver.send('RecordExternalCancelRequested', { ...ref(driver), failedCause: 'GONE' });
    expect(driver.last('RequestCancelExternalWorkflowExecutionFailed').cause).toBe('GONE');
  });
});

describe('what is meant for a child', () => {
  const outcomes: Array<[string, (driver: Driver) => void]> = [
    ['is started', (driver) => driver.send('RecordChildStarted', { ...ref(driver), childRunId: 'x' })],
    ['cannot be started', (driver) => driver.send('RecordChildStartFailed', { ...ref(driver), cause: 'x' })],
    [
      'is left behind',
      (driver) => {
        driver.signal('close');
        driver.runTask(completeWorkflow());
      },
    ],
  ];

  it.each(outcomes)('waits until the child %s', (_, settle) => {
    const driver = running(startChild('c'), signalExternal('c', { childWorkflowOnly: true }));
    expect(driver.effectsOf('SignalExternal')).toEqual([]);
    driver.reload();
    expect(driver.effectsOf('SignalExternal')).toEqual([]);
    settle(driver);
    expect(driver.effectsOf('SignalExternal')).toHaveLength(1);
  });
});
