import { describe, expect, it } from 'vitest';
import type { CommandAttributes } from '../../sdk/common/command.ts';
import { activityAddress } from '../../sdk/common/ids.ts';
import type { ChildClose } from '../../sdk/common/service.ts';
import { describeRun } from '../../src/core/describe.ts';
import {
  applicationFailure,
  completeWorkflow,
  continueAsNew,
  Driver,
  fold,
  parent,
  payloads,
  running,
  SECOND,
  startChild,
  startRequest,
  stateOf,
} from './harness.ts';

/** The initiated event of the first command of the first task. */
const CHILD = 5;
const ref = (driver: Driver, initiatedEventId = CHILD) => ({ runId: driver.run.runId, initiatedEventId });
const started = (driver: Driver) =>
  driver.send('RecordChildStarted', { ...ref(driver), childRunId: 'child-run' });
const closed = (driver: Driver, close: ChildClose = { kind: 'Completed', result: payloads(1) }, id = 'c') =>
  driver.send('RecordChildClosed', {
    ...ref(driver),
    child: { workflowId: id, runId: 'last-run' },
    firstExecutionRunId: 'child-run',
    workflowType: { name: 'child' },
    close,
  });
const policy = (name: string) => ({ parentClosePolicy: `PARENT_CLOSE_POLICY_${name}` });

describe('a child', () => {
  it('is initiated with its defaults, and its start is owed', () => {
    const retryPolicy = { maximumAttempts: 2 };
    const driver = running(startChild('c', { input: payloads(1), retryPolicy, workflowRunTimeout: '5s' }));
    expect(driver.last('StartChildWorkflowExecutionInitiated')).toEqual({
      namespace: 'default',
      workflowId: 'c',
      workflowType: { name: 'child' },
      taskQueue: { name: 'money', kind: 'TASK_QUEUE_KIND_NORMAL' },
      input: payloads(1),
      parentClosePolicy: 'PARENT_CLOSE_POLICY_TERMINATE',
      workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE',
      workflowExecutionTimeout: '0s',
      workflowRunTimeout: '5s',
      workflowTaskTimeout: '5s',
      retryPolicy: {
        initialInterval: '1s',
        backoffCoefficient: 2,
        maximumInterval: '100s',
        maximumAttempts: 2,
        nonRetryableErrorTypes: [],
      },
      workflowTaskCompletedEventId: '4',
    });
    const effect = {
      kind: 'StartChild',
      runId: 'run-0',
      initiatedEventId: CHILD,
      namespace: 'default',
      workflowId: 'c',
    };
    expect(driver.effectsOf('StartChild')).toEqual([effect]);
    expect(driver.effectsOf('StartChild')).toEqual([]);
    driver.reload();
    expect(driver.effectsOf('StartChild')).toEqual([effect]);
    driver.walk(5 * SECOND);
    started(driver);
    expect(driver.effectsOf('StartChild')).toEqual([]);
  });

  it('that is started and closed is in history, once', () => {
    const driver = running(startChild('c'));
    started(driver);
    expect(driver.refusal('RecordChildStarted', { ...ref(driver), childRunId: 'x' }).code).toBe('NOT_FOUND');
    expect(driver.refusal('RecordChildStartFailed', { ...ref(driver), cause: 'x' }).code).toBe('NOT_FOUND');
    expect(driver.last('ChildWorkflowExecutionStarted').workflowExecution).toEqual({
      workflowId: 'c',
      runId: 'child-run',
    });
    closed(driver);
    expect(driver.last('ChildWorkflowExecutionCompleted')).toEqual({
      namespace: 'default',
      workflowExecution: { workflowId: 'c', runId: 'last-run' },
      workflowType: { name: 'child' },
      initiatedEventId: '5',
      startedEventId: '6',
      result: payloads(1),
    });
    expect(() => closed(driver)).toThrow('no child of event 5');
    expect(driver.run.children.size).toBe(0);
  });

  it.each<[ChildClose, object]>([
    [
      { kind: 'Failed', failure: applicationFailure('no'), retryState: 'R' },
      { failure: { message: 'no' }, retryState: 'R' },
    ],
    [{ kind: 'Canceled', details: payloads(2) }, { details: payloads(2) }],
    [{ kind: 'TimedOut', retryState: 'R' }, { retryState: 'R' }],
    [{ kind: 'Terminated' }, {}],
  ])('that has closed otherwise says how: %j', (close, attributes) => {
    const driver = running(startChild('c'));
    started(driver);
    closed(driver, close);
    expect(driver.last(`ChildWorkflowExecution${close.kind}`)).toMatchObject(attributes);
  });

  it('whose close overtakes the answer to its start has both events, in their order', () => {
    const driver = running(startChild('c'));
    closed(driver);
    expect(driver.names(6)).toEqual([
      'ChildWorkflowExecutionStarted',
      'ChildWorkflowExecutionCompleted',
      'WorkflowTaskScheduled',
    ]);
    expect(driver.last('ChildWorkflowExecutionStarted').workflowExecution.runId).toBe('child-run');
    expect(driver.last('ChildWorkflowExecutionCompleted').startedEventId).toBe('6');
    expect(() => started(driver)).toThrow('no child of event 5');
  });

  it('is held back while a task is started, its start before its close', () => {
    for (const both of [true, false]) {
      const driver = running(startChild('c'));
      driver.signal('go');
      driver.startTask();
      if (both) started(driver);
      closed(driver);
      expect(() => closed(driver)).toThrow('no child of event 5');
      driver.reload();
      driver.signal('again');
      driver.completeTask();
      expect(driver.names(10)).toEqual([
        'ChildWorkflowExecutionStarted',
        'WorkflowExecutionSignaled',
        'ChildWorkflowExecutionCompleted',
        'WorkflowTaskScheduled',
      ]);
      expect(driver.last('ChildWorkflowExecutionCompleted').startedEventId).toBe('10');
      expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
    }
  });

  it('that was started before the task has its own id for it when its close was held back', () => {
    const driver = running(startChild('c'));
    started(driver);
    driver.startTask();
    closed(driver);
    driver.completeTask();
    expect(driver.last('ChildWorkflowExecutionCompleted').startedEventId).toBe('6');
  });

  it('that closes while the workflow closes is seen first', () => {
    const driver = running(startChild('c'));
    started(driver);
    driver.startTask();
    closed(driver);
    driver.completeTask([completeWorkflow()]);
    expect(driver.last('WorkflowTaskFailed').cause).toBe('WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND');
    driver.runTask(completeWorkflow());
    expect(driver.run.status).toBe('COMPLETED');
  });

  it('that could not be started is over', () => {
    const driver = running(startChild('c'));
    driver.send('RecordChildStartFailed', { ...ref(driver), cause: 'ALREADY' });
    expect(driver.last('StartChildWorkflowExecutionFailed')).toEqual({
      namespace: 'default',
      workflowId: 'c',
      workflowType: { name: 'child' },
      cause: 'ALREADY',
      initiatedEventId: '5',
      workflowTaskCompletedEventId: '4',
    });
    expect(driver.run.children.size).toBe(0);
  });

  it('is not taken for another', () => {
    const driver = running(startChild('c'));
    expect(() => closed(driver, { kind: 'Terminated' }, 'another')).toThrow('is c');
  });

  it('is described while it is pending', () => {
    const driver = running(startChild('c', policy('ABANDON')));
    started(driver);
    expect(describeRun(driver.run, driver.now).pendingChildren).toEqual([
      {
        workflowId: 'c',
        runId: 'child-run',
        workflowTypeName: 'child',
        initiatedId: '5',
        parentClosePolicy: 'PARENT_CLOSE_POLICY_ABANDON',
      },
    ]);
  });
});

describe('a command to start a child', () => {
  it.each<[Partial<CommandAttributes['StartChildWorkflowExecution']>, string]>([
    [{ workflowId: '' }, 'workflowId'],
    [{ workflowId: activityAddress('a1') }, 'workflowId: is the address of an activity'],
    [{ workflowType: { name: '' } }, 'workflowType.name'],
    [{ workflowRunTimeout: 'soon' }, 'workflowRunTimeout'],
    [{ cronSchedule: 'x' }, 'cronSchedule'],
    [{ retryPolicy: { backoffCoefficient: 0.5 } }, 'retryPolicy'],
    [{ parentClosePolicy: 'PARENT_CLOSE_POLICY_FORGET' }, 'parentClosePolicy'],
    [{ workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_X' }, 'workflowIdReusePolicy'],
  ])('fails the task when it is bad: %j', (options, field) => {
    const driver = running(startChild('c', options));
    expect(driver.last('WorkflowTaskFailed')).toMatchObject({
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_BAD_START_CHILD_EXECUTION_ATTRIBUTES',
      failure: { message: expect.stringContaining(field) },
    });
  });

  it('fails the task when there are too many', () => {
    const many = Array.from({ length: 1_999 }, (_, i) => startChild(`c${i}`));
    const driver = running(...many);
    driver.signal('go');
    driver.runTask(startChild('a'), startChild('b'));
    expect(driver.last('WorkflowTaskFailed').cause).toBe(
      'WORKFLOW_TASK_FAILED_CAUSE_PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED',
    );
    driver.runTask(startChild('a'));
    expect(driver.run.children.size).toBe(2_000);
  });
});

describe('when the run closes', () => {
  const close = (driver: Driver) => {
    driver.signal('close');
    driver.runTask(completeWorkflow());
    return driver.effectsOf('ApplyParentClosePolicy');
  };

  it.each(['TERMINATE', 'REQUEST_CANCEL'])(
    '%s is owed to a child that is started, until it was applied',
    (name) => {
      const driver = running(startChild('c', policy(name)));
      started(driver);
      expect(close(driver)).toMatchObject([{ workflowId: 'c', childRunId: 'child-run', policy: name }]);
      expect(driver.run.children.size).toBe(1);
      driver.reload();
      expect(driver.effectsOf('ApplyParentClosePolicy')).toHaveLength(1);
      driver.send('RecordParentClosePolicyApplied', ref(driver));
      expect(driver.refusal('RecordParentClosePolicyApplied', ref(driver)).code).toBe('NOT_FOUND');
      driver.reload();
      expect(driver.effectsOf('ApplyParentClosePolicy')).toEqual([]);
    },
  );

  it('an abandoned child is forgotten once it is started', () => {
    const driver = running(startChild('c', policy('ABANDON')));
    started(driver);
    expect(close(driver)).toEqual([]);
    expect(driver.run.children.size).toBe(0);
  });

  it.each(['TERMINATE', 'REQUEST_CANCEL', 'ABANDON'])(
    'with a start on its way, %s is owed without its run',
    (name) => {
      const driver = running(startChild('c', policy(name)));
      const [effect] = close(driver);
      expect(effect).toMatchObject({ policy: name });
      expect(effect!.childRunId).toBeUndefined();
      expect(driver.refusal('RecordChildStarted', { ...ref(driver), childRunId: 'x' }).code).toBe(
        'NOT_FOUND',
      );
    },
  );

  it('a child of the very task that closes it is started only to be abandoned', () => {
    const driver = running(
      startChild('a', policy('ABANDON')),
      startChild('t'),
      startChild('r', policy('REQUEST_CANCEL')),
      completeWorkflow(),
    );
    expect(driver.effectsOf('StartChild')).toEqual([]);
    expect([...driver.run.children.values()].map(({ workflowId }) => workflowId)).toEqual(['a']);
  });

  it('an older run goes on owing it beside the newest one', () => {
    const driver = running(startChild('c'));
    started(driver);
    driver.signal('close');
    driver.runTask(completeWorkflow());
    driver.start();
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 2 });
    driver.reload();
    expect(driver.effectsOf('ApplyParentClosePolicy')).toMatchObject([{ runId: 'run-0' }]);
    driver.send('RecordParentClosePolicyApplied', { runId: 'run-0', initiatedEventId: CHILD });
    expect(driver.execution.olderRuns.size).toBe(0);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });
});

describe('a run that is a child', () => {
  const child = () => {
    const driver = new Driver();
    driver.start({ parent });
    return driver;
  };

  it('knows its parent and its root, and so does its history', () => {
    const driver = child();
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({
      parentWorkflowNamespace: 'default',
      parentWorkflowExecution: { workflowId: 'parent-1', runId: 'parent-run' },
      parentInitiatedEventId: '5',
      rootWorkflowExecution: { workflowId: 'root-1', runId: 'root-run' },
    });
    expect(describeRun(driver.run, driver.now).workflowExecutionInfo).toMatchObject({
      parentExecution: { workflowId: 'parent-1', runId: 'parent-run' },
      rootExecution: { workflowId: 'root-1', runId: 'root-run' },
    });
  });

  it('owes its parent the news of its close until it was told', () => {
    const driver = child();
    expect(driver.effectsOf('NotifyParent')).toEqual([]);
    driver.runTask(completeWorkflow());
    const effect = { kind: 'NotifyParent', runId: 'run-0', namespace: 'default', workflowId: 'parent-1' };
    expect(driver.effectsOf('NotifyParent')).toEqual([effect]);
    driver.reload();
    expect(driver.effectsOf('NotifyParent')).toEqual([effect]);
    driver.send('RecordParentNotified', { runId: 'run-0' });
    driver.send('RecordParentNotified', { runId: 'run-0' });
    expect(driver.transient('ParentNotified')).toHaveLength(1);
    driver.reload();
    expect(driver.effectsOf('NotifyParent')).toEqual([]);
  });

  it('owes it nothing while its chain goes on', () => {
    const driver = child();
    driver.runTask(continueAsNew());
    expect(driver.run.parent).toEqual(parent);
    expect(driver.effectsOf('NotifyParent')).toEqual([]);
    driver.runTask(completeWorkflow());
    expect(driver.effectsOf('NotifyParent')).toMatchObject([{ runId: 'run-1' }]);
  });

  it('is found again by a parent that asks for it twice, without a request id', () => {
    const driver = child();
    driver.runTask(continueAsNew());
    expect(driver.send('StartWorkflowExecution', startRequest({ parent }))).toMatchObject({
      runId: 'run-0',
      started: true,
    });
    const another = { ...parent, initiatedEventId: 6 };
    expect(driver.refusal('StartWorkflowExecution', startRequest({ parent: another })).code).toBe(
      'ALREADY_EXISTS',
    );
  });

  it('obeys as a child only its parent', () => {
    const driver = child();
    const workflowExecution = { workflowId: 'order-1' };
    const signal = { namespace: 'default', workflowExecution, signalName: 's' };
    const stranger = { workflowId: 'parent-1', runId: 'another' };
    expect(driver.refusal('SignalWorkflowExecution', { ...signal, childOf: stranger }).code).toBe(
      'NOT_FOUND',
    );
    driver.send('SignalWorkflowExecution', { ...signal, childOf: parent });
    const cancel = { namespace: 'default', workflowExecution };
    expect(driver.refusal('RequestCancelWorkflowExecution', { ...cancel, childOf: stranger }).code).toBe(
      'NOT_FOUND',
    );
    driver.send('RequestCancelWorkflowExecution', { ...cancel, childOf: parent });
    expect(driver.run.cancelRequested).toBe(true);
  });
});
