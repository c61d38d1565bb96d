import { expect, it } from 'vitest';
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

it('what a lost object owed for longer than the pause is written as soon as it is loaded', async () => {
  const rig = paused();
  await rig.start();
  rig.now += 60_000;
  rig.load();
  await rig.object.alarm();
  await rig.settled();
  expect(written(rig)).toEqual(['WORKFLOW_EXECUTION_STATUS_RUNNING']);
});
