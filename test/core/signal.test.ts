import { describe, expect, it } from 'vitest';
import { completeWorkflow, continueAsNew, Driver, payloads, running } from './harness.ts';

const signals = (driver: Driver) =>
  driver
    .history()
    .flatMap((event) =>
      'workflowExecutionSignaledEventAttributes' in event
        ? [event.workflowExecutionSignaledEventAttributes.signalName]
        : [],
    );
const request = { namespace: 'default', workflowExecution: { workflowId: 'order-1' } };

describe('signal', () => {
  it('keeps the order of arrival, held back or not', () => {
    const driver = new Driver();
    driver.start();
    driver.signal('1');
    driver.startTask();
    for (const name of ['2', '3', '4']) driver.signal(name);
    driver.completeTask();
    driver.signal('5');
    expect(signals(driver)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('is recorded once per request id', () => {
    const driver = running();
    driver.signal('pay', 'r1');
    driver.signal('pay', 'r1');
    driver.signal('pay', 'r2');
    expect(signals(driver)).toHaveLength(2);
    expect(driver.last('WorkflowExecutionSignaled').requestId).toBe('r2');
  });

  it('is recorded once per request id while it is held back, and after a load', () => {
    const driver = new Driver();
    driver.start();
    driver.startTask();
    driver.signal('pay', 'r1');
    driver.reload();
    driver.signal('pay', 'r1');
    driver.completeTask();
    expect(signals(driver)).toEqual(['pay']);
  });

  it('without a request id is never a repeat', () => {
    const driver = running();
    driver.signal('pay');
    driver.signal('pay');
    expect(signals(driver)).toHaveLength(2);
  });

  it('that is repeated is acknowledged after the close, a new one is not', () => {
    const driver = running();
    driver.signal('pay', 'r1');
    driver.runTask(completeWorkflow());
    driver.signal('pay', 'r1');
    expect(
      driver.refusal('SignalWorkflowExecution', { ...request, signalName: 'pay', requestId: 'r2' }),
    ).toMatchObject({
      code: 'NOT_FOUND',
      message: 'workflow execution already completed',
    });
  });

  it('to an older run of the chain is told that this one is completed', () => {
    const driver = running();
    const { runId } = driver.run;
    driver.runTaskAfterSignal(continueAsNew());
    const to = (older: string) =>
      driver.refusal('SignalWorkflowExecution', {
        ...request,
        workflowExecution: { workflowId: driver.run.workflowId, runId: older },
        signalName: 'pay',
      });
    expect(to(runId)).toMatchObject({ code: 'NOT_FOUND', message: 'workflow execution already completed' });
    expect(to('no-such-run').message).toMatch(/^no open workflow execution/);
  });

  it('carries its input and header, and needs a name', () => {
    const driver = running();
    const header = { fields: { trace: { data: 'eA==' } } };
    driver.send('SignalWorkflowExecution', {
      ...request,
      signalName: 'pay',
      input: payloads(5),
      header,
      identity: 'me',
    });
    expect(driver.last('WorkflowExecutionSignaled')).toEqual({
      signalName: 'pay',
      input: payloads(5),
      header,
      identity: 'me',
    });
    expect(driver.refusal('SignalWorkflowExecution', { ...request, signalName: '' }).message).toContain(
      'signalName',
    );
  });

  it('to an id that was never used is not found', () => {
    expect(new Driver().refusal('SignalWorkflowExecution', { ...request, signalName: 'pay' }).code).toBe(
      'NOT_FOUND',
    );
  });
});
