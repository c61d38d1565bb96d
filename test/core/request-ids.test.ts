import { describe, expect, it } from 'vitest';
import { MAX_REQUEST_IDS } from '../../src/core/request-ids.ts';
import { completeWorkflow, Driver, HOUR, parent, running, startRequest } from './harness.ts';

describe('request ids', () => {
  it('answer a repeated start with the run that the first one started', () => {
    const driver = new Driver();
    const reply = driver.start({ requestId: 'r1' });
    expect(driver.start({ requestId: 'r1' })).toEqual(reply);
    expect(driver.names()).toHaveLength(2);
    driver.runTask(completeWorkflow());
    expect(driver.start({ requestId: 'r1' })).toEqual({
      runId: 'run-0',
      started: true,
      status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED',
    });
    expect(driver.execution.runNumber).toBe(0);
  });

  it('keep a repeated termination from the run that was started since', () => {
    const driver = running();
    const terminate = (requestId: string) =>
      driver.send('TerminateWorkflowExecution', {
        namespace: 'default',
        workflowExecution: { workflowId: 'order-1' },
        requestId,
      });
    terminate('t1');
    driver.start({ requestId: 'r2' });
    driver.reload();
    terminate('t1');
    expect(driver.execution.run).toMatchObject({ runId: 'run-1', status: 'RUNNING' });
    terminate('t2');
    expect(driver.execution.run!.status).toBe('TERMINATED');
  });

  it('are kept over later runs and loads', () => {
    const driver = new Driver();
    driver.start({ requestId: 'r1' });
    driver.runTask(completeWorkflow());
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 2 });
    driver.start({ requestId: 'r2' });
    driver.reload();
    expect(driver.start({ requestId: 'r1' })).toMatchObject({ runId: 'run-0', started: true });
    expect(driver.execution.runNumber).toBe(1);
  });

  it('remember that a start found a run instead of starting it', () => {
    const driver = running();
    const conflict = {
      workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING',
      requestId: 'r1',
    };
    expect(driver.start(conflict).started).toBe(false);
    driver.signal('end');
    driver.runTask(completeWorkflow());
    expect(driver.start(conflict)).toMatchObject({ runId: 'run-0', started: false });
    expect(driver.execution.runNumber).toBe(0);
  });

  it('remember that a start found a run that has not begun to work', () => {
    const driver = new Driver();
    driver.start({ requestId: 'r1', workflowStartDelay: '60s' });
    const conflict = {
      workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING',
      requestId: 'r2',
    };
    expect(driver.start(conflict)).toMatchObject({ runId: 'run-0', started: false });
    expect(driver.start(conflict)).toMatchObject({ runId: 'run-0', started: false });
    driver.reload();
    expect(driver.start(conflict)).toMatchObject({ runId: 'run-0', started: false });
    expect(driver.start({ requestId: 'r1' })).toMatchObject({ runId: 'run-0', started: true });
    expect(driver.run.startRequestId).toBe('r1');
  });

  it('belong to a kind of request: a signal may have the id of a start', () => {
    const driver = new Driver();
    driver.start({ requestId: 'r1' });
    driver.signal('pay', 'r1');
    expect(driver.names()).toContain('WorkflowExecutionSignaled');
  });

  it('belong to the run that a request names', () => {
    const driver = running();
    driver.signal('pay', 'r1');
    driver.runTask(completeWorkflow());
    driver.start();
    driver.send('SignalWorkflowExecution', {
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1', runId: 'run-1' },
      signalName: 'pay',
      requestId: 'r1',
    });
    expect(driver.history(1).map((event) => event.eventType)).toContain(
      'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
    );
  });

  it('are forgotten after 72 hours', () => {
    const driver = running();
    driver.signal('pay', 'old');
    driver.now += 72 * HOUR + 1;
    driver.signal('pay', 'new');
    driver.signal('pay', 'old');
    expect(driver.names().filter((name) => name === 'WorkflowExecutionSignaled')).toHaveLength(3);
    expect(driver.execution.requestIds.size).toBe(2);
  });

  it('are bounded in number, the oldest going first', () => {
    const driver = running();
    for (let i = 0; i <= MAX_REQUEST_IDS; i++) driver.signal('pay', String(i));
    expect(driver.execution.requestIds.size).toBe(MAX_REQUEST_IDS);
    const count = driver.names().length;
    driver.signal('pay', '1');
    expect(driver.names()).toHaveLength(count);
    driver.signal('pay', '0');
    expect(driver.names()).toHaveLength(count + 1);
  });

  it('are not used up by a start that is refused', () => {
    const driver = running();
    expect(driver.refusal('StartWorkflowExecution', startRequest({ requestId: 'r1' })).code).toBe(
      'ALREADY_EXISTS',
    );
    driver.signal('end');
    driver.runTask(completeWorkflow());
    expect(driver.start({ requestId: 'r1' })).toMatchObject({ runId: 'run-1', started: true });
  });

  it('remember the refusal of a child, so that a late copy of its start does not begin it after all', () => {
    const driver = running();
    const child = startRequest({ requestId: 'r1', parent });
    expect(driver.refusal('StartWorkflowExecution', child).code).toBe('ALREADY_EXISTS');
    driver.signal('end');
    driver.runTask(completeWorkflow());
    driver.reload();
    const late = driver.refusal('StartWorkflowExecution', child);
    expect(late.code).toBe('ALREADY_EXISTS');
    expect(late.details).toMatchObject([{ runId: 'run-0' }]);
    expect(driver.start({ requestId: 'r2' })).toMatchObject({ runId: 'run-1', started: true });
    driver.runTask(completeWorkflow());
    const another = startRequest({ requestId: 'r3', parent: { ...parent, initiatedEventId: 6 } });
    expect(driver.send('StartWorkflowExecution', another)).toMatchObject({ runId: 'run-2', started: true });
  });

  it('remember that a signal by another workflow was refused, so that a late copy does not reach a later run', () => {
    const kind = 'SignalWorkflowExecution';
    const driver = running(completeWorkflow());
    const request = {
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1' },
      signalName: 'go',
      requestId: 'sender/5',
      external: { workflowId: 'sender', runId: 'sender', initiatedEventId: 5 },
    };
    expect(driver.refusal(kind, request).code).toBe('NOT_FOUND');
    driver.reload();
    driver.start();
    expect(driver.refusal(kind, request).code).toBe('NOT_FOUND');
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
    driver.send(kind, { ...request, requestId: 'sender/6' });
    expect(driver.names()).toHaveLength(3);
  });

  it('are not used up by a signal of a client that is refused', () => {
    const driver = running(completeWorkflow());
    expect(
      driver.refusal('SignalWorkflowExecution', {
        namespace: 'default',
        workflowExecution: { workflowId: 'order-1' },
        signalName: 'go',
        requestId: 'r1',
      }).code,
    ).toBe('NOT_FOUND');
    driver.start();
    driver.signal('go', 'r1');
    expect(driver.names()).toContain('WorkflowExecutionSignaled');
  });
});
