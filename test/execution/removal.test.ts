import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { WorkflowTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import { SqlStore } from '../../src/execution/sql-store.ts';
import { done, EPOCH, payloads, Rig } from './rig.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const DAY = 24 * 3_600_000;
const CANARY = 'canary-7f3a';
const workflowExecution = { workflowId: 'order-1' };

const complete = makeCommand('CompleteWorkflowExecution', { result: payloads(CANARY) });
const continueAsNew = makeCommand('ContinueAsNewWorkflowExecution', {
  workflowType: { name: 'order' },
  taskQueue: { name: 'orders' },
  input: payloads(CANARY),
} as never);

function rigWith(...answers: WorkflowTaskAnswer[]): Rig {
  const rig = new Rig();
  rig.work = async () => answers.shift() ?? done();
  return rig;
}

const remove = (rig: Rig, runId?: string) =>
  rig.object.request({
    kind: 'DeleteWorkflowExecution',
    namespace: 'default',
    workflowExecution: { ...workflowExecution, ...(runId && { runId }) },
  });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'OK';
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

/** Closed runs are kept for so long; `asked` counts how often somebody wanted to know. */
function keep(rig: Rig, ms: number): { ms: number; asked: number } {
  const setting = { ms, asked: 0 };
  rig.retention = {
    peek: () => setting.ms,
    ask: async () => {
      setting.asked++;
      return setting.ms;
    },
  };
  rig.load();
  return setting;
}

const ACTIVITY = {
  activityId: '1',
  activityType: { name: 'charge' },
  startToCloseTimeout: '600s',
} as never;

const stored = (rig: Rig): string => JSON.stringify([rig.watched.log, rig.watched.snapshot()]);

describe('a run that is deleted', () => {
  it('leaves an alarm that may come early: the next run has one all the same', async () => {
    const rig = rigWith(done(makeCommand('ScheduleActivityTask', ACTIVITY)));
    // Somebody looks after the call that is out, whatever becomes of the run.
    rig.call = () => new Promise(() => undefined);
    rig.load();
    await rig.start();
    await rig.settled();
    await remove(rig);
    await rig.advance(1_000);
    expect(stored(rig)).not.toContain('order');
    await rig.object.alarm();
    rig.watched.commits.length = 0;
    rig.work = () => new Promise(() => undefined);
    await rig.start({ workflowStartDelay: '5s' });
    await rig.settled();
    const alarms = rig.watched.commits.flatMap(({ alarm }) => alarm ?? []);
    expect(Math.min(...alarms)).toBeLessThanOrEqual(rig.now + 5_000);
  });

  it('is terminated first when it is open, tells visibility, and then leaves nothing at all', async () => {
    const rig = rigWith();
    const removed: unknown[] = [];
    rig.removing = async (run) => void removed.push(run);
    const { runId } = await rig.start({ input: payloads(CANARY), requestId: CANARY });
    await rig.settled();
    await remove(rig);
    await rig.settled();
    expect(rig.recorded.at(-1)!.info.status).toBe('WORKFLOW_EXECUTION_STATUS_TERMINATED');
    expect(removed).toEqual([{ workflowId: 'order-1', runId }]);
    expect(rig.watched.log).toEqual([]);
    expect(rig.watched.snapshot()).toBeUndefined();
    expect(rig.watched.alarm).toBeUndefined();
  });

  it('is not found any more, and what comes late for it allocates nothing', async () => {
    const rig = rigWith(done(complete));
    const { runId } = await rig.start();
    await rig.settled();
    await remove(rig);
    await rig.settled();
    const commits = rig.watched.commits.length;
    const execution = { workflowId: 'order-1', runId };
    expect(await codeOf(rig.signal('late'))).toBe('NOT_FOUND');
    expect(await codeOf(remove(rig))).toBe('NOT_FOUND');
    expect(await codeOf(remove(rig, runId))).toBe('NOT_FOUND');
    expect(await codeOf(rig.object.describe(runId))).toBe('NOT_FOUND');
    expect(await codeOf(rig.object.describe(undefined))).toBe('NOT_FOUND');
    expect(await codeOf(rig.object.history({ namespace: 'default', execution }))).toBe('NOT_FOUND');
    await rig.object.alarm();
    expect(await rig.object.poke()).toBeUndefined();
    await rig.settled();
    expect(rig.watched.commits).toHaveLength(commits);
  });

  it('leaves its id to be used again, request ids included', async () => {
    const rig = rigWith();
    const first = await rig.start({ requestId: 'r' });
    await remove(rig);
    await rig.settled();
    const second = await rig.start({ requestId: 'r' });
    expect(second).toMatchObject({ started: true });
    expect(second.runId).not.toBe(first.runId);
  });

  it('goes once, however often it is asked for', async () => {
    const rig = rigWith();
    await rig.start();
    await rig.settled();
    await Promise.all([remove(rig), remove(rig), remove(rig)]);
    await rig.settled();
    expect(rig.watched.log).toEqual([]);
  });

  it('wakes those who wait for its history or its result, and tells them', async () => {
    const rig = rigWith();
    const { runId } = await rig.start();
    await rig.settled();
    const execution = { workflowId: 'order-1', runId };
    const request = { namespace: 'default', execution, waitNewEvent: true };
    const { nextPageToken } = await rig.object.history(request);
    let release: () => void = () => undefined;
    rig.removing = () => new Promise((resolve) => (release = resolve));
    await remove(rig);
    await rig.settled();
    const { nextPageToken: token } = await rig.object.history({ ...request, nextPageToken: nextPageToken! });
    expect(token).toBeUndefined();
    release();
    await rig.settled();
    expect(await codeOf(rig.object.result(runId, 1_000))).toBe('NOT_FOUND');
  });

  it('waits until nobody waits for anything from it', async () => {
    const rig = rigWith();
    const parent = { namespace: 'default', workflowId: 'p', runId: 'p1', initiatedEventId: 5 };
    const root = { workflowId: 'p', runId: 'p1' };
    await rig.start({ parent: { ...parent, rootWorkflowExecution: root } });
    await remove(rig);
    await rig.settled();
    // The parent is not reached here: the run owes it the end.
    expect(rig.watched.log.length).toBeGreaterThan(0);
    expect((await rig.object.describe(undefined)).workflowExecutionInfo.status).toBe(
      'WORKFLOW_EXECUTION_STATUS_TERMINATED',
    );
  });
});

describe('the runs of a chain', () => {
  it('go one by one, and the others stay as they are', async () => {
    const rig = rigWith(done(continueAsNew), done());
    const { runId } = await rig.start({ input: payloads(CANARY), requestId: `${CANARY}-request` });
    await rig.settled();
    const before = await rig.object.describe(undefined);
    await remove(rig, runId);
    await rig.settled();
    expect(rig.watched.log.every(({ seq }) => seq >= 2 ** 28)).toBe(true);
    expect(stored(rig)).not.toContain(`${CANARY}-request`);
    expect(await codeOf(rig.object.describe(runId))).toBe('NOT_FOUND');
    rig.load();
    const after = await rig.object.describe(undefined);
    expect(after.workflowExecutionInfo.execution).toEqual(before.workflowExecutionInfo.execution);
    await rig.signal('still here');
    await rig.settled();
    expect(rig.types(1)).toContain('WORKFLOW_EXECUTION_SIGNALED');
  });

  it('of which the newest goes have no newest one, until another begins', async () => {
    const rig = rigWith(done(continueAsNew), done(complete));
    const { runId: first } = await rig.start();
    await rig.settled();
    await remove(rig);
    await rig.settled();
    for (const reload of [false, true]) {
      if (reload) rig.load();
      expect(await codeOf(rig.object.describe(undefined))).toBe('NOT_FOUND');
      expect(await codeOf(remove(rig))).toBe('NOT_FOUND');
      expect(await codeOf(rig.signal('nobody'))).toBe('NOT_FOUND');
      expect((await rig.object.describe(first)).workflowExecutionInfo.execution.runId).toBe(first);
      // It names a next run, which is not there any more.
      expect(await codeOf(rig.object.result(first, 0))).toBe('NOT_FOUND');
      expect(await rig.object.poke()).toBeUndefined();
    }
    await rig.start();
    await rig.settled();
    expect(rig.types(2)[0]).toBe('WORKFLOW_EXECUTION_STARTED');
    await remove(rig, first);
    await rig.settled();
    expect(await codeOf(rig.object.describe(first))).toBe('NOT_FOUND');
    expect(rig.types(2)[0]).toBe('WORKFLOW_EXECUTION_STARTED');
  });

  it('may be reset when the newest one is gone', async () => {
    const rig = rigWith(done(continueAsNew), done(complete));
    const { runId: first } = await rig.start();
    await rig.settled();
    await remove(rig);
    await rig.settled();
    await rig.object.request({
      kind: 'ResetWorkflowExecution',
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1', runId: first },
      options: { lastWorkflowTask: {} },
    });
    await rig.settled();
    expect(rig.types(2)).toContain('WORKFLOW_TASK_FAILED');
  });
});

describe('a deletion that is interrupted', () => {
  it('goes on after a crash between visibility and the rows', async () => {
    const rig = rigWith(done(complete));
    await rig.start();
    await rig.settled();
    rig.removing = () => new Promise(() => undefined);
    await remove(rig);
    await rig.settled();
    expect(rig.watched.log.length).toBeGreaterThan(0);
    rig.removing = async () => undefined;
    rig.load();
    await rig.object.alarm();
    await rig.settled();
    expect(rig.watched.log).toEqual([]);
  });

  it('goes on by itself when visibility was not reached, or the disk refused', async () => {
    const rig = rigWith(done(complete));
    await rig.start();
    await rig.settled();
    rig.removing = () => Promise.reject(new Error('visibility is away'));
    await remove(rig);
    await rig.settled();
    rig.removing = async () => {
      rig.watched.fail = 'before';
    };
    await rig.advance(5_000);
    rig.watched.fail = undefined;
    expect(rig.watched.log.length).toBeGreaterThan(0);
    rig.removing = async () => undefined;
    for (let i = 0; i < 5 && rig.watched.log.length > 0; i++) await rig.advance(60_000);
    expect(rig.watched.log).toEqual([]);
  });
});

describe('retention', () => {
  it('removes a closed run when its time is over, by the alarm alone, and not before', async () => {
    const rig = rigWith(done(complete));
    keep(rig, 30 * DAY);
    await rig.start();
    await rig.settled();
    for (let day = 0; day < 29; day++) await rig.advance(DAY);
    expect(rig.watched.log.length).toBeGreaterThan(0);
    expect(rig.watched.alarm).toBe(EPOCH + 30 * DAY);
    await rig.advance(DAY);
    expect(rig.watched.log).toEqual([]);
    expect(rig.watched.alarm).toBeUndefined();
  });

  it('never removes a run that is open', async () => {
    const rig = rigWith();
    keep(rig, DAY);
    await rig.start();
    for (let day = 0; day < 100; day++) await rig.advance(DAY);
    await rig.signal('alive');
    expect(rig.types()).toContain('WORKFLOW_EXECUTION_SIGNALED');
  });

  it('takes the runs of a chain one by one, each in its time, the open one never', async () => {
    const rig = rigWith(done(continueAsNew), done(), done(continueAsNew), done());
    keep(rig, 30 * DAY);
    await rig.start();
    await rig.settled();
    await rig.advance(10 * DAY);
    await rig.signal('go on');
    await rig.settled();
    expect(rig.types(2)).not.toEqual([]);
    const there = () => [0, 1, 2].filter((runNumber) => rig.types(runNumber).length > 0);
    const days: Record<number, number[]> = {};
    for (let day = 10; day <= 60; day++) {
      days[day] = there();
      await rig.advance(DAY);
      if (day === 25) rig.load();
    }
    expect(days[29]).toEqual([0, 1, 2]);
    expect(days[30]).toEqual([1, 2]);
    expect(days[39]).toEqual([1, 2]);
    expect(days[40]).toEqual([2]);
    expect(days[60]).toEqual([2]);
  });

  it('asks before it removes anything: what was longer when the run closed may be more so now', async () => {
    const rig = rigWith(done(complete));
    const setting = keep(rig, 2 * DAY);
    await rig.start();
    await rig.settled();
    await rig.advance(DAY);
    const known = rig.retention!;
    // Memory says two days; the namespace says ten.
    rig.retention = { peek: () => (setting.asked > 0 ? setting.ms : 2 * DAY), ask: () => known.ask() };
    rig.load();
    setting.ms = 10 * DAY;
    await rig.advance(2 * DAY);
    expect(setting.asked).toBe(1);
    expect(rig.watched.log.length).toBeGreaterThan(0);
    await rig.advance(60_000);
    expect(rig.watched.alarm).toBe(EPOCH + 10 * DAY);
    await rig.advance(7 * DAY);
    expect(rig.watched.log).toEqual([]);
  });

  it('reaches runs that closed under a longer one when the sweep pokes them', async () => {
    const rig = rigWith(done(complete));
    const setting = keep(rig, 30 * DAY);
    await rig.start();
    await rig.settled();
    await rig.advance(2 * DAY);
    setting.ms = DAY;
    expect(await rig.object.poke()).toBeUndefined();
    expect(rig.watched.log).toEqual([]);
  });

  it('goes on after a crash in the middle, and after failures, by its own alarm', async () => {
    const rig = rigWith(done(complete));
    keep(rig, DAY);
    await rig.start();
    await rig.settled();
    await rig.advance(60_000);
    rig.removing = () => new Promise(() => undefined);
    // The alarm hangs where the row of visibility is to go.
    rig.now = EPOCH + DAY;
    rig.watched.alarm = undefined;
    void rig.object.alarm();
    await rig.settled();
    expect(rig.watched.log.length).toBeGreaterThan(0);
    expect(rig.watched.alarm).toBeGreaterThan(rig.now);
    rig.removing = () => Promise.reject(new Error('visibility is away'));
    rig.load();
    await rig.advance(60_000);
    expect(rig.watched.log.length).toBeGreaterThan(0);
    rig.removing = async () => undefined;
    await rig.advance(60_000);
    expect(rig.watched.log).toEqual([]);
  });
});

describe('what is stored in SQLite', () => {
  const large = payloads(CANARY.repeat(200_000));

  it('has nothing of a run that is gone, in no table', async () => {
    const storage = new SqliteStorage();
    const rig = new Rig(new SqlStore(storage as unknown as DurableObjectStorage, 0));
    rig.work = async () => done();
    const { runId } = await rig.start({
      input: large,
      memo: { fields: { note: payloads(CANARY).payloads[0]! } },
    });
    await rig.settled();
    await rig.signal(`${CANARY}-signal`, `${CANARY}-request`);
    await rig.settled();
    expect(storage.find(CANARY)).not.toEqual([]);
    rig.work = async () => done(continueAsNew);
    await rig.signal('on');
    rig.work = async () => done();
    await rig.settled();
    const clean = await rig.object.describe(undefined);
    expect(clean.workflowExecutionInfo.execution.runId).not.toBe(runId);
    await remove(rig, runId);
    await rig.settled();
    // The next run got its own input of the first one: that one stays.
    expect(storage.find(CANARY.repeat(1_000))).toEqual([]);
    expect(storage.find(`${CANARY}-signal`)).toEqual([]);
    expect(storage.find(`${CANARY}-request`)).toEqual([]);
    await remove(rig);
    await rig.settled();
    expect(storage.tables).toEqual([]);
  });
});
