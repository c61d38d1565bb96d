import { ApplicationFailure } from 'perdure/common';
import { crashEverywhere, delay, failFirst, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Environment, type Resource, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { provision, getInventory } = workflows;

/** A cloud that remembers what there is. */
function cloud(failing?: string) {
  const there = new Set<string>();
  const destroyed: string[] = [];
  return {
    there,
    destroyed,
    activities: {
      create: async ({ id }: Resource) => {
        there.add(id);
        if (id === failing) throw ApplicationFailure.create({ message: `no ${id}`, type: 'QuotaExceeded' });
      },
      destroy: async ({ id }: Resource) => {
        there.delete(id);
        destroyed.push(id);
      },
    },
  };
}

let env: TestWorkflowEnvironment;
let name: string;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());
beforeEach(() => {
  name = crypto.randomUUID();
});

const started = (environment: Environment) => ({
  ...{ taskQueue: TASK_QUEUE, workflowId: environment.name },
  args: [environment] as [Environment],
});

describe('an environment', () => {
  it('is built: network first, database and servers side by side, address last', async () => {
    const { activities, there } = cloud();
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      const { phase, resources } = await env.client.workflow.execute(
        provision,
        started({ name, servers: 3 }),
      );
      expect(phase).toBe('ready');
      expect(resources.map(({ kind }) => kind)).toEqual([
        ...['network', 'database', 'server', 'server', 'server', 'address'],
      ]);
    });
    expect(there.size).toBe(6);
  });

  it('that cannot be built is taken down in reverse, what failed among it', async () => {
    const { activities, there, destroyed } = cloud(`${name}/server-1`);
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      const handle = await env.client.workflow.start(provision, started({ name, servers: 2 }));
      await expect(handle.result()).rejects.toMatchObject({ cause: { cause: { type: 'QuotaExceeded' } } });
      expect(await handle.query(getInventory)).toEqual({ phase: 'rolled back', resources: [] });
    });
    expect([...there]).toEqual([]);
    expect(destroyed.map((id) => id.split('/')[1])).toEqual(['server-1', 'server-0', 'database', 'network']);
  });

  it('that is cancelled is taken down, however long the cloud refuses to', async () => {
    const { activities, there } = cloud();
    const faults = {
      activities: { create: delay('25 seconds'), destroy: failFirst(50) },
    };
    await env.withFaults(faults, () =>
      env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
        const handle = await env.client.workflow.start(provision, started({ name, servers: 2 }));
        await env.sleep('10 seconds');
        await handle.cancel();
        await expect(handle.result()).rejects.toThrow('cancelled');
      }),
    );
    expect([...there]).toEqual([]);
  });
});

it('leaves nothing behind wherever the engine dies', async () => {
  const { result } = await crashEverywhere(
    async (crashing) => {
      const { activities, there } = cloud('e/server-1');
      await crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, () =>
        crashing.client.workflow
          .execute(provision, started({ name: 'e', servers: 2 }))
          .catch(() => undefined),
      );
      return [...there];
    },
    { maxRuns: 60 },
  );
  expect(result).toEqual([]);
});
