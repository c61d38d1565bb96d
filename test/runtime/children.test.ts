import { describe, expect, it } from 'vitest';
import { ChildWorkflowFailure as CommonChildWorkflowFailure } from '../../sdk/common/index.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { all, Driver, names, resultOf, silent } from './driver.ts';
import { applicationFailure } from './history-builder.ts';

type Kid = (text: string) => Promise<string>;

async function oneChild(): Promise<string> {
  return await wf.executeChild<Kid>('kid', { args: ['hello'], workflowId: 'kid-1' });
}

async function caught(): Promise<unknown> {
  try {
    return await wf.executeChild<Kid>('kid', { args: ['hello'], workflowId: 'kid-1' });
  } catch (error) {
    const { name, cause, workflowType, execution, namespace, retryState } = error as wf.ChildWorkflowFailure;
    return {
      name,
      cause: cause?.name,
      message: cause?.message,
      workflowType,
      execution,
      namespace,
      retryState,
    };
  }
}

async function started(workflow: wf.Workflow, ...args: unknown[]): Promise<Driver> {
  const run = new Driver(workflow, { args });
  await run.task();
  run.history.others.startChild('kid-1');
  return run;
}

describe('a child workflow', () => {
  it('is started with its arguments on the parent task queue, and its result is the answer', async () => {
    const run = new Driver(oneChild);
    const [start] = all(await run.task(), 'StartChildWorkflowExecution');
    expect(start).toMatchObject({
      namespace: 'default',
      workflowId: 'kid-1',
      workflowType: { name: 'kid' },
      taskQueue: { name: 'test' },
    });
    expect(start!.input!.payloads[0]!.data).toBe(btoa('"hello"'));
    run.history.others.completeChild('kid-1', 'fine');
    expect(resultOf(await run.task())).toBe('fine');
  });

  it('carries every option that the workflow gave', async () => {
    async function optioned(): Promise<void> {
      await wf.startChild<Kid>('kid', {
        args: ['x'],
        workflowId: 'kid-1',
        taskQueue: 'elsewhere',
        parentClosePolicy: 'REQUEST_CANCEL',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowExecutionTimeout: '1 hour',
        workflowRunTimeout: '30 minutes',
        workflowTaskTimeout: 5_000,
        retry: { maximumAttempts: 3 },
        cronSchedule: '* * * * *',
        memo: { note: 'why' },
        searchAttributes: { Color: ['blue'], Size: [1] },
        typedSearchAttributes: [{ key: { name: 'Color', type: 'KEYWORD' }, value: 'red' }],
        staticSummary: 'summary',
        staticDetails: 'details',
      });
    }
    const [command] = await new Driver(optioned).task();
    expect(command!.userMetadata).toMatchObject({
      summary: { data: btoa('"summary"') },
      details: { data: btoa('"details"') },
    });
    expect(all([command!], 'StartChildWorkflowExecution')[0]).toMatchObject({
      taskQueue: { name: 'elsewhere' },
      parentClosePolicy: 'PARENT_CLOSE_POLICY_REQUEST_CANCEL',
      workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE',
      workflowExecutionTimeout: '3600s',
      workflowRunTimeout: '1800s',
      workflowTaskTimeout: '5s',
      retryPolicy: { maximumAttempts: 3 },
      cronSchedule: '* * * * *',
      memo: { fields: { note: { data: btoa('"why"') } } },
      searchAttributes: {
        indexedFields: { Color: { data: btoa('"red"') }, Size: { data: btoa('[1]') } },
      },
    });
  });

  it('without an id gets the UUID that uuid4 would have drawn', async () => {
    async function anonymous(): Promise<void> {
      void wf.executeChild('kid').catch(() => undefined);
    }
    async function drawing(): Promise<string> {
      return wf.uuid4();
    }
    const [start] = all(await new Driver(anonymous).task(), 'StartChildWorkflowExecution');
    expect(start!.workflowId).toBe(resultOf(await new Driver(drawing).task()));
  });

  it('takes its type from a function', async () => {
    async function kid(text: string): Promise<string> {
      return text;
    }
    async function typed(): Promise<string> {
      return await wf.executeChild(kid, { args: ['x'] });
    }
    const [start] = all(await new Driver(typed).task(), 'StartChildWorkflowExecution');
    expect(start!.workflowType.name).toBe('kid');
  });

  it('needs a type', async () => {
    async function untyped(): Promise<string> {
      return await wf.executeChild('').catch((error) => error.message);
    }
    expect(resultOf(await new Driver(untyped).task())).toContain('workflow type');
  });

  it('that has started gives a handle with its ids and its result', async () => {
    async function handled(): Promise<unknown> {
      const handle = await wf.startChild<Kid>('kid', { args: ['x'], workflowId: 'kid-1' });
      return [handle.workflowId, handle.firstExecutionRunId, await handle.result()];
    }
    const run = await started(handled);
    expect(await run.task()).toEqual([]);
    run.history.others.completeChild('kid-1', 'late');
    expect(resultOf(await run.task())).toEqual(['kid-1', '0198c1d0-0000-7000-8000-000000000005', 'late']);
  });

  it('that failed fails with ChildWorkflowFailure, whose cause is what the child failed with', async () => {
    const run = await started(caught);
    run.history.others.failChild('kid-1', applicationFailure('refused', 'Refused'));
    expect(resultOf(await run.task())).toEqual({
      name: 'ChildWorkflowFailure',
      cause: 'ApplicationFailure',
      message: 'refused',
      workflowType: 'kid',
      execution: { workflowId: 'kid-1', runId: '0198c1d0-0000-7000-8000-000000000005' },
      namespace: 'default',
      retryState: 'RETRY_POLICY_NOT_SET',
    });
  });

  it.each([
    ['timed out', 'timeOutChild', 'TimeoutFailure', 'TIMEOUT'],
    ['was terminated', 'terminateChild', 'TerminatedFailure', 'NON_RETRYABLE_FAILURE'],
    ['was cancelled', 'cancelChild', 'CancelledFailure', 'NON_RETRYABLE_FAILURE'],
  ] as const)('that %s fails with a cause that says so', async (_, close, cause, retryState) => {
    const run = await started(caught);
    run.history.others[close]('kid-1');
    expect(resultOf(await run.task())).toMatchObject({ name: 'ChildWorkflowFailure', cause, retryState });
  });

  it('whose id is taken fails with WorkflowExecutionAlreadyStartedError, which fails the workflow', async () => {
    async function taken(): Promise<void> {
      await wf.startChild<Kid>('kid', { args: ['x'], workflowId: 'kid-1' }).catch((error) => {
        if (!(error instanceof wf.WorkflowExecutionAlreadyStartedError)) throw new TypeError('another error');
        if (error.workflowId !== 'kid-1' || error.workflowType !== 'kid') throw new TypeError('other fields');
        throw error;
      });
    }
    const run = new Driver(taken);
    await run.task();
    run.history.others.failChildStart('kid-1');
    const [failed] = all(await run.task(), 'FailWorkflowExecution');
    expect(failed!.failure.message).toBe('Workflow execution already started');
  });

  it('that cannot be started for another reason fails the task', async () => {
    const run = new Driver(oneChild);
    await run.task();
    run.history.others.failChildStart('kid-1', 'NAMESPACE_NOT_FOUND');
    expect((await run.failingTask()).failure.message).toContain('NAMESPACE_NOT_FOUND');
  });

  it('whose failure nobody catches fails the workflow with the same class for clients', async () => {
    const run = await started(oneChild);
    run.history.others.failChild('kid-1', applicationFailure('refused'));
    const [failed] = all(await run.task(), 'FailWorkflowExecution');
    expect(failed!.failure.childWorkflowExecutionFailureInfo).toMatchObject({
      workflowType: { name: 'kid' },
      retryState: 'RETRY_STATE_RETRY_POLICY_NOT_SET',
    });
    expect(wf.ChildWorkflowFailure).toBe(CommonChildWorkflowFailure);
  });

  it('may not be started by a query', async () => {
    async function queried(): Promise<void> {
      wf.setHandler(wf.defineQuery<void>('start'), () => void wf.executeChild('kid').catch(() => undefined));
      wf.setHandler(wf.defineQuery<unknown>('signal'), () => wf.getExternalWorkflowHandle('x').signal('y'));
      await wf.condition(() => false);
    }
    const run = new Driver(queried);
    await run.task();
    await expect(run.query('signal')).rejects.toThrow('may only read');
    await run.query('start');
    expect(await run.task()).toEqual([]);
  });
});

describe('cancelling the scope of a child', () => {
  async function cancelling(cancellationType: wf.ChildWorkflowCancellationType): Promise<unknown> {
    const scope = new wf.CancellationScope();
    const work = scope.run(() =>
      wf.executeChild<Kid>('kid', { args: ['x'], workflowId: 'kid-1', cancellationType }),
    );
    const ended = work.then(
      (result) => `result ${result}`,
      (error) => `cancelled ${wf.isCancellation(error)}`,
    );
    await wf.sleep(1_000);
    scope.cancel();
    const first = await Promise.race([ended, wf.sleep('1 hour')]);
    return first;
  }
  const cancelled = async (
    type: wf.ChildWorkflowCancellationType,
  ): Promise<[Driver, wf.WorkflowInfo['runId'][]]> => {
    const run = await started(cancelling, type);
    run.history.fireTimer('1');
    return [run, names(await run.task())];
  };

  it('asks the child to cancel and waits for its end by default', async () => {
    const [run, commands] = await cancelled('WAIT_CANCELLATION_COMPLETED');
    expect(commands).toEqual(['StartTimer', 'RequestCancelExternalWorkflowExecution']);
    run.history.others.settleAll();
    expect(await run.task()).toEqual([]);
    run.history.others.cancelChild('kid-1');
    expect(resultOf(await run.task())).toBe('cancelled true');
  });

  it('takes the result of a child that does not let itself be cancelled', async () => {
    const [run] = await cancelled('WAIT_CANCELLATION_REQUESTED');
    run.history.others.completeChild('kid-1', 'done');
    expect(resultOf(await run.task())).toBe('result done');
  });

  it('with TRY_CANCEL asks the child to cancel and does not wait', async () => {
    const [, commands] = await cancelled('TRY_CANCEL');
    expect(commands).toContain('RequestCancelExternalWorkflowExecution');
    expect(commands).toContain('CompleteWorkflowExecution');
  });

  it('with ABANDON sends nothing and does not wait', async () => {
    const [, commands] = await cancelled('ABANDON');
    expect(commands).not.toContain('RequestCancelExternalWorkflowExecution');
    expect(commands).toContain('CompleteWorkflowExecution');
  });

  it('names the run to cancel once it is known, and only a child', async () => {
    const run = await started(cancelling, 'WAIT_CANCELLATION_COMPLETED');
    run.history.fireTimer('1');
    expect(all(await run.task(), 'RequestCancelExternalWorkflowExecution')).toEqual([
      {
        namespace: 'default',
        workflowId: 'kid-1',
        runId: '0198c1d0-0000-7000-8000-000000000005',
        childWorkflowOnly: true,
      },
    ]);
  });

  it('in the task that starts it sends neither command', async () => {
    async function atOnce(): Promise<string> {
      const scope = new wf.CancellationScope();
      const work = scope.run(() => wf.startChild<Kid>('kid', { args: ['x'] }));
      scope.cancel();
      return await work.then(
        () => 'started',
        (error) => `${error.name} ${wf.isCancellation(error)}`,
      );
    }
    const commands = await new Driver(atOnce).task();
    expect(names(commands)).toEqual(['CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe('ChildWorkflowFailure true');
  });
});

/** What Temporal's core does, seen with a real Worker of Temporal's given the same histories. */
describe('cancelling the scope of a child that has not started yet', () => {
  async function early(cancellationType: wf.ChildWorkflowCancellationType): Promise<string[]> {
    const told: string[] = [];
    let report = false;
    const scope = new wf.CancellationScope();
    wf.setHandler(wf.defineSignal('cancel'), () => scope.cancel());
    wf.setHandler(wf.defineSignal('report'), () => {
      report = true;
    });
    const options = { workflowId: 'kid-1', args: ['x'] as [string], cancellationType };
    scope
      .run(() => wf.startChild<Kid>('kid', options))
      .then(
        () => told.push('started'),
        (error: Error) => told.push(error.name),
      );
    await wf.condition(() => report);
    return told;
  }
  async function lived(
    type: wf.ChildWorkflowCancellationType,
    goOn: (run: Driver) => void,
  ): Promise<{ sent: string[]; told: unknown }> {
    const run = new Driver(early, { args: [type] });
    await run.task();
    run.history.signal('cancel');
    const sent = names(await run.task());
    goOn(run);
    run.history.signal('report');
    return { sent, told: resultOf(await run.task()) };
  }
  const starts = (run: Driver): void => run.history.others.startChild('kid-1');
  const fails = (run: Driver): void => run.history.others.failChildStart('kid-1');

  it.each(['WAIT_CANCELLATION_COMPLETED', 'WAIT_CANCELLATION_REQUESTED'] as const)(
    'with %s asks for its cancellation at once, and the start settles when it is known',
    async (type) => {
      const sent = ['RequestCancelExternalWorkflowExecution'];
      expect(await lived(type, starts)).toEqual({ sent, told: ['started'] });
      expect(await lived(type, fails)).toEqual({ sent, told: ['WorkflowExecutionAlreadyStartedError'] });
    },
  );

  it.each([
    ['TRY_CANCEL', ['RequestCancelExternalWorkflowExecution']],
    ['ABANDON', []],
  ] as const)(
    'with %s the start never settles: whatever comes of the child is ignored',
    async (type, sent) => {
      expect(await lived(type, starts)).toEqual({ sent, told: [] });
      expect(await lived(type, fails)).toEqual({ sent, told: [] });
    },
  );
});

describe('a replay with children', () => {
  const record = async (): Promise<Driver> => {
    const run = await started(oneChild);
    run.history.others.completeChild('kid-1', 'fine');
    await run.task();
    return run;
  };
  const replay = async (workflow: wf.Workflow): Promise<string> => {
    const { history } = await record();
    const report = await replayHistory(history.events, { oneChild: workflow }, { logger: silent });
    return report.divergence?.message ?? String(report.ok);
  };

  it('accepts the same child', async () => {
    expect(await replay(oneChild)).toBe('true');
  });

  it('finds another id or another type', async () => {
    const another = (type: string, workflowId: string) => async () =>
      await wf.executeChild<Kid>(type, { args: ['hello'], workflowId });
    expect(await replay(another('kid', 'kid-2'))).toContain('workflowId kid-2');
    expect(await replay(another('grandchild', 'kid-1'))).toContain('workflowType grandchild');
  });

  it('finds a child that the code does not start', async () => {
    expect(await replay(async () => await wf.sleep(1))).toContain('START_CHILD_WORKFLOW_EXECUTION_INITIATED');
  });
});
