import { CrashEverywhereError, crashEverywhere, type TestWorkflowEnvironment } from 'perdure/testing';
import { DefaultLogger, Runtime, Worker } from 'perdure/worker/node';
import { beforeAll, describe, expect, it } from 'vitest';
import * as workflows from './fixtures/orders.ts';

const { approve, order, paid } = workflows;
const taskQueue = 'orders';
const ship = async (receipt: string): Promise<string> => `shipped, ${receipt}`;
const charge = async (amount: number): Promise<string> => `receipt for ${amount}`;

beforeAll(() => void Runtime.install({ logger: new DefaultLogger('ERROR') }));

function orderOnce(env: TestWorkflowEnvironment): Promise<unknown> {
  return env.runUntil({ taskQueue, workflows, activities: { charge, ship } }, async () => {
    const handle = await env.client.workflow.start(order, { taskQueue, workflowId: 'order', args: [7] });
    await handle.signal(approve, 'Ada');
    const result = await handle.result();
    const { status } = await handle.describe();
    return [result, status.name, await env.currentTimeMs()];
  });
}

describe('crashEverywhere', () => {
  it('comes to the same result wherever the engine is restarted', async () => {
    const { result, boundaries, restarts } = await crashEverywhere(orderOnce, { startTime: 0 });
    expect(result).toEqual(['shipped, receipt for 7, approved by Ada', 'COMPLETED', 90_000_000]);
    expect(boundaries).toBeGreaterThan(8);
    expect(restarts).toBe(boundaries);
  });

  it('restarts Workers too, and serves those that Worker.create makes', async () => {
    const workflowsPath = new URL('./fixtures/orders.ts', import.meta.url).href;
    let charges = 0;
    const activities = {
      ship,
      charge: (amount: number) => {
        charges++;
        return charge(amount);
      },
    };
    const { restarts } = await crashEverywhere(
      async (env) => {
        const { nativeConnection: connection, client } = env;
        const worker = await Worker.create({ connection, taskQueue, workflowsPath, activities });
        return worker.runUntil(client.workflow.execute(paid, { taskQueue, workflowId: 'paid', args: [7] }));
      },
      { restart: 'engine and workers' },
    );
    // Once in each run, and once more where the answer had not been recorded.
    expect(charges).toBeGreaterThan(restarts + 1);
  });

  it('names the boundary at which an activity that is not idempotent is found out', async () => {
    const failing = crashEverywhere(
      async (env) => {
        let balance = 100;
        const activities = {
          ship,
          charge: async (amount: number) => {
            balance -= amount;
            return charge(amount);
          },
        };
        await env.runUntil({ taskQueue, workflows, activities }, () =>
          env.client.workflow.execute(paid, { taskQueue, workflowId: 'paid', args: [7] }),
        );
        return balance;
      },
      { restart: 'engine and workers' },
    );
    await expect(failing).rejects.toThrow(CrashEverywhereError);
    await expect(failing).rejects.toThrow(
      /workflow paid, answer of activity charge.* answers 86 instead of 93/,
    );
  });

  it('passes on what the test throws without a restart, and says where it throws with one', async () => {
    await expect(crashEverywhere(() => Promise.reject(new Error('of the test')))).rejects.toThrow(
      /^of the test$/,
    );
    let runs = 0;
    const second = crashEverywhere(async (env) => {
      await orderOnce(env);
      if (++runs > 1) throw new Error('only the first time');
    });
    await expect(second).rejects.toMatchObject({
      name: 'CrashEverywhereError',
      boundary: 1,
      place: expect.stringContaining('workflow order, '),
      cause: { message: 'only the first time' },
    });
  });

  it.each(['cancel', 'terminate'] as const)(
    'a %s that the engine does not survive is carried out once',
    async (how) => {
      const { result, restarts, boundaries } = await crashEverywhere((env) =>
        env.runUntil({ taskQueue, workflows, activities: { charge, ship } }, async () => {
          const handle = await env.client.workflow.start(order, {
            taskQueue,
            workflowId: 'order',
            args: [7],
          });
          await handle[how]();
          await handle.result().catch(() => undefined);
          return (await handle.describe()).status.name;
        }),
      );
      expect(restarts).toBe(boundaries);
      expect(result).toBe(how === 'cancel' ? 'CANCELLED' : 'TERMINATED');
    },
  );

  it('tries as many boundaries as it may, and gives up on a run that hangs', async () => {
    const { restarts, boundaries } = await crashEverywhere(orderOnce, { maxRuns: 3 });
    expect(restarts).toBe(3);
    expect(boundaries).toBeGreaterThan(3);
    await expect(crashEverywhere(() => new Promise(() => undefined), { timeout: 20 })).rejects.toThrow(
      'not over',
    );
  });
});
