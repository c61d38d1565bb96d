/** What a run has cost, as its describe answer says it: counted along with rows that are written anyway. */

import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { dollarsOf } from '../../sdk/common/operations.ts';
import { newRun } from '../../src/core/state.ts';
import { addRows, encodeRows } from '../../src/execution/log.ts';
import { operations } from '../bench/costs.ts';
import { done, Rig } from './rig.ts';

const operationsOf = async (rig: Rig) => (await rig.object.describe(undefined)).operations!;

/** What the store was given, counted once more; two for its tables. */
const rowsIn = (rig: Rig): number =>
  rig.watched.commits.reduce(
    (sum, { rows, progress, snapshot, alarm }) =>
      sum + rows.length + progress.length + (snapshot ? 1 : 0) + (alarm === undefined ? 0 : 1),
    2,
  );

describe('the counts of a run', () => {
  it('are the rows and alarms that its store was given', async () => {
    const rig = new Rig();
    rig.load(4);
    rig.served = false;
    await rig.start();
    for (let n = 0; n < 10; n++) await rig.signal(`s${n}`);
    const { rowsWritten, stateTransitions } = await operationsOf(rig);
    expect(rig.watched.commits.some(({ snapshot }) => snapshot)).toBe(true);
    expect(rowsWritten).toBe(rowsIn(rig));
    expect(stateTransitions).toBe(rig.watched.commits.flatMap(({ rows }) => rows).length);
    const { workflowExecutionInfo } = await rig.object.describe(undefined);
    expect(workflowExecutionInfo.stateTransitionCount).toBe(String(stateTransitions));
  });

  it('take along with the next row what was done since the last one, and survive a load', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    rig.operations.sent();
    rig.operations.objectRequests += 5;
    await rig.signal('a');
    const before = await operationsOf(rig);
    expect(before).toMatchObject({ queueOperations: 3, objectRequests: 5 });
    rig.load();
    // A load arms anew what it finds owed, which is counted too.
    expect(await operationsOf(rig)).toMatchObject({ queueOperations: 3, objectRequests: 5 });
    rig.load(1);
    await rig.signal('b');
    rig.load();
    const after = await operationsOf(rig);
    expect(after).toMatchObject({ queueOperations: 3, objectRequests: 5 });
    expect(after.stateTransitions).toBe(before.stateTransitions + 1);
  });

  it('are told again by the next commit when one fails', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    rig.operations.sent();
    rig.watched.fail = 'before';
    await rig.signal('lost').catch(() => undefined);
    rig.watched.fail = undefined;
    await rig.signal('kept');
    rig.load();
    expect((await operationsOf(rig)).queueOperations).toBe(3);
  });

  it('belong to the run: one that follows it begins anew, and an older one keeps its own', async () => {
    const rig = new Rig();
    rig.served = false;
    const { runId } = await rig.start();
    for (let n = 0; n < 10; n++) await rig.signal(`s${n}`);
    await rig.terminate();
    await rig.settled();
    const { operations } = await rig.object.describe(runId);
    await rig.start();
    expect((await operationsOf(rig)).stateTransitions).toBe(1);
    const older = (await rig.object.describe(runId)).operations!;
    expect(older.stateTransitions).toBe(operations!.stateTransitions);
  });

  it('do not count as history', () => {
    const sizeOf = (others?: Parameters<typeof encodeRows>[2]): number => {
      const run = newRun(0);
      const event = { transient: 'WorkflowExecutionPaused', time: 1, attributes: {} } as never;
      addRows(run, encodeRows(0, [event], others), [event]);
      return run.historySizeBytes;
    };
    const [plain, counted] = [sizeOf(), sizeOf({ rowsWritten: 4, objectRequests: 2, queueOperations: 3 })];
    // Their checksums may differ in length.
    expect(Math.abs(counted - plain)).toBeLessThanOrEqual(3);
  });
});

it('a run is priced by the list', () => {
  const counts = { stateTransitions: 9, rowsWritten: 1_000, objectRequests: 1_000, queueOperations: 1_000 };
  expect(dollarsOf(counts)).toBeCloseTo((1 + 0.15 + 0.4) / 1_000, 9);
});

describe('an object without work is kept awake, as the table of costs says,', () => {
  const awakeFor = async (rig: Rig): Promise<number> => {
    const before = rig.now;
    await rig.settled();
    while (rig.awake) await rig.advance(50);
    return rig.now - before;
  };
  const waiting = async (): Promise<Rig> => {
    const rig = Object.assign(new Rig(), { rowPauseMs: 500, detailsPauseMs: 2_000 });
    rig.load();
    await rig.start();
    return rig;
  };

  it('until lists know of a run that is over', async () => {
    const rig = Object.assign(new Rig(), { rowPauseMs: 500, detailsPauseMs: 2_000 });
    rig.load();
    rig.work = async () => done(makeCommand('CompleteWorkflowExecution', {}));
    await rig.start();
    expect(await awakeFor(rig)).toBe(operations.start.billed.objectMillisecond);
    expect(rig.recorded.map(({ open }) => open)).toEqual([false]);
  });

  it('until lists know what a run waits for', async () => {
    const rig = await waiting();
    expect(await awakeFor(rig)).toBeLessThanOrEqual(operations.signal.billed.objectMillisecond + 50);
    expect(rig.recorded).toHaveLength(1);
  });

  it('of a run that sleeps for long, for both', async () => {
    const rig = Object.assign(new Rig(), { rowPauseMs: 500, detailsPauseMs: 2_000 });
    rig.load();
    rig.work = async ({ events }) =>
      done(
        events.some(({ eventType }) => eventType === 'EVENT_TYPE_TIMER_FIRED')
          ? makeCommand('CompleteWorkflowExecution', {})
          : makeCommand('StartTimer', { timerId: '1', startToFireTimeout: '60s' }),
      );
    await rig.start();
    const waited = await awakeFor(rig);
    await rig.advance(60_000);
    expect(rig.recorded.map(({ open }) => open)).toEqual([true]);
    const ended = await awakeFor(rig);
    expect(rig.recorded.map(({ open }) => open)).toEqual([true, false]);
    expect(waited + ended).toBeLessThanOrEqual(operations.sleeper.billed.objectMillisecond);
    // A pause of the row, and one of a run that is over, at least.
    expect(waited + ended).toBeGreaterThanOrEqual(600);
  });

  it('after a heartbeat, until it is clear that lists need not know of it', async () => {
    const rig = Object.assign(new Rig(), { rowPauseMs: 500, detailsPauseMs: 2_000, dispatch: 'queue' });
    rig.load();
    const activityId = '1';
    const activityType = { name: 'charge' };
    rig.work = async () =>
      done(makeCommand('ScheduleActivityTask', { activityId, activityType, startToCloseTimeout: '600s' }));
    await rig.start();
    await rig.settled();
    await rig.object.claimActivityTask(rig.sent[0]!, 'message-1', 'worker-1');
    await awakeFor(rig);
    await rig.advance(60_000);
    await awakeFor(rig);
    const before = rig.recorded.length;
    const { runId } = rig.sent[0]!;
    const task = { namespace: 'default', workflowId: 'order-1', runId, activityId };
    await rig.object.request({ kind: 'RecordActivityTaskHeartbeat', task });
    expect(await awakeFor(rig)).toBe(operations.heartbeat.billed.objectMillisecond);
    expect(rig.recorded).toHaveLength(before);
  });

  it('as long as the session waits for what comes next', async () => {
    const rig = await waiting();
    await awakeFor(rig);
    await rig.advance(60_000);
    await rig.signal('wakes it');
    expect(await awakeFor(rig)).toBeLessThanOrEqual(operations.signal.billed.objectMillisecond + 50);
  });
});
