/** Limits of task queues, as tests of workflows meet them: over the engine in memory. */

import { describe, expect, it } from 'vitest';
import type { UpdateTaskQueueConfigRequest } from '../../sdk/client/index.ts';
import { crashEverywhere, TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { START } from './engine.ts';
import * as workflows from './limited-workflows.ts';

const taskQueue = 'q';

interface World {
  env: TestWorkflowEnvironment;
  /** When activities began, in seconds from the start; of one tenant, or of all. */
  begun(tenant?: string): number[];
  mostAtATime(): number;
}

interface Given {
  env?: TestWorkflowEnvironment;
  /** How long an activity runs, in virtual time. */
  runs?: number;
  maxTaskQueueActivitiesPerSecond?: number;
  config?: Omit<UpdateTaskQueueConfigRequest, 'namespace' | 'taskQueue'>;
}

async function limited<T>(given: Given, test: (world: World) => Promise<T>): Promise<T> {
  const { runs, config, maxTaskQueueActivitiesPerSecond: rate } = given;
  const env = given.env ?? (await TestWorkflowEnvironment.createTimeSkipping({ startTime: START }));
  const starts: Array<{ tenant: string; time: number }> = [];
  let running = 0;
  let most = 0;
  const work = async (tenant: string): Promise<void> => {
    starts.push({ tenant, time: (await env.currentTimeMs()) - START });
    most = Math.max(most, ++running);
    if (runs) await env.sleep(runs);
    running--;
  };
  const of = { namespace: 'default', taskQueue };
  if (config) await env.client.workflowService.updateTaskQueueConfig({ ...of, ...config });
  const worker = {
    taskQueue,
    workflows,
    activities: { work },
    ...(rate && { maxTaskQueueActivitiesPerSecond: rate }),
  };
  const begun = (only?: string): number[] =>
    starts.filter(({ tenant }) => only === undefined || tenant === only).map(({ time }) => time / 1_000);
  try {
    return await env.runUntil(worker, () => test({ env, begun, mostAtATime: () => most }));
  } finally {
    if (!given.env) await env.teardown();
  }
}

const run = ({ env }: World, ...args: [count: number, tenants?: string[]]): Promise<number> =>
  env.client.workflow.execute(workflows.several, { workflowId: 'w', taskQueue, args });

const perSecond = (requestsPerSecond: number) => ({ rateLimit: { requestsPerSecond } });

describe('in perdure/testing activities keep to', () => {
  it('the rate of their task queue', () =>
    limited({ config: { updateQueueRateLimit: perSecond(2) } }, async (world) => {
      await run(world, 5);
      expect(world.begun()).toEqual([0, 0.5, 1, 1.5, 2]);
    }));

  it('the number that may run at a time', () =>
    limited(
      { runs: 10_000, config: { updateQueueConcurrency: { maxConcurrentTasks: 2 } } },
      async (world) => {
        await run(world, 5);
        expect(world.mostAtATime()).toBe(2);
        expect(world.begun()).toEqual([0, 0, 10, 10, 20]);
      },
    ));

  it('the rate of their fairness key', () =>
    limited({ config: { updateFairnessKeyRateLimitDefault: perSecond(1) } }, async (world) => {
      await run(world, 6, ['acme', 'acme', 'globex']);
      expect(world.begun('acme')).toEqual([0, 1, 2, 3]);
      expect(world.begun('globex')).toEqual([0, 1]);
    }));

  it('the rate that their Worker asks for', () =>
    limited({ maxTaskQueueActivitiesPerSecond: 4 }, async (world) => {
      await run(world, 4);
      expect(world.begun()).toEqual([0, 0.25, 0.5, 0.75]);
      const described = await world.env.client.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: taskQueue },
        taskQueueType: 2,
        reportConfig: true,
      });
      expect(described.effectiveRateLimit).toEqual({
        requestsPerSecond: 4,
        rateLimitSource: 'RATE_LIMIT_SOURCE_WORKER',
      });
    }));

  it('the rate of the configuration, whatever their Worker asks for', () =>
    limited(
      { maxTaskQueueActivitiesPerSecond: 4, config: { updateQueueRateLimit: perSecond(1) } },
      async (world) => {
        await run(world, 3);
        expect(world.begun()).toEqual([0, 1, 2]);
      },
    ));

  it('a limit that is taken away no longer', () =>
    limited({ config: { updateQueueRateLimit: perSecond(0) } }, async (world) => {
      const { client } = world.env;
      await client.workflow.start(workflows.several, { workflowId: 'w', taskQueue, args: [3] });
      await world.env.sleep('1 day');
      expect(world.begun()).toEqual([]);
      const of = { namespace: 'default', taskQueue };
      await client.workflowService.updateTaskQueueConfig({ ...of, updateQueueRateLimit: {} });
      await client.workflow.getHandle('w').result();
      expect(world.begun()).toHaveLength(3);
    }));

  it('their limits wherever the engine dies, and all of them run', async () => {
    const config = {
      updateQueueConcurrency: { maxConcurrentTasks: 2 },
      updateQueueRateLimit: perSecond(1),
      updateFairnessKeyRateLimitDefault: perSecond(0.5),
    };
    const { result, boundaries } = await crashEverywhere(
      (env) =>
        limited({ env, runs: 5_000, config }, async (world) => {
          const done = await run(world, 4, ['acme', 'globex']);
          return { done, most: world.mostAtATime(), begun: world.begun().length };
        }),
      { startTime: START },
    );
    expect(result).toEqual({ done: 4, most: 2, begun: 4 });
    expect(boundaries).toBeGreaterThan(20);
  });
});
