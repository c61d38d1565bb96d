import { crashEverywhere, failFirst, TestWorkflowEnvironment } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import { createActivities, createOffer, type Disk } from './activities.ts';
import { type Host, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { processFile } = workflows;

interface World {
  env: TestWorkflowEnvironment;
  process(id?: string): Promise<{ host: string; words: number }>;
  /** The host serves as long as `work` is going on. */
  serving<T>(host: string, work: () => Promise<T>): Promise<T>;
  /** Who is offered to workflows from now on. */
  offers: string[];
  /** Names of files, by host. */
  disks: Map<string, Map<string, string>>;
}

function diskOf(files: Map<string, string>): Disk {
  return {
    write: async (name, text) => void files.set(name, text),
    read: async (name) => {
      const text = files.get(name);
      if (text === undefined) throw new Error(`there is no ${name} here`);
      return text;
    },
    remove: async (name) => void files.delete(name),
  };
}

async function withHosts<T>(test: (world: World) => Promise<T>, given?: TestWorkflowEnvironment): Promise<T> {
  const env = given ?? (await TestWorkflowEnvironment.createTimeSkipping());
  const offers = ['a', 'b'];
  const disks = new Map<string, Map<string, string>>();
  let turn = 0;
  const offerHost = async (): Promise<Host> => {
    const name = offers[turn++ % offers.length]!;
    return createOffer({ name, taskQueue: `host-${name}` }).offerHost();
  };
  const world: World = {
    env,
    offers,
    disks,
    process: (id = 'w') =>
      env.client.workflow.execute(processFile, { taskQueue: TASK_QUEUE, workflowId: id, args: ['emma'] }),
    serving: (host, work) => {
      const files = new Map<string, string>();
      disks.set(host, files);
      const activities = createActivities(diskOf(files), async () => {});
      return env.runUntil({ taskQueue: `host-${host}`, activities }, work);
    },
  };
  try {
    return await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: { offerHost } }, () =>
      test(world),
    );
  } finally {
    if (!given) await env.teardown();
  }
}

describe('files on the disks of hosts', () => {
  it('are fetched, counted and removed by one host each', () =>
    withHosts(({ process, serving, disks }) =>
      serving('a', () =>
        serving('b', async () => {
          const counted = await Promise.all(['1', '2', '3', '4'].map((id) => process(id)));
          expect(counted.map(({ words }) => words)).toEqual([4, 4, 4, 4]);
          expect(new Set(counted.map(({ host }) => host))).toEqual(new Set(['a', 'b']));
          expect([...disks.values()].map(({ size }) => size)).toEqual([0, 0]);
        }),
      ),
    ));

  it('are fetched anew by another host when the one that had them is gone', () =>
    withHosts(async ({ env, process, serving, offers, disks }) => {
      const counting = await serving('a', async () => {
        // It dies before it has counted.
        const faults = { activities: { countWords: failFirst(1) } };
        return env.withFaults(faults, async () => {
          const result = process();
          await env.sleep(0);
          return { result };
        });
      });
      expect(disks.get('a')!.size).toBe(1);
      offers.splice(0, 2, 'b');
      await serving('b', async () => {
        expect(await counting.result).toEqual({ host: 'b', words: 4 });
      });
      const { events } = await env.client.workflow.getHandle('w').fetchHistory();
      const timedOut = events.filter(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT');
      expect(timedOut).not.toHaveLength(0);
    }));

  it('are given up when five hosts in a row were gone', () =>
    withHosts(async ({ process }) => {
      await expect(process()).rejects.toThrow('Workflow execution failed');
    }));

  it('are counted wherever the engine dies', async () => {
    const { result } = await crashEverywhere((crashing) =>
      withHosts(({ process, serving }) => serving('a', () => serving('b', () => process())), crashing),
    );
    expect(result.words).toBe(4);
  });
});
