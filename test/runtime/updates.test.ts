import { describe, expect, it } from 'vitest';
import { makeLogger } from '../../sdk/common/logger.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { all, Driver, names, outcomeOf, resultOf, silent } from './driver.ts';
import { applicationFailure } from './history-builder.ts';

const { charge } = wf.proxyActivities<{ charge(n: number): Promise<string> }>({ startToCloseTimeout: '1m' });
const add = wf.defineUpdate<number, [number]>('add');
const pay = wf.defineUpdate<string, [number]>('pay');
const done = wf.defineSignal('done');

async function counter(): Promise<number> {
  let sum = 0;
  let open = true;
  const validator = (n: number): void => {
    if (n < 0) throw new Error(`${n} is negative`);
  };
  wf.setHandler(add, (n) => (sum += n), { validator });
  wf.setHandler(done, () => {
    open = false;
  });
  await wf.condition(() => !open);
  return sum;
}

async function payments(): Promise<string[]> {
  const order: string[] = [];
  wf.setHandler(pay, async (n) => {
    const receipt = await charge(n);
    order.push(receipt);
    return receipt;
  });
  await wf.condition(() => order.length === 2 && wf.allHandlersFinished());
  return order;
}

describe('an update', () => {
  it('is accepted and completed in one task, in this order', async () => {
    const run = new Driver(counter);
    await run.task();
    const id = run.history.update('add', 2);
    const commands = await run.task();
    expect(all(commands, 'ProtocolMessage').map(({ messageId, updateId }) => [messageId, updateId])).toEqual([
      [`${id}/request/accept`, id],
      [`${id}/request/complete`, id],
    ]);
    expect(outcomeOf(run, id)).toEqual({ result: 2 });
  });

  it('says which event it was sequenced behind: the last before its task was started', async () => {
    const run = new Driver(counter);
    await run.task();
    run.history.update('add', 2);
    const [accepted] = all(await run.task(), 'ProtocolMessage');
    expect(accepted!.message).toEqual({
      acceptance: { acceptedRequestMessageId: 'u1/request', acceptedRequestSequencingEventId: '5' },
    });
  });

  it('refused by its validator leaves no trace, and the run goes on', async () => {
    const run = new Driver(counter);
    await run.task();
    const events = run.history.events.length;
    const id = run.history.update('add', -1);
    expect(names(await run.task())).toEqual(['ProtocolMessage']);
    expect(outcomeOf(run, id)).toEqual({ failed: '-1 is negative' });
    expect(run.history.events).toHaveLength(events);
    run.history.update('add', 5);
    await run.task();
    run.history.signal('done');
    expect(resultOf(await run.task())).toBe(5);
  });

  it('refused for an error tells it as it is, without one around it', async () => {
    const run = new Driver(counter);
    await run.task();
    run.history.update('add', -1);
    const [refused] = all(await run.task(), 'ProtocolMessage');
    expect(refused!.message).toMatchObject({
      rejection: { failure: { message: '-1 is negative' } },
    });
    expect(refused!.message).not.toHaveProperty('rejection.failure.cause');
  });

  it('refused together with others does not hold them up', async () => {
    const run = new Driver(counter);
    await run.task();
    const ids = [-1, 1, -2, 2].map((n) => run.history.update('add', n));
    await run.task();
    expect(ids.map((id) => outcomeOf(run, id))).toEqual([
      { failed: '-1 is negative' },
      { result: 1 },
      { failed: '-2 is negative' },
      { result: 3 },
    ]);
  });

  it('is not validated again in a replay', async () => {
    const run = new Driver(counter);
    await run.task();
    run.history.update('add', 1);
    await run.task();
    async function stricter(): Promise<number> {
      wf.setHandler(add, (n) => n, {
        validator: () => {
          throw new Error('never');
        },
      });
      await wf.condition(() => false);
      return 0;
    }
    const { ok } = await replayHistory(run.history.events, { counter: stricter }, { logger: silent });
    expect(ok).toBe(true);
  });

  it('without a handler is refused when its task ends', async () => {
    const run = new Driver(counter);
    await run.task();
    const id = run.history.update('unknown');
    await run.task();
    expect(outcomeOf(run, id)).toEqual({ failed: 'No registered handler for update: unknown' });
  });

  it('waits for a handler that is set in its task', async () => {
    async function late(): Promise<string> {
      const order: string[] = [];
      await charge(1);
      order.push('charged');
      wf.setHandler(add, (n) => order.push(`update ${n}`));
      order.push('set');
      return order.join();
    }
    const run = new Driver(late);
    await run.task();
    run.history.completeActivity('1', 'x');
    run.history.update('add', 1);
    expect(resultOf(await run.task())).toBe('charged,update 1,set');
  });

  it('goes to the default handler when it has none of its own', async () => {
    async function defaulted(): Promise<void> {
      wf.setDefaultUpdateHandler((name, ...args) => [name, ...args]);
      wf.setHandler(add, (n) => n);
      wf.setHandler(add, undefined);
      await wf.condition(() => false);
    }
    const run = new Driver(defaulted);
    await run.task();
    const id = run.history.update('add', 7);
    await run.task();
    expect(outcomeOf(run, id)).toEqual({ result: ['add', 7] });
  });

  it('with a reserved name never reaches the default handler', async () => {
    async function defaulted(): Promise<void> {
      wf.setDefaultUpdateHandler(() => 'seen');
      await wf.condition(() => false);
    }
    const run = new Driver(defaulted);
    await run.task();
    run.history.update('__temporal_x');
    expect((await run.failingTask()).failure.message).toContain('reserved');
  });

  it('is delivered behind the signals of its task, whatever came first', async () => {
    async function mixed(): Promise<string[]> {
      const order: string[] = [];
      wf.setHandler(add, (n) => order.push(`u${n}`));
      wf.setHandler(wf.defineSignal<[number]>('s'), (n) => void order.push(`s${n}`));
      await wf.condition(() => order.length === 4);
      return order;
    }
    const run = new Driver(mixed);
    await run.task();
    run.history.update('add', 1);
    run.history.signal('s', 1);
    run.history.update('add', 2);
    run.history.signal('s', 2);
    expect(resultOf(await run.task())).toEqual(['s1', 's2', 'u1', 'u2']);
  });

  it('before the first task is handled before the function goes on', async () => {
    const run = new Driver(counter);
    const id = run.history.update('add', 1);
    run.history.signal('done');
    expect(resultOf(await run.task())).toBe(1);
    expect(outcomeOf(run, id)).toEqual({ result: 1 });
  });

  it('whose arguments cannot be decoded is refused', async () => {
    const run = new Driver(counter);
    await run.task();
    const id = run.history.update('add', 1);
    run.history.updates.byId.get(id)!.request.input.args!.payloads[0]!.metadata = {
      encoding: btoa('none/such'),
    };
    await run.task();
    expect(outcomeOf(run, id)).toHaveProperty('failed');
  });
});

describe('an update handler', () => {
  it('may await activities: the update is completed in a later task', async () => {
    const run = new Driver(payments);
    await run.task();
    const [first, second] = [run.history.update('pay', 1), run.history.update('pay', 2)];
    expect(names(await run.task())).toEqual([
      'ProtocolMessage',
      'ScheduleActivityTask',
      'ProtocolMessage',
      'ScheduleActivityTask',
    ]);
    run.history.completeActivity('2', 'second');
    await run.task();
    expect([outcomeOf(run, first), outcomeOf(run, second)]).toEqual([undefined, { result: 'second' }]);
    run.history.completeActivity('1', 'first');
    expect(resultOf(await run.task())).toEqual(['second', 'first']);
  });

  it('that throws a failure fails the update and nothing else', async () => {
    async function failing(): Promise<void> {
      wf.setHandler(pay, async (n) => {
        await charge(n);
        return 'never';
      });
      await wf.condition(() => false);
    }
    const run = new Driver(failing);
    await run.task();
    const id = run.history.update('pay', 1);
    await run.task();
    run.history.failActivity('1', applicationFailure('broke'));
    expect(names(await run.task())).toEqual(['ProtocolMessage']);
    const outcome = run.history.updates.byId.get(id)!.outcome as { failure: { cause: { message: string } } };
    expect(outcome.failure.cause.message).toBe('broke');
  });

  it('that throws anything else fails the task', async () => {
    async function broken(): Promise<void> {
      wf.setHandler(add, () => {
        throw new RangeError('bug');
      });
      await wf.condition(() => false);
    }
    const run = new Driver(broken);
    await run.task();
    run.history.update('add', 1);
    expect((await run.failingTask()).failure.message).toBe('bug');
  });

  it('knows which update it handles, also after it awaited; its validator knows too', async () => {
    async function informed(): Promise<unknown> {
      const seen: unknown[] = [];
      const handler = async (n: number): Promise<string> => {
        seen.push(wf.currentUpdateInfo());
        await charge(n);
        seen.push(wf.currentUpdateInfo());
        return '';
      };
      const validator = (n: number): void => {
        if (n < 0) throw new Error(`validating ${wf.currentUpdateInfo()?.id}`);
      };
      wf.setHandler(pay, handler, { validator });
      await wf.condition(() => seen.length === 2);
      return [...seen, wf.currentUpdateInfo() ?? 'none'];
    }
    const run = new Driver(informed);
    await run.task();
    const refused = run.history.update('pay', -1);
    run.history.update('pay', 1);
    await run.task();
    expect(outcomeOf(run, refused)).toEqual({ failed: 'validating u1' });
    run.history.completeActivity('1', 'x');
    const info = { id: 'u2', name: 'pay' };
    expect(resultOf(await run.task())).toEqual([info, info, 'none']);
  });

  it('writes the update to the log', async () => {
    const lines: unknown[] = [];
    const logger = makeLogger('INFO', (_level, _message, attributes) => void lines.push(attributes));
    async function logging(): Promise<void> {
      wf.setHandler(add, (n) => {
        wf.log.info('adding');
        return n;
      });
      await wf.condition(() => false);
    }
    const run = new Driver(logging, { logger });
    await run.task();
    run.history.update('add', 1);
    await run.task();
    expect(JSON.stringify(lines)).toContain('"updateId":"u1","updateName":"add"');
  });

  it('may continue the workflow as new', async () => {
    async function continued(): Promise<void> {
      wf.setHandler(add, async (n) => await wf.continueAsNew(n));
      await wf.condition(() => false);
    }
    const run = new Driver(continued);
    await run.task();
    run.history.update('add', 1);
    expect(names(await run.task())).toEqual(['ProtocolMessage', 'ContinueAsNewWorkflowExecution']);
  });

  it('that is not finished when the workflow ends is warned of, unless it asked to be abandoned', async () => {
    const warnings: string[] = [];
    const logger = makeLogger(
      'WARN',
      (_level, _message, attributes) => void warnings.push(JSON.stringify(attributes)),
    );
    async function leaving(): Promise<void> {
      let seen = 0;
      const handler = async (n: number): Promise<string> => {
        seen += 1;
        return await charge(n);
      };
      wf.setHandler(pay, handler);
      wf.setHandler(wf.defineUpdate<string, [number]>('quiet'), handler, {
        unfinishedPolicy: wf.HandlerUnfinishedPolicy.ABANDON,
      });
      await wf.condition(() => seen === 2);
    }
    const run = new Driver(leaving, { logger });
    await run.task();
    run.history.update('pay', 1);
    run.history.update('quiet', 2);
    await run.task();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('"id":"u1"');
    expect(warnings[0]).not.toContain('"id":"u2"');
  });

  it('shows in the workflow metadata with its description, and in the stack trace while it waits', async () => {
    async function described(): Promise<void> {
      async function takesPayment(n: number): Promise<string> {
        return await charge(n);
      }
      wf.setHandler(pay, takesPayment, { description: 'takes a payment' });
      wf.setCurrentDetails('waiting');
      await wf.condition(() => false);
    }
    const run = new Driver(described);
    await run.task();
    run.history.update('pay', 1);
    await run.task();
    expect(await run.query('__temporal_workflow_metadata')).toMatchObject({
      definition: { updateDefinitions: [{ name: 'pay', description: 'takes a payment' }] },
      currentDetails: 'waiting',
    });
    expect(await run.query('__stack_trace')).toContain('takesPayment');
  });
});
