import { describe, expect, it } from 'vitest';
import * as wf from '../../sdk/workflow/index.ts';
import { all, Driver, names, resultOf } from './driver.ts';

const { charge } = wf.proxyActivities<{ charge(n: number): Promise<string> }>({ startToCloseTimeout: '1m' });

describe('cancelling a workflow', () => {
  it('ends as cancelled when the function lets the cancellation through', async () => {
    async function waiting(): Promise<void> {
      await wf.sleep('1 day');
    }
    const run = new Driver(waiting);
    await run.task();
    run.history.requestCancel();
    expect(names(await run.task())).toEqual(['CancelTimer', 'CancelWorkflowExecution']);
  });

  it('completes when the function catches it, and runs cleanup in a scope that cannot be cancelled', async () => {
    async function catching(): Promise<string> {
      try {
        await wf.sleep('1 day');
      } catch (error) {
        if (!wf.isCancellation(error)) throw error;
        return wf.CancellationScope.nonCancellable(() => charge(1));
      }
      return 'not cancelled';
    }
    const run = new Driver(catching);
    await run.task();
    run.history.requestCancel();
    expect(names(await run.task())).toEqual(['CancelTimer', 'ScheduleActivityTask']);
    run.history.completeActivity('1', 'cleaned');
    expect(resultOf(await run.task())).toBe('cleaned');
  });

  it('fails the workflow when its own code throws a CancelledFailure that nobody asked for', async () => {
    async function throwing(): Promise<void> {
      throw new wf.CancelledFailure('by itself');
    }
    expect(names(await new Driver(throwing).task())).toEqual(['FailWorkflowExecution']);
  });

  it('rejects at once what is opened in a scope that is already cancelled, and still counts its number', async () => {
    async function late(): Promise<string> {
      const scope = new wf.CancellationScope();
      scope.cancel();
      const error = await scope.run(() => charge(1)).catch((e) => e.constructor.name);
      await charge(2);
      return error;
    }
    const run = new Driver(late);
    expect(all(await run.task(), 'ScheduleActivityTask').map((a) => a.activityId)).toEqual(['2']);
    run.history.completeActivity('2');
    expect(resultOf(await run.task())).toBe('CancelledFailure');
  });
});

describe('cancelling what was not sent yet', () => {
  it('drops a timer and its cancellation from the same task', async () => {
    async function dropped(): Promise<void> {
      const scope = new wf.CancellationScope();
      const timer = scope.run(() => wf.sleep('1h')).catch(() => undefined);
      scope.cancel();
      await timer;
      await wf.sleep(7);
    }
    expect(all(await new Driver(dropped).task(), 'StartTimer')).toEqual([
      { timerId: '2', startToFireTimeout: '0.007s' },
    ]);
  });

  it('drops an activity and tells the code in the same task that it was cancelled', async () => {
    async function dropped(): Promise<string> {
      const scope = new wf.CancellationScope();
      const call = scope.run(() => charge(1)).catch((e) => e);
      scope.cancel();
      const error = await call;
      return `${error.constructor.name} ${error.cause.constructor.name} ${error.retryState}`;
    }
    const commands = await new Driver(dropped).task();
    expect(names(commands)).toEqual(['CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe('ActivityFailure CancelledFailure CANCEL_REQUESTED');
  });
});

describe('cancelling a scheduled activity', () => {
  const cancelling = (cancellationType: wf.ActivityCancellationType | undefined) => {
    return async function cancels(): Promise<string> {
      const scope = new wf.CancellationScope();
      const call = scope.run(() =>
        wf.scheduleActivity<string>('long', [], { startToCloseTimeout: '1h', cancellationType }),
      );
      const outcome = call.then(
        (value) => `completed ${value}`,
        (error) => `cancelled ${JSON.stringify(error.cause.details)}`,
      );
      await wf.sleep(1);
      scope.cancel();
      return outcome;
    };
  };
  async function cancelled(cancellationType?: wf.ActivityCancellationType): Promise<Driver> {
    const run = new Driver(cancelling(cancellationType));
    await run.task();
    run.history.fireTimer('1');
    return run;
  }

  it('is reported at once by default, as by the SDK of Temporal', async () => {
    const run = await cancelled();
    const commands = await run.task();
    expect(names(commands)).toEqual(['RequestCancelActivityTask', 'CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe('cancelled []');
  });

  it('waits for the outcome where that is asked for, and hands over the details', async () => {
    const run = await cancelled('WAIT_CANCELLATION_COMPLETED');
    expect(all(await run.task(), 'RequestCancelActivityTask')).toEqual([{ scheduledEventId: '5' }]);
    run.history.cancelActivity('1', 'half', 'done');
    expect(resultOf(await run.task())).toBe('cancelled ["half","done"]');
  });

  it('gives the result when the activity is waited for and completes in spite of the request', async () => {
    const run = await cancelled('WAIT_CANCELLATION_COMPLETED');
    await run.task();
    run.history.completeActivity('1', 'anyway');
    expect(resultOf(await run.task())).toBe('completed anyway');
  });

  it('requests and goes on at once with TRY_CANCEL', async () => {
    const run = await cancelled('TRY_CANCEL');
    const commands = await run.task();
    expect(names(commands)).toEqual(['RequestCancelActivityTask', 'CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe('cancelled []');
  });

  it('goes on without asking anybody with ABANDON', async () => {
    const run = await cancelled('ABANDON');
    expect(names(await run.task())).toEqual(['CompleteWorkflowExecution']);
  });

  it('requests nothing when the outcome is in the same task', async () => {
    async function both(): Promise<string> {
      const scope = new wf.CancellationScope();
      wf.setHandler(wf.defineSignal('stop'), () => scope.cancel());
      return scope.run(() => charge(1));
    }
    const run = new Driver(both);
    await run.task();
    run.history.signal('stop');
    run.history.completeActivity('1', 'in time');
    const commands = await run.task();
    expect(names(commands)).toEqual(['CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe('in time');
  });
});

describe('scopes', () => {
  it('cancel their children but not what a scope shields', async () => {
    async function nested(): Promise<string[]> {
      const order: string[] = [];
      const outer = new wf.CancellationScope();
      const work = outer.run(async () => {
        const open = wf.CancellationScope.cancellable(() => wf.sleep('1h')).catch(() => order.push('child'));
        const shielded = wf.CancellationScope.nonCancellable(() => wf.sleep(1)).then(() =>
          order.push('shielded'),
        );
        await Promise.all([open, shielded]);
      });
      outer.cancel();
      await work;
      return order;
    }
    const run = new Driver(nested);
    expect(all(await run.task(), 'StartTimer')).toEqual([{ timerId: '2', startToFireTimeout: '0.001s' }]);
    run.history.fireTimer('2');
    expect(resultOf(await run.task())).toEqual(['child', 'shielded']);
  });

  it('with a timeout cancel themselves, and cancel their timer when the work is done first', async () => {
    async function limited(): Promise<string> {
      const first = await wf.CancellationScope.withTimeout('5s', () => charge(1)).catch(
        (e) => e.constructor.name,
      );
      const second = await wf.CancellationScope.withTimeout('6s', () => charge(2));
      return `${first} ${second}`;
    }
    const run = new Driver(limited);
    await run.task();
    run.history.fireTimer('1');
    expect(names(await run.task())).toEqual([
      'RequestCancelActivityTask',
      'StartTimer',
      'ScheduleActivityTask',
    ]);
    run.history.completeActivity('2', 'ok');
    const commands = await run.task();
    expect(names(commands)).toEqual(['CancelTimer', 'CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe('ActivityFailure ok');
  });

  it('reject triggers made in them', async () => {
    async function triggered(): Promise<string> {
      const scope = new wf.CancellationScope();
      const outcome = scope.run(async () => {
        const trigger = new wf.Trigger<string>();
        return await trigger;
      });
      scope.cancel();
      return outcome.catch((e) => e.constructor.name);
    }
    expect(resultOf(await new Driver(triggered).task())).toBe('CancelledFailure');
  });
});

describe('condition', () => {
  it('without a timeout waits, with one answers whether it was true in time', async () => {
    async function conditions(): Promise<unknown[]> {
      let open = false;
      wf.setHandler(wf.defineSignal('open'), () => {
        open = true;
      });
      const late = await wf.condition(() => open, 1_000);
      await wf.condition(() => open);
      const early = await wf.condition(() => open, '1h');
      return [late, early];
    }
    const run = new Driver(conditions);
    await run.task();
    run.history.fireTimer('1');
    expect(names(await run.task())).toEqual([]);
    run.history.signal('open');
    // The last timer is started and cancelled in one task: neither is sent.
    const commands = await run.task();
    expect(names(commands)).toEqual(['CompleteWorkflowExecution']);
    expect(resultOf(commands)).toEqual([false, true]);
  });

  it('whose time has passed waits no longer than a timer can, as a sleep until then', async () => {
    async function late(): Promise<unknown> {
      const open = await wf.condition(() => false, -1_000);
      await wf.sleep(-5);
      return open;
    }
    const run = new Driver(late);
    expect(all(await run.task(), 'StartTimer')).toMatchObject([{ startToFireTimeout: '0.001s' }]);
    run.history.fireTimer('1');
    expect(all(await run.task(), 'StartTimer')).toMatchObject([{ startToFireTimeout: '0.001s' }]);
    run.history.fireTimer('2');
    expect(resultOf(await run.task())).toBe(false);
  });

  it('is rejected when its scope is cancelled, and not looked at again', async () => {
    let calls = 0;
    async function cancelled(): Promise<string> {
      const scope = new wf.CancellationScope();
      const counted = (): boolean => {
        calls += 1;
        return false;
      };
      const outcome = scope.run(() => wf.condition(counted)).catch((e) => e.constructor.name);
      scope.cancel();
      const name = await outcome;
      calls = 0;
      await wf.sleep(1);
      return `${name} ${calls}`;
    }
    const run = new Driver(cancelled);
    await run.task();
    run.history.fireTimer('1');
    expect(resultOf(await run.task())).toBe('CancelledFailure 0');
  });

  it('fails the task, not the workflow, when its function throws', async () => {
    async function broken(): Promise<void> {
      await wf.condition(() => (undefined as unknown as { x: boolean }).x);
    }
    const { cause, failure } = await new Driver(broken).failingTask();
    expect(cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    expect(failure.stackTrace).toMatch(/^TypeError: /);
  });
});
