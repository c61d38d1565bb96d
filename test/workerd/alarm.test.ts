/** The alarm: early, late, twice, for nothing, and with a disk that fails. And a day that passes in no time. */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, inject, it, vi } from 'vitest';
import type { WorkflowExecution } from '../../src/index.ts';
import { until } from '../http-api.ts';
import { api, armedAlarm, env, executionStub, fireAlarm, keepHistory, tablesOf } from './support.ts';

const HOUR = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Starts a run that sleeps, and waits until it does and nothing else is owed. Answers when its timer is due. */
async function startNap(workflowId: string, ms: number, taskQueue = 'plain'): Promise<number> {
  await api.start({ workflowId, workflowType: 'nap', taskQueue, args: [workflowId, ms] });
  await until('the timer', async () => (await api.eventTypes(workflowId)).includes('TimerStarted'));
  const due = Date.now() + ms;
  // Until visibility has the run, the alarm stands ready to tell it again.
  await until('the row', async () => {
    await fireAlarm(workflowId);
    return (await armedAlarm(workflowId))! > due - 5_000;
  });
  return due;
}

function skipTo(time: number): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(time);
}

const fired = (types: string[]): number => types.filter((type) => type === 'TimerFired').length;

/** Runs `work` beside the object, with its storage. */
function inside<T>(
  workflowId: string,
  work: (object: WorkflowExecution, storage: DurableObjectStorage) => Promise<T>,
): Promise<T> {
  return runInDurableObject(executionStub(workflowId), (object, state) =>
    work(object as unknown as WorkflowExecution, state.storage),
  );
}

it('an alarm that comes early changes nothing and is armed again', async () => {
  const due = await startNap('early', HOUR);
  const before = await api.history('early');
  for (let i = 0; i < 3; i++) {
    expect(await fireAlarm('early')).toBe(true);
    expect(Math.abs((await armedAlarm('early'))! - due)).toBeLessThan(5_000);
  }
  expect(await api.history('early')).toEqual(before);
});

it('an alarm that comes twice, and three times at once, fires a timer once', async () => {
  const due = await startNap('twice', HOUR);
  skipTo(due + 1_000);
  await inside('twice', (object) => Promise.all([object.alarm(), object.alarm(), object.alarm()]));
  expect(await api.result('twice')).toBe(1);
  await inside('twice', (object) => object.alarm());
  expect(fired(await api.eventTypes('twice'))).toBe(1);
  expect(await env.WORKER_PLAIN.executionsOf('twice')).toHaveLength(1);
});

it('an alarm without a run does nothing and allocates nothing', async () => {
  await inside('nothing', (object) => object.alarm());
  expect(await armedAlarm('nothing')).toBeNull();
  expect(await tablesOf(executionStub('nothing'))).toEqual([]);
});

it('an alarm after the run closed does nothing', async () => {
  await api.start({ workflowId: 'over', workflowType: 'several', taskQueue: 'plain', args: ['over', 1] });
  await api.result('over');
  const before = await api.history('over');
  await inside('over', (object) => object.alarm());
  expect(await api.history('over')).toEqual(before);
});

/** Whatever writes to the log fails. `committed`: when it has been written. */
function breakDisk(storage: DurableObjectStorage, committed = false) {
  const exec = storage.sql.exec.bind(storage.sql) as (...args: unknown[]) => never;
  return vi.spyOn(storage.sql, 'exec').mockImplementation((query: string, ...bindings: unknown[]) => {
    const writes = query.startsWith('INSERT INTO log');
    const done = writes && !committed ? undefined : exec(query, ...bindings);
    if (writes) throw new Error('SQLITE_FULL: injected');
    return done!;
  });
}

it.each([
  { failure: 'before the commit', committed: false },
  { failure: 'after the commit (done, but reported as failed)', committed: true },
])(
  'a disk that fails $failure: the alarm does not throw, is armed again, and the timer fires once',
  async (row) => {
    const workflowId = `disk-${row.committed}`;
    const due = await startNap(workflowId, HOUR);
    skipTo(due + 1_000);
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await inside(workflowId, async (object, storage) => {
      const broken = breakDisk(storage, row.committed);
      await storage.deleteAlarm();
      await expect(object.alarm()).resolves.toBeUndefined();
      expect(broken).toHaveBeenCalled();
      expect(await storage.getAlarm()).not.toBeNull();
      broken.mockRestore();
      await object.alarm();
    });
    expect(await api.result(workflowId)).toBe(1);
    expect(fired(await api.eventTypes(workflowId))).toBe(1);
    expect(await env.WORKER_PLAIN.executionsOf(workflowId)).toHaveLength(1);
  },
);

it('a request that meets a failing disk is refused, and nothing of it is left', async () => {
  const workflowId = 'refused';
  await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1] });
  await until('the run to wait', async () => (await api.query(workflowId, 'items')) !== undefined);
  const before = await api.history(workflowId);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const answer = await inside(workflowId, async (_, storage) => {
    const broken = breakDisk(storage);
    const answered = await api.send('POST', `/workflows/${workflowId}/signal/add`, { input: ['lost'] });
    broken.mockRestore();
    return answered;
  });
  expect(answer.status).toBe(500);
  expect(await api.history(workflowId)).toEqual(before);
  await api.signal(workflowId, 'add', ['kept']);
  expect(await api.result(workflowId)).toEqual(['kept']);
});

it('sleeps 24 hours through ten evictions, and wakes at its time', async () => {
  const workflowId = 'day';
  const begin = Date.now();
  // A URL Worker keeps no session, so that the object may leave at once.
  await api.register(inject('urlWorker'));
  const due = await startNap(workflowId, 24 * HOUR, 'url-transfer');
  for (let i = 1; i <= 10; i++) {
    skipTo(begin + i * 2.3 * HOUR);
    await evictDurableObject(executionStub(workflowId));
    await fireAlarm(workflowId);
    expect(fired(await api.eventTypes(workflowId))).toBe(0);
    expect(Math.abs((await armedAlarm(workflowId))! - due)).toBeLessThan(5_000);
  }
  skipTo(due + 1_000);
  await evictDurableObject(executionStub(workflowId));
  expect(await fireAlarm(workflowId)).toBe(true);
  expect(await api.result(workflowId)).toBe(1);
  const events = await api.history(workflowId);
  const time = (type: string): number =>
    Date.parse(events.find((event) => event.eventType === type)!.eventTime as string);
  const slept = time('EVENT_TYPE_TIMER_FIRED') - time('EVENT_TYPE_TIMER_STARTED');
  expect(slept).toBeGreaterThanOrEqual(24 * HOUR);
  expect(slept).toBeLessThan(24 * HOUR + 10_000);
  vi.useRealTimers();
  await keepHistory(workflowId);
});
