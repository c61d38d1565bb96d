/** The table of a schedule when storage fails: what is stored is what counts, and the next try finds its way. */

import { expect, it } from 'vitest';
import type { CreateScheduleRequest } from '../../sdk/common/schedule.ts';
import { ScheduleObject } from '../../src/schedule/schedule-object.ts';
import { SqlScheduleStore } from '../../src/schedule/store.ts';
import { SqliteStorage } from '../execution/sqlite-storage.ts';

const startWorkflow = { workflowId: 'w', workflowType: { name: 'report' }, taskQueue: { name: 'q' } };
const request: CreateScheduleRequest = {
  namespace: 'default',
  scheduleId: 's',
  requestId: 'r',
  schedule: { spec: { interval: [{ interval: '60s' }] }, action: { startWorkflow } },
};

/** `breaks` may throw in place of a statement or of an alarm. */
function scheduleOver(breaks: (what: string) => void, storage = new SqliteStorage()) {
  const recorded: number[] = [];
  const store = new SqlScheduleStore({
    sql: {
      exec(query, ...bindings) {
        breaks(query);
        return storage.sql.exec(query, ...bindings).toArray();
      },
    },
    transaction: (work) => storage.transactionSync(work),
    setAlarm: (time) => {
      breaks('alarm');
      void storage.setAlarm(time);
    },
    deleteAll: () => void storage.deleteAll(),
  });
  const object = new ScheduleObject('default', 's', store, {
    now: () => 600_000,
    callExecution: () => new Promise(() => undefined),
    result: async () => ({ ok: { pending: true, runId: '' } }),
    recordVisibility: async ({ version }) => {
      recorded.push(version);
      return undefined;
    },
    keepAlive: () => undefined,
    log: () => undefined,
  });
  return { object, store, storage, recorded };
}

/** Fails the first thing that begins so. */
function once(text: string): (what: string) => void {
  let done = false;
  return (what) => {
    if (done || !what.startsWith(text)) return;
    done = true;
    throw new Error(`${text} failed`);
  };
}

it.each(['SELECT', 'CREATE', 'DELETE', 'INSERT'])(
  'is made when it is asked for again though its first %s failed',
  (first) => {
    const { object, storage } = scheduleOver(once(first));
    expect(() => object.create(request)).toThrow(`${first} failed`);
    expect(() => object.describe()).toThrow(/not found/);
    expect(object.create(request)).toMatchObject({ problems: [] });
    expect(object.describe()).toMatchObject({ info: { actionCount: '0' } });
    expect(storage.alarms).toHaveLength(1);
  },
);

it('is listed and has an alarm once it is asked for again, where only its alarm failed', async () => {
  const { object, storage, recorded } = scheduleOver(once('alarm'));
  expect(() => object.create(request)).toThrow('alarm failed');
  // Stored, and nobody was told.
  expect(object.describe()).toMatchObject({ info: { actionCount: '0' } });
  expect([storage.alarms.length, recorded.length]).toEqual([0, 0]);
  expect(object.create(request)).toMatchObject({ problems: [] });
  await Promise.resolve();
  expect(storage.alarms.length).toBeGreaterThan(0);
  expect(recorded).toHaveLength(1);
});

it('goes on from what is stored where the alarm of a change failed', () => {
  let breaks: (what: string) => void = () => undefined;
  const { object } = scheduleOver((what) => breaks(what));
  object.create(request);
  breaks = once('alarm');
  const patch = { pause: 'stored' };
  expect(() => object.patch({ namespace: 'default', scheduleId: 's', requestId: 'p', patch })).toThrow(
    'alarm failed',
  );
  expect(object.describe().schedule.state).toMatchObject({ paused: true, notes: 'stored' });
});

it.each(['', '.'])('reads what it has written behind "%s", wherever its rows part', (before) => {
  const { object, storage } = scheduleOver(() => undefined);
  const memo = { fields: { note: { data: before + '😀'.repeat(600_000) } } };
  object.create({ ...request, memo });
  expect(scheduleOver(() => undefined, storage).object.describe().memo).toEqual(memo);
});
