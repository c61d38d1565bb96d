import { crashEverywhere, delay, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { print } = workflows;

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

/** A printer that remembers how many used it at once, and in which order. */
function printer(on: TestWorkflowEnvironment) {
  const order: string[] = [];
  let now = 0;
  let most = 0;
  const workOn = async (_: string, what: string): Promise<string> => {
    most = Math.max(most, ++now);
    await on.sleep('20 seconds');
    now--;
    order.push(what);
    return what;
  };
  return { order, workOn, most: () => most };
}

const start = (machine: string, model: string, on = env) =>
  on.client.workflow.start(print, {
    taskQueue: TASK_QUEUE,
    workflowId: `${machine}-${model}`,
    args: [machine, model],
  });

describe('a mutex', () => {
  it('lets workflows work one after the other, in the order in which they asked', async () => {
    const { workOn, order, most } = printer(env);
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: { workOn } }, async () => {
      const prints = [];
      for (const model of ['a', 'b', 'c', 'd']) {
        prints.push(await start('p1', model));
        // Until it has asked, however often that has to be tried; the first one works for longer.
        await env.sleep('4 seconds');
      }
      await Promise.all(prints.map((handle) => handle.result()));
    });
    expect(order).toEqual(['p1-a: a', 'p1-b: b', 'p1-c: c', 'p1-d: d']);
    expect(most()).toBe(1);
  });

  it('is given back by a workflow that fails, and by one that is cancelled, also while it waits', async () => {
    const activities = { workOn: async (_: string, what: string) => what };
    const faults = { activities: { workOn: delay('30 seconds') } };
    await env.withFaults(faults, () =>
      env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
        const holding = await start('p2', 'holding');
        const waiting = await start('p2', 'waiting');
        await env.sleep('1 second');
        await waiting.cancel();
        await holding.cancel();
        const ends = await Promise.all(
          [holding, waiting].map((handle) => handle.result().catch((e) => e.message)),
        );
        expect(ends).toEqual(['Workflow execution cancelled', 'Workflow execution cancelled']);
        await env.withFaults({}, async () => {
          expect(await (await start('p2', 'next')).result()).toBe('p2-next: next');
        });
      }),
    );
  });

  it('is taken from a workflow that was terminated, when its time is over', async () => {
    const activities = { workOn: async (_: string, what: string) => what };
    await env.withFaults({ activities: { workOn: delay('30 seconds') } }, () =>
      env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
        const gone = await start('p3', 'gone');
        while (!(await gone.describe()).raw.pendingActivities?.length) await env.sleep('1 second');
        const next = await start('p3', 'next');
        await env.sleep('1 second');
        await gone.terminate();
        const begun = await env.currentTimeMs();
        await next.result();
        expect(Math.round(((await env.currentTimeMs()) - begun) / 60_000)).toBe(10);
      }),
    );
  });

  it('ends after an hour without anybody, and is started anew by the next one', async () => {
    const activities = { workOn: async (_: string, what: string) => what };
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      await (await start('p4', 'first')).result();
      await env.client.workflow.getHandle('lock/p4').result();
      await (await start('p4', 'second')).result();
      expect((await env.client.workflow.getHandle('lock/p4').describe()).status.name).toBe('RUNNING');
    });
  });
});

it('never lets two in wherever the engine dies', async () => {
  const { result } = await crashEverywhere(
    async (crashing) => {
      const { workOn, order, most } = printer(crashing);
      await crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: { workOn } }, async () => {
        const handles = [await start('p', 'a', crashing), await start('p', 'b', crashing)];
        await Promise.all(handles.map((handle) => handle.result()));
      });
      return [most(), ...new Set(order)].sort();
    },
    { maxRuns: 60 },
  );
  expect(result).toEqual([1, 'p-a: a', 'p-b: b']);
});
