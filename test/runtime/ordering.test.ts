import { describe, expect, it } from 'vitest';
import * as wf from '../../sdk/workflow/index.ts';
import { activityTypes, all, Driver, names, resultOf } from './driver.ts';

const { charge } = wf.proxyActivities<{ charge(n: number): Promise<string> }>({ startToCloseTimeout: '1m' });
const go = wf.defineSignal<[string]>('go');

describe('the order in which a run sees things', () => {
  it('delivers a signal that came before the first task before the workflow function is called', async () => {
    const order: string[] = [];
    async function early(): Promise<void> {
      order.push('main');
      wf.setHandler(go, (text) => void order.push(text));
      order.push('handler set');
    }
    const run = new Driver(early);
    run.history.signal('go', 'signal');
    await run.task();
    // Twice: the driver replays every task. There was no handler yet, so the signal waited for one.
    expect(order.slice(0, 3)).toEqual(['main', 'signal', 'handler set']);
  });

  it('delivers signals before other outcomes of the same task, and those in the order of history', async () => {
    async function mixed(): Promise<string[]> {
      const order: string[] = [];
      wf.setHandler(go, (text) => void order.push(text));
      await Promise.all([
        charge(1).then(() => order.push('a1')),
        charge(2).then(() => order.push('a2')),
        wf.sleep(1_000).then(() => order.push('t1')),
      ]);
      return order;
    }
    const run = new Driver(mixed);
    await run.task();
    run.history.completeActivity('2');
    run.history.signal('go', 's1');
    run.history.fireTimer('1');
    run.history.completeActivity('1');
    run.history.signal('go', 's2');
    expect(resultOf(await run.task())).toEqual(['s1', 's2', 'a2', 't1', 'a1']);
  });

  it('looks at conditions after every single delivery, so that none misses a state in between', async () => {
    async function between(): Promise<string> {
      let value = 0;
      wf.setHandler(go, () => {
        value += 1;
      });
      await wf.condition(() => value === 1);
      return `resumed at ${value}`;
    }
    const run = new Driver(between);
    await run.task();
    run.history.signal('go', 'one');
    run.history.signal('go', 'two');
    // Released at 1, but what awaits it goes on when all deliveries are made.
    expect(resultOf(await run.task())).toBe('resumed at 2');
  });

  it('runs microtask chains of any length before it answers', async () => {
    async function long(): Promise<number> {
      for (let i = 0; i < 100_000; i++) await null;
      return wf.workflowInfo().historyLength;
    }
    expect(resultOf(await new Driver(long).task())).toBe(3);
  });

  it('numbers timers and activities separately and sends commands in the order they were issued', async () => {
    async function numbered(): Promise<void> {
      await Promise.all([wf.sleep(5), charge(1), wf.sleep('1s'), charge(2)]);
    }
    const commands = await new Driver(numbered).task();
    expect(names(commands)).toEqual([
      'StartTimer',
      'ScheduleActivityTask',
      'StartTimer',
      'ScheduleActivityTask',
    ]);
    expect(all(commands, 'StartTimer')).toEqual([
      { timerId: '1', startToFireTimeout: '0.005s' },
      { timerId: '2', startToFireTimeout: '1s' },
    ]);
    expect(all(commands, 'ScheduleActivityTask').map((a) => a.activityId)).toEqual(['1', '2']);
  });

  it('sends the end of the workflow last, and only the first of two ends', async () => {
    async function twoEnds(): Promise<string> {
      wf.setHandler(go, async () => {
        await null;
        throw new wf.ApplicationFailure('too late');
      });
      let done = false;
      wf.setHandler(wf.defineSignal('done'), () => {
        done = true;
      });
      await wf.condition(() => done);
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => charge(1));
      return 'first';
    }
    const run = new Driver(twoEnds);
    await run.task();
    run.history.signal('done');
    run.history.signal('go', 'x');
    const commands = await run.task();
    expect(names(commands).filter((n) => n !== 'ScheduleActivityTask')).toHaveLength(1);
    expect(names(commands).at(-1)).toMatch(/WorkflowExecution$/);
  });

  it('sees what arrived during a task in the next one, completions last', async () => {
    async function held(): Promise<string[]> {
      const order: string[] = [];
      wf.setHandler(go, (text) => void order.push(text));
      await charge(1).then(() => order.push('activity'));
      await wf.condition(() => order.length === 2);
      return order;
    }
    const run = new Driver(held);
    await run.task();
    run.history.signal('nobody');
    await run.task(() => {
      run.history.completeActivity('1');
      run.history.signal('go', 'signal');
    });
    expect(resultOf(await run.task())).toEqual(['signal', 'activity']);
  });
});

describe('options of activities and timers', () => {
  it('writes what the user set and leaves out what was not', async () => {
    const { call } = wf.proxyActivities<{ call(a: number, b: string): Promise<void> }>({
      startToCloseTimeout: '90s',
      retry: { maximumAttempts: 3 },
      summary: 'first',
    });
    async function options(): Promise<void> {
      void call(1, 'x');
      void call.executeWithOptions(
        { heartbeatTimeout: 500, retry: { backoffCoefficient: 3 }, activityId: 'mine' },
        [2, 'y'],
      );
    }
    const commands = await new Driver(options).task();
    const [first, second] = all(commands, 'ScheduleActivityTask');
    expect(first).toMatchObject({
      activityId: '1',
      taskQueue: { name: 'test' },
      startToCloseTimeout: '90s',
      retryPolicy: { initialInterval: '1s', maximumAttempts: 3 },
    });
    expect(first).not.toHaveProperty('heartbeatTimeout');
    expect(commands[0]!.userMetadata?.summary?.data).toBe(btoa('"first"'));
    expect(second).toMatchObject({
      activityId: 'mine',
      heartbeatTimeout: '0.500s',
      retryPolicy: { maximumAttempts: 3, backoffCoefficient: 3 },
    });
  });

  it('refuses activities without a timeout, where they are declared', () => {
    expect(() => wf.proxyActivities({})).toThrow(TypeError);
  });

  it('rejects calls outside of a workflow with an IllegalStateError that names them', () => {
    expect(() => wf.sleep(1)).toThrow(wf.IllegalStateError);
    expect(() => wf.sleep(1)).toThrow(/^sleep /);
    expect(() => charge(1)).toThrow(/^Activity charge /);
    expect(wf.inWorkflowContext()).toBe(false);
  });

  it('gives the activity result, and the failure with its cause, retry state and type', async () => {
    async function results(): Promise<unknown[]> {
      const error = await charge(1).catch((e) => e);
      const { cause } = error;
      return [
        error instanceof wf.ActivityFailure,
        error.retryState,
        error.activityType,
        cause.type,
        cause.message,
      ];
    }
    const run = new Driver(results);
    expect(activityTypes(await run.task())).toEqual(['charge']);
    run.history.failActivity('1');
    expect(resultOf(await run.task())).toEqual([
      true,
      'MAXIMUM_ATTEMPTS_REACHED',
      'charge',
      'Error',
      'no luck',
    ]);
  });
});
