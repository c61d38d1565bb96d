/** The sweep: runs that have lost every driver of their own come back by the cron endpoint alone. */

import { abortAllDurableObjects, createScheduledController, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import engine, { Visibility } from '../../src/index.ts';
import { shardOf } from '../../src/visibility/shard.ts';
import { until } from '../http-api.ts';
import { api, armedAlarm, env, executionStub, fireAlarm } from './support.ts';

const HOUR = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** What the platform does once a minute. */
async function cron(): Promise<void> {
  await engine.scheduled(createScheduledController(), env);
}

function shardStub(workflowId: string): DurableObjectStub {
  const shard = shardOf(workflowId, Number(env.VISIBILITY_SHARDS));
  return env.VISIBILITY.getByName(JSON.stringify(['default', shard]));
}

async function startNap(workflowId: string): Promise<void> {
  await api.start({ workflowId, workflowType: 'nap', taskQueue: 'plain', args: [workflowId, HOUR] });
  await until('the timer', async () => (await api.eventTypes(workflowId)).includes('TimerStarted'));
  await until('the row', async () => (await api.list(`WorkflowId = '${workflowId}'`)).length === 1);
}

/** Takes away everything that could wake the run: its alarm, its shard's alarm, and all memory. */
async function orphan(workflowId: string): Promise<void> {
  for (const stub of [executionStub(workflowId), shardStub(workflowId)]) {
    await runInDurableObject(stub, (_, state) => state.storage.deleteAlarm());
  }
  await abortAllDurableObjects();
}

/** Looks into the storage, which wakes nothing. */
function rows(workflowId: string): Promise<number> {
  return runInDurableObject(
    executionStub(workflowId),
    (_, state) => state.storage.sql.exec<{ n: number }>('SELECT count(*) AS n FROM log').one().n,
  );
}

it('a run whose alarm was lost is revived with no request but the cron endpoint', async () => {
  const workflowId = 'lost-alarm';
  await startNap(workflowId);
  await orphan(workflowId);
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 2 * HOUR);
  const before = await rows(workflowId);
  expect(await armedAlarm(workflowId)).toBeNull();
  await cron();
  await until('the run to go on', async () => (await rows(workflowId)) > before);
  expect(await api.result(workflowId)).toBe(1);
  expect(await env.WORKER_PLAIN.executionsOf(workflowId)).toHaveLength(1);
});

it('a run whose first row could not be written is listed later', async () => {
  const workflowId = 'unlisted';
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const upsert = vi.spyOn(Visibility.prototype, 'upsert').mockImplementation(() => {
    throw new Error('visibility is away');
  });
  await api.start({ workflowId, workflowType: 'nap', taskQueue: 'plain', args: [workflowId, HOUR] });
  await until('the timer', async () => (await api.eventTypes(workflowId)).includes('TimerStarted'));
  await until('attempts to write', () => upsert.mock.calls.length > 1);
  expect(await api.list(`WorkflowId = '${workflowId}'`)).toEqual([]);
  upsert.mockRestore();
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 60_000);
  await fireAlarm(workflowId);
  await until('the row', async () => (await api.list(`WorkflowId = '${workflowId}'`)).length === 1);
});

it('asks a run that is well less and less often, and forgets one that is closed', async () => {
  const workflowId = 'quiet';
  await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1] });
  await until('the row', async () => (await api.list(`WorkflowId = '${workflowId}'`)).length === 1);
  const begin = Date.now();
  vi.useFakeTimers({ toFake: ['Date'] });
  const pokes = async (): Promise<number> => {
    const { WorkflowExecution } = await import('../../src/index.ts');
    const poke = vi.spyOn(WorkflowExecution.prototype, 'poke');
    for (let minute = 0; minute < 60; minute++) {
      vi.setSystemTime(Date.now() + 60_000);
      await cron();
    }
    const count = poke.mock.contexts.filter((object) =>
      (object as unknown as { ctx: DurableObjectState }).ctx.id.name?.includes(workflowId),
    ).length;
    poke.mockRestore();
    return count;
  };
  vi.setSystemTime(begin + 10 * 60_000);
  const first = await pokes();
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(3);
  vi.setSystemTime(begin + 20 * HOUR);
  await cron();
  expect(await pokes()).toBeLessThanOrEqual(1);
  await api.signal(workflowId, 'add', ['done']);
  await api.result(workflowId);
  await until('the row to close', async () => {
    const [row] = await api.list(`WorkflowId = '${workflowId}'`);
    return row?.status === 'WORKFLOW_EXECUTION_STATUS_COMPLETED';
  });
  vi.setSystemTime(begin + 100 * HOUR);
  expect(await pokes()).toBe(0);
});
