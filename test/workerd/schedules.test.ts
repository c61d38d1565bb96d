/** Schedules in real objects: alarms, evictions, and a crash between the start of a run and the record of it. */

import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import type { DescribeScheduleReply } from '../../sdk/common/schedule.ts';
import { scheduleObjectName } from '../../sdk/common/schedule.ts';
import { until } from '../http-api.ts';
import { api, env, tablesOf } from './support.ts';

const HOUR = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const stub = (scheduleId: string) => env.SCHEDULE.getByName(scheduleObjectName('default', scheduleId));

const armed = (scheduleId: string): Promise<number | null> =>
  runInDurableObject(stub(scheduleId), (_, state) => state.storage.getAlarm());

async function create(
  scheduleId: string,
  policies: object = {},
  workflowType = 'several',
  args: unknown[] = [],
) {
  const startWorkflow = {
    workflowId: scheduleId,
    workflowType: { name: workflowType },
    taskQueue: { name: 'plain' },
    input: [scheduleId, ...args],
  };
  const schedule = { spec: { cronString: ['@hourly'] }, action: { startWorkflow }, policies };
  const reply = await api.ok('POST', `/schedules/${scheduleId}`, { schedule });
  expect(reply).toMatchObject({ problems: [] });
}

const describe = (scheduleId: string) => api.ok<DescribeScheduleReply>('GET', `/schedules/${scheduleId}`);

/** The clock of the engine, not that of its alarms. */
function skipTo(time: number): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(time);
}
const nextHour = (): number => (Math.floor(Date.now() / HOUR) + 1) * HOUR;
const idAt = (scheduleId: string, time: number): string =>
  `${scheduleId}-${new Date(time).toISOString().replace('.000Z', 'Z')}`;

it('the alarm starts one run for each time, however often it goes off', async () => {
  await create('hourly');
  const time = nextHour();
  // Until its row is written the alarm stands for that.
  await until('the alarm of the first time', async () => (await armed('hourly')) === time);
  expect(await runDurableObjectAlarm(stub('hourly'))).toBe(true);
  expect((await describe('hourly')).info.actionCount).toBe('0');
  expect(await armed('hourly')).toBe(time);
  skipTo(time + 1_000);
  await runInDurableObject(stub('hourly'), async (object) => {
    const schedule = object as unknown as { alarm(): Promise<void> };
    await Promise.all([schedule.alarm(), schedule.alarm(), schedule.alarm()]);
  });
  expect(await api.result(idAt('hourly', time))).toEqual([1]);
  await until('the end is told', async () => {
    const { info } = await describe('hourly');
    return info.recentActions[0]?.startWorkflowStatus === 'WORKFLOW_EXECUTION_STATUS_COMPLETED';
  });
  const { info } = await describe('hourly');
  expect(info).toMatchObject({ actionCount: '1', runningWorkflows: [], overlapSkipped: '0' });
  await until('the alarm of the second time', async () => (await armed('hourly')) === time + HOUR);
});

it.each([
  ['evicted', (id: string) => evictDurableObject(stub(id))],
  ['aborted with all others', () => abortAllDurableObjects()],
])('times are kept by a schedule that is %s between any two requests', async (how, interrupt) => {
  const id = `kept-${how.slice(0, 5)}`;
  await create(id, { overlapPolicy: 'SCHEDULE_OVERLAP_POLICY_BUFFER_ALL' });
  await interrupt(id);
  const first = nextHour();
  for (let hour = 0; hour < 3; hour++) {
    const time = first + hour * HOUR;
    skipTo(time + 1_000);
    await runDurableObjectAlarm(stub(id));
    await interrupt(id);
    vi.useRealTimers();
    // What the interruption cut off is left to the alarm, which a test sets off itself.
    await until('the record', async () => {
      skipTo(time + 2_000);
      await runDurableObjectAlarm(stub(id));
      const { info } = await describe(id);
      vi.useRealTimers();
      return info.actionCount === String(hour + 1);
    });
    // How often the activity was executed, for all runs together.
    expect(await api.result(idAt(id, time))).toEqual([hour + 1]);
  }
});

it('a crash between the start of a run and the record of it starts no second one', async () => {
  await create('crash');
  const time = nextHour();
  const workflowId = idAt('crash', time);
  // The start is decided on and carried out; nothing of its outcome is stored.
  const before = await runInDurableObject(stub('crash'), async (object, state) => {
    const schedule = object as unknown as { alarm(): Promise<void> };
    const { sql } = state.storage;
    const stored = () =>
      sql.exec<{ n: number; piece: string }>('SELECT n, piece FROM state ORDER BY n').toArray();
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(time + 1_000);
    await schedule.alarm();
    return stored();
  });
  vi.useRealTimers();
  expect(await api.result(workflowId)).toEqual([1]);
  await until('the record', async () => (await describe('crash')).info.actionCount === '1');
  const pending = JSON.parse(before.map(({ piece }) => piece).join(''));
  expect(pending).toMatchObject({ starting: [{ workflowId }], actionCount: 0 });
  await runInDurableObject(stub('crash'), (_, state) => {
    state.storage.sql.exec('UPDATE state SET piece = ? WHERE n = 0', before[0]!.piece);
  });
  await abortAllDurableObjects();
  skipTo(time + 10_000);
  await runDurableObjectAlarm(stub('crash'));
  vi.useRealTimers();
  await until('the record', async () => (await describe('crash')).info.actionCount === '1');
  const query = encodeURIComponent(`WorkflowId = '${workflowId}'`);
  const listed = async () =>
    (await api.ok<{ executions: unknown[] }>('GET', `/workflows?query=${query}`)).executions;
  await until('the row', async () => (await listed()).length > 0);
  expect(await listed()).toHaveLength(1);
});

it('a schedule that is stored, and whose alarm was refused, has one soon though nobody asks again', async () => {
  const schedule = {
    spec: { cronString: ['@hourly'] },
    action: {
      startWorkflow: { workflowId: 'w', workflowType: { name: 'several' }, taskQueue: { name: 'plain' } },
    },
  };
  await runInDurableObject(stub('unarmed'), async (object, { storage }) => {
    vi.spyOn(storage, 'setAlarm').mockImplementationOnce(() => {
      throw new Error('no alarm');
    });
    const { create } = object as unknown as { create(request: object): { error?: { code: string } } };
    const reply = create.call(object, { namespace: 'default', scheduleId: 'unarmed', schedule });
    expect(reply.error).toMatchObject({ code: 'INTERNAL' });
  });
  expect((await describe('unarmed')).info.actionCount).toBe('0');
  await until('an alarm', async () => (await armed('unarmed')) !== null);
  await runDurableObjectAlarm(stub('unarmed'));
  const listed = async () => {
    const { schedules } = await api.ok<{ schedules: Array<{ scheduleId: string }> }>('GET', '/schedules');
    return schedules.some(({ scheduleId }) => scheduleId === 'unarmed');
  };
  await until('the row', listed);
});

it('a schedule that nobody created allocates nothing, and one that was deleted leaves nothing', async () => {
  await expect(describe('nobody')).rejects.toThrow(/not found/);
  await runInDurableObject(stub('nobody'), (object) =>
    (object as unknown as { alarm(): Promise<void> }).alarm(),
  );
  expect(await tablesOf(stub('nobody'))).toEqual([]);
  await create('gone');
  const listed = async () => {
    const { schedules } = await api.ok<{ schedules: Array<{ scheduleId: string }> }>('GET', '/schedules');
    return schedules.map(({ scheduleId }) => scheduleId);
  };
  await until('the row', async () => (await listed()).includes('gone'));
  await api.ok('DELETE', '/schedules/gone');
  await until('no row', async () => !(await listed()).includes('gone'));
  await until('no table', async () => (await tablesOf(stub('gone'))).length === 0);
});
