/** More shards of the list, the whole way: two variables and their deployments, and nothing else to do. */

import { abortAllDurableObjects, createScheduledController, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import { ShardMap, shardName } from '../../src/visibility/shard.ts';
import { until } from '../http-api.ts';
import engine from './entry.ts';
import { deployVariables } from './faults/injector.ts';
import { api, env } from './support.ts';

const MINUTE = 60_000;
const map = new ShardMap([2, 5]);

afterEach(() => {
  deployVariables({});
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function deploy(shards: string): Promise<void> {
  deployVariables({ VISIBILITY_SHARDS: shards });
  await abortAllDurableObjects();
}

/** Lists, a page of three at a time. */
async function listed(query = ''): Promise<string[]> {
  const ids: string[] = [];
  let token = '';
  do {
    const path = `/workflows?query=${encodeURIComponent(query)}&pageSize=3&nextPageToken=${token}`;
    const page = await api.ok<any>('GET', path);
    for (const { execution } of page.executions ?? []) ids.push(execution.workflowId);
    token = page.nextPageToken ?? '';
  } while (token);
  return ids.toSorted();
}

async function scheduled(): Promise<string[]> {
  const { schedules } = await api.ok<{ schedules: Array<{ scheduleId: string }> }>('GET', '/schedules');
  return schedules.map(({ scheduleId }) => scheduleId);
}

const moving = async (): Promise<unknown> => (await api.ok<any>('GET', '')).visibilityShards;

/** Ids of the runs and schedules that stand in each shard. */
async function standing(): Promise<Array<[shard: number, id: string]>> {
  const found = map.all().map((shard) =>
    runInDurableObject(env.VISIBILITY.getByName(shardName('default', shard)), (_, { storage }) => {
      const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'schedules'").toArray();
      const ids = storage.sql
        .exec<{ id: string }>(
          `SELECT workflow_id AS id FROM runs${tables.length > 0 ? ' UNION ALL SELECT schedule_id FROM schedules' : ''}`,
        )
        .toArray();
      return ids.map(({ id }): [number, string] => [shard, id]);
    }),
  );
  return (await Promise.all(found)).flat();
}

it('grows from two shards to five: lists stay whole, every row ends at home, and going back is refused', async () => {
  const ids = Array.from({ length: 10 }, (_, i) => `grows-${i}`);
  const schedules = ['s1', 's2', 's3', 's4'];
  for (const workflowId of ids)
    await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1] });
  const action = {
    startWorkflow: { workflowId: 'w', workflowType: { name: 'nap' }, taskQueue: { name: 'plain' } },
  };
  const schedule = { spec: { interval: [{ interval: '86400s' }] }, action, state: { paused: true } };
  for (const id of schedules) await api.ok('POST', `/schedules/${id}`, { schedule });
  await until('the rows', async () => (await listed()).length === ids.length);
  await until('the schedules', async () => (await scheduled()).length === schedules.length);

  await deploy('2,5');
  expect([await listed(), await scheduled()]).toEqual([ids, schedules]);
  expect(await moving()).toEqual({ counts: [2, 5], moving: 5 });
  // Of a run whose row stands at the former home, and of one that is new.
  const moves = ids.find((id) => map.formerHomes(id).length > 0)!;
  await api.signal(moves, 'add', ['done']);
  await api.start({ workflowId: 'newer', workflowType: 'gather', taskQueue: 'plain', args: [1] });
  const open = [...ids.filter((id) => id !== moves), 'newer'];
  await until('the row to close', async () => (await listed('ExecutionStatus = "Completed"')).length === 1);
  await until('the new row', async () => (await listed()).length === ids.length + 1);
  expect(await listed('ExecutionStatus = "Running"')).toEqual(open.toSorted());

  vi.useFakeTimers({ toFake: ['Date'] });
  for (let minute = 0; minute < 20; minute++) {
    await engine.scheduled(createScheduledController(), env);
    expect([await listed(), await scheduled()]).toEqual([[...ids, 'newer'].toSorted(), schedules]);
    vi.setSystemTime(Date.now() + MINUTE);
  }
  expect(await moving()).toEqual({ counts: [2, 5], moving: 0 });
  const all = [...ids, 'newer', ...schedules];
  expect((await standing()).toSorted()).toEqual(all.map((id) => [map.home(id), id]).toSorted());

  await deploy('5');
  expect(await listed(`WorkflowId = '${moves}'`)).toEqual([moves]);
  expect(await moving()).toBeUndefined();

  await deploy('2');
  const refused = await api.send('GET', '/workflows');
  expect(refused).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('has had 5 shards') },
  });
  expect(await api.send('GET', '/workflow-count')).toMatchObject({ status: 400 });

  await deploy('5,2');
  const wrong = await api.send('GET', '/workflows');
  expect(wrong).toMatchObject({ status: 400, body: { message: expect.stringContaining('"4,16" to grow') } });

  await deploy('5');
  expect(await listed()).toEqual([...ids, 'newer'].toSorted());
});
