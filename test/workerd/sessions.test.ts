/** Workers known by URL, on Node and in workerd, hold their runs over a WebSocket as bound ones do over JS RPC. */

import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '../http-api.ts';
import { api, executionStub, keepHistory } from './support.ts';

const { node, workerd } = inject('sessionWorkers');
const hosts = [
  { host: 'Node', url: node, taskQueue: 'node-sessions' },
  { host: 'workerd', url: workerd, taskQueue: 'workerd-sessions' },
];

interface Calls {
  sessions: number;
  posts: number;
}

async function callsOf(url: string): Promise<Calls> {
  const calls = (await (await fetch(`${url}/calls`)).json()) as Record<string, number>;
  const of = (path: string): number => calls[`/perdure/v1/${path}`] ?? 0;
  return { sessions: of('session'), posts: of('workflow-task') + of('query') };
}

/** What `work` costs the Worker. */
async function cost(url: string, work: () => Promise<unknown>): Promise<Calls> {
  const before = await callsOf(url);
  await work();
  const after = await callsOf(url);
  return { sessions: after.sessions - before.sessions, posts: after.posts - before.posts };
}

beforeAll(async () => {
  for (const { url } of hosts) await api.register(url);
});

describe.each(hosts)('a Worker on $host that the engine knows by its URL', ({ host, url, taskQueue }) => {
  it('runs all workflow tasks of a run in one session', async () => {
    const workflowId = `sequence-${host}`;
    const spent = await cost(url, async () => {
      await api.start({ workflowId, workflowType: 'several', taskQueue, args: [workflowId, 20] });
      expect(await api.result(workflowId)).toEqual(Array.from({ length: 20 }, () => 1));
    });
    expect(spent).toEqual({ sessions: 1, posts: 0 });
    const types = await api.eventTypes(workflowId);
    expect(types.filter((type) => type === 'WorkflowTaskCompleted')).toHaveLength(21);
    await keepHistory(workflowId);
  });

  it('carries out local activities in it', async () => {
    const workflowId = `local-${host}`;
    const spent = await cost(url, async () => {
      await api.start({ workflowId, workflowType: 'around', taskQueue, args: [workflowId] });
      expect(await api.result(workflowId)).toEqual([1, 1, 2, 1, 1]);
    });
    expect(spent).toEqual({ sessions: 1, posts: 0 });
    await keepHistory(workflowId);
  });

  it('answers queries and updates in it, on the state of the run', async () => {
    const workflowId = `asked-${host}`;
    const spent = await cost(url, async () => {
      await api.start({ workflowId, workflowType: 'gather', taskQueue, args: [2] });
      await api.signal(workflowId, 'add', ['one']);
      expect(await api.query(workflowId, 'items')).toEqual(['one']);
      await api.signal(workflowId, 'add', ['two']);
      expect(await api.result(workflowId)).toEqual(['one', 'two']);
    });
    expect(spent).toEqual({ sessions: 1, posts: 0 });
    const family = `family-${host}`;
    await api.start({ workflowId: family, workflowType: 'family', taskQueue, args: [family, 2] });
    const request = { meta: { updateId: 'u1' }, input: { args: [3] } };
    const changed = await api.ok('POST', `/workflows/${family}/update/change`, {
      waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED' },
      request,
    });
    expect(changed).toMatchObject({ outcome: { success: [1] } });
    await api.signal(family, 'add', ['go']);
    expect(await api.result(family)).toEqual(['run 2: changed by 3', 'from run 2']);
    await keepHistory(family);
  });

  it('is asked for a new session, with the whole history, when the object was away', async () => {
    const workflowId = `evicted-${host}`;
    await api.start({ workflowId, workflowType: 'gather', taskQueue, args: [2] });
    await api.signal(workflowId, 'add', ['one']);
    await until(
      'the first item',
      async () => ((await api.query(workflowId, 'items')) as string[]).length === 1,
    );
    await evictDurableObject(executionStub(workflowId));
    const spent = await cost(url, async () => {
      await api.signal(workflowId, 'add', ['two']);
      expect(await api.result(workflowId)).toEqual(['one', 'two']);
    });
    expect(spent).toEqual({ sessions: 1, posts: 0 });
  });

  it('takes histories that are longer than a frame', async () => {
    const workflowId = `long-${host}`;
    const item = 'ß€😀'.repeat(15_000);
    await api.start({ workflowId, workflowType: 'gather', taskQueue, args: [8] });
    for (let n = 0; n < 7; n++) await api.signal(workflowId, 'add', [`${n}${item}`]);
    await abortAllDurableObjects();
    const spent = await cost(url, async () => {
      await api.signal(workflowId, 'add', ['last']);
      const got = (await api.result(workflowId)) as string[];
      expect(got.slice(0, 7)).toEqual(Array.from({ length: 7 }, (_, n) => `${n}${item}`));
    });
    expect(spent).toEqual({ sessions: 1, posts: 0 });
  });
});
