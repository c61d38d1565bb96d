import { crashEverywhere, failFirst, TestWorkflowEnvironment } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import { TASK_QUEUE, type Tenant } from './shared.ts';
import * as workflows from './workflows.ts';

const { importFiles } = workflows;
const START = Date.UTC(2026, 0, 5);
const globex: Tenant = { name: 'globex', weight: 1 };
const acme: Tenant = { name: 'acme', weight: 1 };
const gold: Tenant = { name: 'gold', weight: 3 };
const files = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}.csv`);

interface World {
  env: TestWorkflowEnvironment;
  /** Tenants, in the order in which their files began. */
  loaded: string[];
  start(tenant: Tenant, count: number): Promise<{ result(): Promise<number> }>;
}

/** One file at a time, each for a second. */
async function withOneAtATime<T>(
  test: (world: World) => Promise<T>,
  given?: TestWorkflowEnvironment,
): Promise<T> {
  const env = given ?? (await TestWorkflowEnvironment.createTimeSkipping({ startTime: START }));
  const loaded: string[] = [];
  const load = async (tenant: string): Promise<number> => {
    loaded.push(tenant);
    await env.sleep('1 second');
    return 1;
  };
  await env.client.workflowService.updateTaskQueueConfig({
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    updateQueueConcurrency: { maxConcurrentTasks: 1 },
  });
  const start: World['start'] = (tenant, count) =>
    env.client.workflow.start(importFiles, {
      taskQueue: TASK_QUEUE,
      workflowId: `import-${tenant.name}`,
      args: [tenant, files(count)],
    });
  try {
    const worker = { taskQueue: TASK_QUEUE, workflows, activities: { load } };
    return await env.runUntil(worker, () => test({ env, loaded, start }));
  } finally {
    if (!given) await env.teardown();
  }
}

describe('tenants who share a task queue', () => {
  it('have their turns: six files are not behind sixty', () =>
    withOneAtATime(async ({ loaded, start }) => {
      const [large, small] = [await start(globex, 60), await start(acme, 6)];
      expect(await small.result()).toBe(6);
      expect(loaded.length).toBeLessThan(15);
      expect(await large.result()).toBe(60);
    }));

  it('have shares by their weights', () =>
    withOneAtATime(async ({ loaded, start }) => {
      const handles = [await start(globex, 20), await start(gold, 20)];
      await Promise.all(handles.map((handle) => handle.result()));
      const golden = loaded.slice(0, 20).filter((tenant) => tenant === 'gold').length;
      // Three of four; one file may change places with its neighbour where a call is lost on its way.
      expect(Math.abs(golden - 15)).toBeLessThanOrEqual(1);
    }));

  it('do not wait for the files of one that fail and are tried again', () =>
    withOneAtATime(async ({ env, loaded, start }) => {
      const faults = { activities: { load: failFirst(4) } };
      await env.withFaults(faults, async () => {
        const failing = await start(globex, 4);
        await env.sleep(0);
        const small = await start(acme, 3);
        expect(await small.result()).toBe(3);
        expect(await failing.result()).toBe(4);
      });
      expect(loaded.filter((tenant) => tenant === 'acme')).toHaveLength(3);
    }));

  it('have all their files loaded wherever the engine dies', async () => {
    const { result } = await crashEverywhere(
      (crashing) =>
        withOneAtATime(async ({ start }) => {
          const handles = [await start(globex, 3), await start(acme, 2)];
          return Promise.all(handles.map((handle) => handle.result()));
        }, crashing),
      { startTime: START },
    );
    expect(result).toEqual([3, 2]);
  });
});
