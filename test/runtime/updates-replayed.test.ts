import { describe, expect, it } from 'vitest';
import * as wf from '../../sdk/workflow/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { Driver, outcomeOf, resultOf, silent } from './driver.ts';

const add = wf.defineUpdate<number, [number]>('add');

async function counter(): Promise<number> {
  let sum = 0;
  wf.setHandler(add, (n) => {
    sum += n;
    return sum;
  });
  await wf.condition(() => sum > 100);
  return sum;
}

describe('an update validator', () => {
  it('may only read', async () => {
    async function writing(): Promise<void> {
      wf.setHandler(add, (n) => n, { validator: () => void wf.sleep(1) });
      await wf.condition(() => false);
    }
    const run = new Driver(writing);
    await run.task();
    const id = run.history.update('add', 1);
    await run.task();
    expect(outcomeOf(run, id)).toEqual({
      failed: 'A query handler or update validator may only read: it cannot start a timer.',
    });
  });

  it('draws no random numbers of the run', async () => {
    async function drawing(): Promise<string[]> {
      const ids: string[] = [];
      wf.setHandler(add, (n) => ids.push(wf.uuid4()) + n, { validator: () => void wf.uuid4() });
      await wf.condition(() => ids.length === 1);
      return ids;
    }
    const run = new Driver(drawing);
    await run.task();
    run.history.update('add', 1);
    const live = resultOf(await run.task());
    const report = await replayHistory(run.history.events, { drawing }, { logger: silent });
    expect(report.ok).toBe(true);
    async function plain(): Promise<string[]> {
      return [wf.uuid4()];
    }
    expect(live).toEqual(resultOf(await new Driver(plain).task()));
  });

  it('cannot change what the handler sees', async () => {
    const note = wf.defineUpdate<string, [{ text: string }]>('note');
    async function noting(): Promise<void> {
      const validator = (value: { text: string }): void => {
        value.text = 'changed';
      };
      wf.setHandler(note, ({ text }) => text, { validator });
      await wf.condition(() => false);
    }
    const run = new Driver(noting);
    await run.task();
    const id = run.history.update('note', { text: 'mine' });
    await run.task();
    expect(outcomeOf(run, id)).toEqual({ result: 'mine' });
  });
});

describe('tasks and updates', () => {
  it('of a task that was lost are delivered again by the next one', async () => {
    const run = new Driver(counter);
    await run.task();
    const id = run.history.update('add', 1);
    await run.lostTask('failed');
    await run.task();
    expect(outcomeOf(run, id)).toEqual({ result: 1 });
  });

  it('a task without commands stays apart from the update that follows it', async () => {
    async function quiet(): Promise<string[]> {
      const order: string[] = [];
      wf.setHandler(add, (n) => order.push(`update ${n}`));
      order.push('main');
      await wf.condition(() => order.length === 2);
      return order;
    }
    const run = new Driver(quiet);
    await run.task();
    run.restart();
    run.history.update('add', 1);
    expect(resultOf(await run.task())).toEqual(['main', 'update 1']);
  });

  it('a replay finds an update that the code does not accept any more', async () => {
    const run = new Driver(counter);
    await run.task();
    run.history.update('add', 1);
    await run.task();
    const silentWorkflow = async (): Promise<void> => await wf.condition(() => false);
    const { divergence } = await replayHistory(
      run.history.events,
      { counter: silentWorkflow },
      { logger: silent },
    );
    expect(divergence?.message).toContain('acceptance of update u1');
  });
});
