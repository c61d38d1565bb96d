import { describe, expect, it } from 'vitest';
import * as wf from '../../sdk/workflow/index.ts';
import { Driver, names, resultOf } from './driver.ts';

const { charge } = wf.proxyActivities<{ charge(n: number): Promise<string> }>({ startToCloseTimeout: '1m' });
const add = wf.defineSignal<[number]>('add');
const total = wf.defineQuery<number, [number?]>('total');

describe('signals', () => {
  it('wait for a handler and are delivered in the order they came', async () => {
    async function buffered(): Promise<string[]> {
      const order: string[] = [];
      await charge(1);
      wf.setHandler(wf.defineSignal('b'), () => void order.push('b'));
      wf.setHandler(wf.defineSignal<[number]>('a'), (n) => void order.push(`a${n}`));
      return order;
    }
    const run = new Driver(buffered);
    run.history.signal('a', 1);
    run.history.signal('b');
    run.history.signal('a', 2);
    await run.task();
    run.history.completeActivity('1');
    expect(resultOf(await run.task())).toEqual(['b', 'a1', 'a2']);
  });

  it('without a handler of their own go to the default handler, with their name', async () => {
    async function defaulted(): Promise<string[]> {
      const order: string[] = [];
      wf.setHandler(add, (n) => void order.push(`add ${n}`));
      wf.setDefaultSignalHandler((name, ...args) => void order.push(`${name} ${args.join()}`));
      await wf.condition(() => order.length === 2);
      return order;
    }
    const run = new Driver(defaulted);
    run.history.signal('other', 1, 2);
    run.history.signal('add', 3);
    expect(resultOf(await run.task())).toEqual(['add 3', 'other 1,2']);
  });

  it('whose handler throws a failure fail the workflow', async () => {
    async function failing(): Promise<void> {
      wf.setHandler(add, async () => {
        throw wf.ApplicationFailure.create({ message: 'no', type: 'Refused' });
      });
      await wf.condition(() => false);
    }
    const run = new Driver(failing);
    await run.task();
    run.history.signal('add', 1);
    expect(names(await run.task())).toEqual(['FailWorkflowExecution']);
  });

  it('whose handler throws anything else fail the task, and are seen again by fixed code', async () => {
    const workflow = (broken: boolean) =>
      async function signalled(): Promise<number> {
        let sum = 0;
        wf.setHandler(add, (n) => {
          if (broken) throw new TypeError('bug');
          sum += n;
        });
        await wf.condition(() => sum > 0);
        return sum;
      };
    const run = new Driver(workflow(true), { workflowType: 'signalled' });
    await run.task();
    run.history.signal('add', 5);
    const { cause, failure } = await run.failingTask();
    expect(cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    expect(failure.message).toBe('bug');
    run.restart(workflow(false));
    run.history.scheduleTask();
    run.history.startTask();
    const answer = await run
      .open({ workflows: { signalled: workflow(false) } })
      .runWorkflowTask(run.history.events);
    expect('completed' in answer && resultOf(answer.completed.commands)).toBe(5);
  });

  it('count as unfinished until their handler has returned', async () => {
    async function unfinished(): Promise<string[]> {
      const order: string[] = [];
      wf.setHandler(add, async (n) => {
        await charge(n);
        order.push('handled');
      });
      await wf.condition(() => !wf.allHandlersFinished());
      await wf.condition(wf.allHandlersFinished);
      return order;
    }
    const run = new Driver(unfinished);
    run.history.signal('add', 1);
    await run.task();
    run.history.completeActivity('1');
    expect(resultOf(await run.task())).toEqual(['handled']);
  });

  it('refuse handlers for names that belong to the SDK', async () => {
    async function reserved(): Promise<void> {
      wf.setHandler(wf.defineSignal('__temporal_x'), () => undefined);
    }
    const { failure } = await new Driver(reserved).failingTask();
    expect(failure.stackTrace).toMatch(/^TypeError: /);
    expect(failure.message).toBe(
      "Cannot use signal name: '__temporal_x', with reserved prefix: '__temporal_'",
    );
  });

  it('take the names that Temporal’s own packages register, as what they register them', async () => {
    const publish = '__temporal_workflow_stream_publish';
    const offset = '__temporal_workflow_stream_offset';
    async function streaming(): Promise<unknown[]> {
      const published: unknown[] = [];
      wf.setHandler(wf.defineSignal<[string]>(publish), (text) => void published.push(text));
      wf.setHandler(wf.defineQuery<number>(offset), () => published.length);
      await wf.condition(() => published.length > 0);
      try {
        wf.setHandler(wf.defineQuery(publish), () => undefined);
      } catch (error) {
        published.push((error as Error).message);
      }
      return published;
    }
    const run = new Driver(streaming);
    await run.task();
    expect(await run.query(offset)).toBe(0);
    run.history.signal(publish, 'news');
    expect(resultOf(await run.task())).toEqual([
      'news',
      `Cannot use query name: '${publish}', with reserved prefix: '__temporal_'`,
    ]);
  });
});

describe('queries', () => {
  async function queried(): Promise<void> {
    let sum = 0;
    wf.setHandler(
      add,
      (n) => {
        sum += n;
      },
      { description: 'adds' },
    );
    wf.setHandler(total, (extra = 0) => sum + extra);
    wf.setHandler(wf.defineQuery('throws'), () => {
      throw new wf.ApplicationFailure('unwell');
    });
    wf.setHandler(wf.defineQuery('promise'), async () => 1);
    wf.setHandler(wf.defineQuery('lingers'), async () => {
      await null;
      await charge(1);
    });
    wf.setHandler(wf.defineQuery('acts'), () => void charge(1));
    wf.setHandler(wf.defineQuery('random'), () => Math.random());
    await wf.condition(() => sum >= 10);
    await wf.sleep('1h');
    await charge(Math.floor(Math.random() * 1_000));
  }

  it('are answered from the state after the last completed task, with their arguments', async () => {
    const run = new Driver(queried);
    run.history.signal('add', 4);
    await run.task();
    expect(await run.query('total')).toBe(4);
    expect(await run.query('total', 5)).toBe(9);
    run.history.signal('add', 1);
    // The signal has not been seen by a task yet.
    expect(await run.query('total')).toBe(4);
    await run.task();
    expect(await run.query('total')).toBe(5);
  });

  it('leave the run as it was: random numbers, timers and commands', async () => {
    const run = new Driver(queried);
    run.history.signal('add', 10);
    await run.task();
    expect(await run.query('random')).toBe(await run.query('random'));
    await expect(run.query('lingers')).rejects.toThrow(/should not return a Promise/);
    await expect(run.query('acts')).rejects.toThrow(/may only read/);
    run.history.fireTimer('1');
    // The driver compares this with a run that was asked nothing.
    expect(names(await run.task())).toEqual(['ScheduleActivityTask']);
  });

  it('fail with what the handler threw', async () => {
    const run = new Driver(queried);
    await run.task();
    await expect(run.query('throws')).rejects.toThrow('unwell');
    await expect(run.query('promise')).rejects.toThrow(/should not return a Promise/);
  });

  it('that nobody handles fail and name those that are', async () => {
    const run = new Driver(queried);
    await run.task();
    await expect(run.query('none')).rejects.toThrow(
      /did not register a handler for none.*\[__stack_trace __enhanced_stack_trace __temporal_workflow_metadata total throws/,
    );
  });

  it('go to the default handler when there is one', async () => {
    async function defaulted(): Promise<void> {
      wf.setDefaultQueryHandler((name, ...args) => `${name}(${args.join()})`);
      await wf.condition(() => false);
    }
    const run = new Driver(defaulted);
    await run.task();
    expect(await run.query('anything', 1, 2)).toBe('anything(1,2)');
    await expect(run.query('__temporal_secret')).rejects.toThrow(/reserved/);
  });

  it('before the first task fail and say so', async () => {
    const run = new Driver(queried);
    run.history.scheduleTask();
    await expect(run.query('total')).rejects.toThrow(/first workflow task/);
  });

  it('of a closed workflow are answered by replaying it', async () => {
    async function closed(): Promise<string> {
      wf.setHandler(wf.defineQuery<string>('state'), () => 'ended');
      return 'x';
    }
    const run = new Driver(closed);
    await run.task();
    run.restart();
    expect(await run.query('state')).toBe('ended');
  });

  it('show where the workflow waits', async () => {
    async function deep(): Promise<void> {
      await wf.sleep('1h');
    }
    async function stacked(): Promise<void> {
      await Promise.all([deep(), charge(1)]);
    }
    const run = new Driver(stacked);
    await run.task();
    const stack = String(await run.query('__stack_trace'));
    expect(stack.split('\n\n')).toHaveLength(2);
    expect(stack).toMatch(/at deep .*messages\.test\.ts/);
    expect(stack).not.toMatch(/runtime\/run\.ts/);
  });

  it('show a condition with a timeout once, and nothing of what it is made of', async () => {
    async function timed(): Promise<void> {
      await wf.condition(() => false, '1h');
    }
    const run = new Driver(timed);
    await run.task();
    expect(String(await run.query('__stack_trace'))).toMatch(/^ +at timed \(.*messages\.test\.ts:\d+:\d+\)$/);
  });

  it('show it frame by frame', async () => {
    async function framed(): Promise<void> {
      await Promise.all([wf.sleep('1h')]);
    }
    const run = new Driver(framed);
    await run.task();
    const trace = (await run.query('__enhanced_stack_trace')) as wf.EnhancedStackTrace;
    expect(trace.sdk.name).toBe('perdure-typescript');
    const [first] = trace.stacks[0]!.locations;
    expect(first).toMatchObject({ function_name: 'framed', line: expect.any(Number), internal_code: false });
    expect(first!.file_path).toMatch(/^\/.*messages\.test\.ts$/);
  });

  it('list the handlers', async () => {
    const run = new Driver(queried);
    await run.task();
    expect(await run.query('__temporal_workflow_metadata')).toMatchObject({
      definition: { type: 'queried', signalDefinitions: [{ name: 'add', description: 'adds' }] },
    });
  });
});
