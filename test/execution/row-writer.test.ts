import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { done, Rig } from './rig.ts';

const paused = (): Rig => {
  const rig = Object.assign(new Rig(), { rowPauseMs: 500 });
  rig.load();
  return rig;
};
const written = (rig: Rig): string[] => rig.recorded.map(({ info }) => info.status);
const confirmed = (rig: Rig): boolean => JSON.stringify(rig.watched.commits).includes('VisibilityRecorded');

it('a run that is over within the pause is written once', async () => {
  const rig = paused();
  await rig.start();
  await rig.advance(100);
  rig.work = async () => done(makeCommand('CompleteWorkflowExecution', {}));
  await rig.signal('end');
  expect(rig.recorded).toEqual([]);
  await rig.advance(400);
  expect(written(rig)).toEqual(['WORKFLOW_EXECUTION_STATUS_COMPLETED']);
  expect(confirmed(rig)).toBe(true);
});

it('while a run is open its confirmation takes no commit of its own', async () => {
  const rig = paused();
  await rig.start();
  const commits = rig.watched.commits.length;
  await rig.advance(500);
  expect(written(rig)).toEqual(['WORKFLOW_EXECUTION_STATUS_RUNNING']);
  expect(rig.watched.commits).toHaveLength(commits);
  await rig.signal('next');
  expect(rig.watched.commits).toHaveLength(commits + 1);
  expect(confirmed(rig)).toBe(true);
});

it('with nothing else to do, the alarm confirms it before it would be written again', async () => {
  const rig = paused();
  await rig.start();
  await rig.advance(500);
  for (let second = 0; second < 60; second++) await rig.advance(1_000);
  expect(rig.recorded).toHaveLength(1);
  expect(confirmed(rig)).toBe(true);
});

it('a run that waits is woken for that once, soon after, and is not kept awake by it', async () => {
  const rig = paused();
  rig.detailsPauseMs = 2_000;
  rig.load();
  await rig.start();
  await rig.advance(500);
  expect(rig.watched.alarm).toBe(rig.now + 500);
  await rig.advance(500);
  expect(confirmed(rig)).toBe(true);
  expect(rig.awake).toBe(false);
  const commits = rig.watched.commits.length;
  for (let minute = 0; minute < 60; minute++) await rig.advance(60_000);
  expect(rig.watched.commits).toHaveLength(commits);
});

it('what a lost object owed for longer than the pause is written as soon as it is loaded', async () => {
  const rig = paused();
  await rig.start();
  rig.now += 60_000;
  rig.load();
  await rig.object.alarm();
  await rig.settled();
  expect(written(rig)).toEqual(['WORKFLOW_EXECUTION_STATUS_RUNNING']);
});

it('an engine that is killed while it writes what was owed for hours comes back to it soon, and not by the age of the debt', async () => {
  const rig = paused();
  await rig.start();
  const comesUp = async (pause: number): Promise<void> => {
    rig.now += pause;
    rig.watched.alarm = undefined;
    rig.load();
    await rig.object.alarm();
  };
  await comesUp(8 * 3_600_000);
  expect(rig.watched.alarm).toBe(rig.now + 5_000);
  await comesUp(5_000);
  await rig.settled();
  expect(written(rig)).toContain('WORKFLOW_EXECUTION_STATUS_RUNNING');
  await rig.advance(5_000);
  expect(confirmed(rig)).toBe(true);
  expect(rig.watched.alarm).toBeUndefined();
});

const DAY = 86_400_000;
const ends = async () => done(makeCommand('CompleteWorkflowExecution', {}));

describe('the alarm of a run that is over', () => {
  /** Kept for 30 days. */
  const kept = (rig: Rig): Rig => {
    rig.retention = { peek: () => 30 * DAY, ask: async () => 30 * DAY };
    rig.load();
    return rig;
  };

  it('stands close until lists know of its end, and is then armed for the end of retention: it does not come for nothing', async () => {
    const rig = kept(paused());
    rig.work = ends;
    await rig.start();
    expect(rig.watched.alarm).toBeLessThanOrEqual(rig.now + 5_000);
    await rig.advance(100);
    expect(confirmed(rig)).toBe(true);
    expect(rig.watched.alarm).toBe(rig.now + 30 * DAY);
    const commits = rig.watched.commits.length;
    await rig.advance(DAY);
    expect(rig.watched.commits).toHaveLength(commits);
  });

  it('stays close while visibility does not take the row', async () => {
    const rig = kept(paused());
    rig.work = ends;
    rig.recorded.push = () => {
      throw new Error('visibility is down');
    };
    await rig.start();
    await rig.advance(100);
    expect(confirmed(rig)).toBe(false);
    expect(rig.watched.alarm).toBeLessThanOrEqual(rig.now + 5_000);
  });

  it('is armed for a run that follows it as for any other', async () => {
    const rig = kept(paused());
    rig.work = ends;
    await rig.start();
    await rig.advance(100);
    rig.work = async () => done();
    rig.served = false;
    await rig.start();
    expect(rig.watched.alarm).toBeLessThanOrEqual(rig.now + 5_000);
  });

  it('that is overdue is not put off by what is written of a newer one', async () => {
    const rig = kept(paused());
    rig.work = ends;
    await rig.start();
    await rig.advance(100);
    rig.now += 30 * DAY;
    await rig.start();
    const { alarm } = rig.watched;
    expect(alarm).toBeLessThanOrEqual(rig.now + 60_000);
    await rig.advance(100);
    expect(rig.watched.alarm).toBe(alarm);
  });
});

describe('a row that somebody else asks for, to write it', () => {
  it('is not given away while it is about to be written', async () => {
    const rig = paused();
    await rig.start();
    expect(await rig.object.unwrittenRow()).toBeUndefined();
  });

  it('is given away when it was not written', async () => {
    const rig = paused();
    rig.recorded.push = () => {
      throw new Error('visibility is down');
    };
    await rig.start();
    await rig.advance(500);
    expect(await rig.object.unwrittenRow()).toMatchObject({ open: true });
  });
});
