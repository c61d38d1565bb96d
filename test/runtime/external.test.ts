import { describe, expect, it } from 'vitest';
import * as wf from '../../sdk/workflow/index.ts';
import { all, Driver, names, resultOf } from './driver.ts';

const NOT_FOUND = 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';
const go = wf.defineSignal<[string, number]>('go');
const settle = (run: Driver, failedCause?: string): void => {
  for (const id of [...run.history.others.sent.keys()]) run.history.others.settle(id, failedCause);
};

async function signals(): Promise<string> {
  const handle = wf.getExternalWorkflowHandle('other', 'run-1');
  return await handle.signal(go, 'text', 2).then(
    () => `signalled ${handle.workflowId} ${handle.runId}`,
    (error) => `${error.name} ${error.type}`,
  );
}

async function cancels(): Promise<string> {
  return await wf
    .getExternalWorkflowHandle('other')
    .cancel()
    .then(
      () => 'requested',
      (error) => `${error.name} ${error.type}`,
    );
}

describe('an external workflow handle', () => {
  it('signals the run that it names, and resolves when the signal has arrived', async () => {
    const run = new Driver(signals);
    expect(all(await run.task(), 'SignalExternalWorkflowExecution')).toMatchObject([
      { namespace: 'default', execution: { workflowId: 'other', runId: 'run-1' }, signalName: 'go' },
    ]);
    expect(await run.task()).toEqual([]);
    settle(run);
    expect(resultOf(await run.task())).toBe('signalled other run-1');
  });

  it('rejects a signal to a workflow that is not there', async () => {
    const run = new Driver(signals);
    await run.task();
    settle(run, NOT_FOUND);
    expect(resultOf(await run.task())).toBe('ApplicationFailure ExternalWorkflowExecutionNotFound');
  });

  it('asks a workflow to cancel, and resolves when the request has arrived', async () => {
    const run = new Driver(cancels);
    expect(all(await run.task(), 'RequestCancelExternalWorkflowExecution')).toEqual([
      {
        namespace: 'default',
        workflowId: 'other',
        reason: `Cancel requested by workflow with run id ${run.history.runId} with reason: `,
      },
    ]);
    settle(run);
    expect(resultOf(await run.task())).toBe('requested');
  });

  it('rejects a request to a workflow that is not there', async () => {
    const run = new Driver(cancels);
    await run.task();
    settle(run, NOT_FOUND);
    expect(resultOf(await run.task())).toBe('ApplicationFailure ExternalWorkflowExecutionNotFound');
  });

  it('does not send a signal whose scope is cancelled in the same task', async () => {
    async function changedItsMind(): Promise<string> {
      const scope = new wf.CancellationScope();
      const sent = scope.run(() => wf.getExternalWorkflowHandle('other').signal('go'));
      scope.cancel();
      return await sent.catch((error) => error.name);
    }
    const commands = await new Driver(changedItsMind).task();
    expect(names(commands)).toEqual(['CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe('CancelledFailure');
  });

  it('does not take a sent signal back', async () => {
    async function tooLate(): Promise<string> {
      const scope = new wf.CancellationScope();
      const sent = scope.run(() =>
        wf
          .getExternalWorkflowHandle('other')
          .signal('go')
          .then(() => 'sent'),
      );
      await wf.sleep(1);
      scope.cancel();
      return await sent;
    }
    const run = new Driver(tooLate);
    await run.task();
    run.history.fireTimer('1');
    expect(await run.task()).toEqual([]);
    settle(run);
    expect(resultOf(await run.task())).toBe('sent');
  });

  it('stops waiting for a request when the scope is cancelled, and records that as a patch', async () => {
    async function impatient(): Promise<string> {
      const scope = new wf.CancellationScope();
      const sent = scope.run(() => wf.getExternalWorkflowHandle('other').cancel());
      await wf.sleep(1);
      scope.cancel();
      return await sent.catch((error) => error.name);
    }
    const run = new Driver(impatient);
    await run.task();
    run.history.fireTimer('1');
    const commands = await run.task();
    expect(names(commands)).toEqual([
      'RecordMarker',
      'UpsertWorkflowSearchAttributes',
      'CompleteWorkflowExecution',
    ]);
    expect(resultOf(commands)).toBe('CancelledFailure');
  });

  it('of a child sends signals to children only', async () => {
    async function parent(): Promise<string> {
      const child = await wf.startChild('kid', { workflowId: 'kid-1' });
      await child.signal(go, 'x', 1);
      return 'signalled';
    }
    const run = new Driver(parent);
    await run.task();
    run.history.others.startChild('kid-1');
    expect(all(await run.task(), 'SignalExternalWorkflowExecution')).toMatchObject([
      { execution: { workflowId: 'kid-1' }, childWorkflowOnly: true, signalName: 'go' },
    ]);
    settle(run);
    expect(resultOf(await run.task())).toBe('signalled');
  });

  it('shows in the stack trace query what the workflow waits for', async () => {
    async function waitsForOthers(): Promise<void> {
      await Promise.all([wf.getExternalWorkflowHandle('other').cancel(), wf.executeChild('kid')]);
    }
    const run = new Driver(waitsForOthers);
    await run.task();
    expect(await run.query('__stack_trace')).toContain('waitsForOthers');
  });
});
