/**
 * Workers that are down, absent, killed and back; an engine that is away while a Worker finishes. None of it uses up an
 * attempt, and none of it executes an activity twice that did not have to be.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/lib/root.ts';
import { until } from '../http-api.ts';
import { nothingRanAgain } from './judge.ts';
import { type LedgerLine, readLines } from './ledger.ts';
import { keepHistory, quick, World } from './processes.ts';

const OUTAGE_MS = quick ? 15_000 : 60_000;

const world = new World();
const api = (): World['api'] => world.api;
const runs: string[] = [];

beforeAll(() => world.startEngine());
afterAll(() => world.end());

async function start(
  workflowId: string,
  workflowType: string,
  taskQueue: string,
  args: unknown[],
): Promise<void> {
  await api().start({ workflowId, workflowType, taskQueue, args });
  runs.push(workflowId);
}

function lines(workflowId: string, what: LedgerLine['what']): LedgerLine[] {
  return readLines(world.ledger).filter((line) => line.workflowId === workflowId && line.what === what);
}

/** The attempt that the history says was executed. */
async function attempts(workflowId: string): Promise<number[]> {
  const events = await api().history(workflowId);
  return events.flatMap((event) => {
    const { activityTaskStartedEventAttributes: started } = event as {
      activityTaskStartedEventAttributes?: { attempt: number };
    };
    return started ? [started.attempt] : [];
  });
}

const outage = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));

it('a start before any Worker exists is accepted, says what is missing, and completes when one registers', async () => {
  await start('too-early', 'steps', 'later', ['too-early', 1, 0]);
  const missing = 'no Worker serves task queue "later"';
  const description = await until('the reason', async () => {
    const reply = await api().describe('too-early');
    return reply.problems.some((problem) => problem.includes(missing)) && reply;
  });
  expect(description.workflowExecutionInfo.status).toBe('WORKFLOW_EXECUTION_STATUS_RUNNING');
  const cli = join(projectRoot, 'sdk/cli/main.ts');
  const args = ['workflow', 'describe', '-w', 'too-early', '--address', world.url];
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args]);
  expect(stdout).toContain(missing);
  expect(stdout).toMatch(/running/i);
  const worker = await world.testWorker('late-comer', 'later');
  await worker.serve();
  const registered = performance.now();
  expect(await api().result('too-early')).toEqual(['too-early/0']);
  console.log(`completed ${Math.round(performance.now() - registered)} ms after the Worker registered`);
});

it(`an activity with one attempt survives a Worker that is down for ${OUTAGE_MS / 1_000} s`, async () => {
  const worker = await world.testWorker('down', 'outage');
  await worker.serve();
  // One is in the middle of its work when the Worker dies; one is started while it is down.
  await start('down-midway', 'single', 'outage', ['down-midway', 3_000]);
  await until('the work to begin', () => lines('down-midway', 'begin').length === 1);
  await worker.kill();
  console.log('kill -9: Worker; in flight: the only attempt of an activity');
  await start('down-before', 'single', 'outage', ['down-before', 0]);
  await until('the reason', async () => (await api().describe('down-before')).problems.length > 0);
  await outage();
  const { pendingActivities, problems } = await api().describe('down-midway');
  expect(pendingActivities).toMatchObject([{ attempt: 1 }]);
  expect(problems.join()).toContain('no Worker serves task queue "outage"');
  await worker.serve();
  expect(await api().result('down-midway', 60_000)).toBe('down-midway');
  expect(await api().result('down-before', 60_000)).toBe('down-before');
  expect(await attempts('down-midway')).toEqual([1]);
  expect(await attempts('down-before')).toEqual([1]);
  expect(lines('down-midway', 'begin')).toHaveLength(2);
  expect(lines('down-midway', 'end')).toHaveLength(1);
  expect(lines('down-before', 'end')).toHaveLength(1);
});

it('two Workers share a task queue; the tasks of one that is killed move; it is taken back when it returns', async () => {
  const [left, right] = [await world.testWorker('left', 'shared'), await world.testWorker('right', 'shared')];
  await Promise.all([left.serve(), right.serve()]);
  const share = async (workflowId: string): Promise<Set<string>> => {
    await start(workflowId, 'many', 'shared', [workflowId, 12, 50]);
    await api().result(workflowId, 60_000);
    return new Set(lines(workflowId, 'end').map((line) => line.worker));
  };
  await until('both to work', async () => (await share(`shared-${runs.length}`)).size === 2);

  await start('moved', 'many', 'shared', ['moved', 12, 1_000]);
  await until('all to begin', () => lines('moved', 'begin').length === 12);
  const lost = lines('moved', 'begin').filter((line) => line.worker === 'left');
  expect(lost.length).toBeGreaterThan(0);
  await left.kill();
  console.log(`kill -9: one of two Workers; in flight: ${lost.length} of 12 activities on it`);
  await api().result('moved', 60_000);
  expect(await attempts('moved')).toEqual(Array(12).fill(1));
  const moved = lines('moved', 'end');
  expect(moved).toHaveLength(12);
  expect(new Set(moved.map((line) => line.worker))).toEqual(new Set(['right']));
  // What the other one had was executed once.
  for (const { key } of moved) {
    const begun = lines('moved', 'begin').filter((line) => line.key === key);
    expect(begun).toHaveLength(lost.some((line) => line.key === key) ? 2 : 1);
  }
  expect(await share('alone')).toEqual(new Set(['right']));

  await left.serve();
  await until('the first one to work again', async () =>
    (await share(`shared-again-${runs.length}`)).has('left'),
  );
});

it('a Worker that outlives the engine executes nothing again: it reports what it finished, and is joined in what it has not', async () => {
  const worker = await world.testWorker('patient', 'patient');
  await worker.serve();
  await start('finished', 'steps', 'patient', ['finished', 1, 1_000]);
  await start('with-one-attempt', 'single', 'patient', ['with-one-attempt', 1_000]);
  await start('still-running', 'single', 'patient', ['still-running', 20_000]);
  const of = (what: LedgerLine['what']): number =>
    readLines(world.ledger).filter((line) => line.worker === 'patient' && line.what === what).length;
  await until('the work to begin', () => of('begin') === 3);
  await world.killEngine();
  console.log('kill -9: engine; in flight: three activities, two of which finish while it is dead');
  await until('two to end', () => of('end') === 2);
  await world.startEngine();
  expect(of('end'), 'the third is still running').toBe(2);
  expect(await api().result('finished', 60_000)).toEqual(['finished/0']);
  expect(await api().result('with-one-attempt', 60_000)).toBe('with-one-attempt');
  expect(await api().result('still-running', 60_000)).toBe('still-running');
  for (const workflowId of ['finished', 'with-one-attempt', 'still-running']) {
    expect(lines(workflowId, 'begin')).toHaveLength(1);
    expect(lines(workflowId, 'end')).toHaveLength(1);
    expect(await attempts(workflowId)).toEqual([1]);
  }
});

it('an activity that was accepted outlives a kill of the engine and is reported by its token', async () => {
  const worker = await world.testWorker('accepting', 'accepting', { ANSWER_WITHIN_MS: '200' });
  await worker.serve();
  await start('accepted', 'single', 'accepting', ['accepted', 4_000]);
  await start('accepted-and-finished', 'single', 'accepting', ['accepted-and-finished', 1_500]);
  await until('the work to begin', () => lines('accepted', 'begin').length === 1);
  await until('the other to begin', () => lines('accepted-and-finished', 'begin').length === 1);
  await new Promise((resolve) => setTimeout(resolve, 600));
  await world.killEngine();
  await until('one to end', () => lines('accepted-and-finished', 'end').length === 1);
  await world.startEngine();
  for (const workflowId of ['accepted', 'accepted-and-finished']) {
    expect(await api().result(workflowId, 60_000)).toBe(workflowId);
    expect(lines(workflowId, 'begin')).toHaveLength(1);
    expect(await attempts(workflowId)).toEqual([1]);
  }
});

it('a local activity goes on over the heartbeats of its workflow task', async () => {
  const worker = await world.testWorker('local', 'local');
  await worker.serve();
  const more = { workflowTaskTimeout: '1s' };
  await api().start({
    workflowId: 'local',
    workflowType: 'locally',
    taskQueue: 'local',
    args: ['local', 3_000],
    more,
  });
  expect(await api().result('local', 60_000)).toBe('local');
  expect(lines('local', 'begin')).toHaveLength(1);
  const types = await api().eventTypes('local');
  expect(types.filter((type) => type === 'WorkflowTaskCompleted').length).toBeGreaterThan(3);
  await keepHistory(api(), 'local');
});

it('executed nothing again whose completion was recorded: the verdict of the ledger', async () => {
  expect(await nothingRanAgain(api(), world.ledger, runs)).toBeGreaterThan(40);
  for (const workflowId of runs) await keepHistory(api(), workflowId);
});
