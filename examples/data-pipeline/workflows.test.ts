import { crashEverywhere, failFirst, historyToText, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { type Source, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { pipeline, getStages, retryStage } = workflows;
const source: Source = { day: '2026-01-05', rows: ['3', '5', '8'] };

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

const serve = <T>(work: () => Promise<T>): Promise<T> =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, work);
const start = (rows = source.rows) =>
  env.client.workflow.start(pipeline, {
    taskQueue: TASK_QUEUE,
    workflowId: crypto.randomUUID(),
    args: [{ ...source, rows }],
  });
type Handle = Awaited<ReturnType<typeof start>>;
const attempted = async (handle: Handle, activity: string): Promise<number> =>
  historyToText(await handle.fetchHistory()).match(new RegExp(`ActivityTaskScheduled ${activity}`, 'g'))
    ?.length ?? 0;

describe('a pipeline', () => {
  it('goes through its stages', () =>
    serve(async () => {
      const handle = await start();
      expect(await handle.result()).toBe('16 in 3 rows');
      expect((await handle.query(getStages)).map(({ state }) => state)).toEqual(Array(4).fill('done'));
    }));

  it('waits hours for another company and seconds for its own machines', async () => {
    const begun = await env.currentTimeMs();
    const faults = { activities: { extract: failFirst(20), aggregate: failFirst(2) } };
    const run = env.withFaults(faults, () => serve(async () => (await start()).result()));
    expect(await run).toBe('16 in 3 rows');
    const hours = ((await env.currentTimeMs()) - begun) / 3_600_000;
    expect(hours).toBeGreaterThan(2);
    expect(hours).toBeLessThan(3);
  });
});

describe('a stage that stops', () => {
  it('goes on when somebody has mended it, and the stages before are not done again', () =>
    serve(async () => {
      const handle = await start(['3', 'oops', '8']);
      await env.sleep('2 days');
      expect(await handle.query(getStages)).toMatchObject([
        { stage: 'extract', state: 'done' },
        { stage: 'clean', state: 'stopped', reason: 'row 2 is no number' },
        { stage: 'aggregate', state: 'waiting' },
        { stage: 'publish', state: 'waiting' },
      ]);
      // To no avail: it stops again.
      await handle.signal(retryStage, {});
      await env.sleep('1 hour');
      expect((await handle.query(getStages))[1]!.state).toBe('stopped');
      await handle.signal(retryStage, { tolerant: true });
      expect(await handle.result()).toBe('11 in 2 rows');
      expect([await attempted(handle, 'extract'), await attempted(handle, 'clean')]).toEqual([1, 3]);
    }));

  it('fails the pipeline when nobody mends it for a week', () =>
    serve(async () => {
      const handle = await start(['oops']);
      const error = await handle.result().catch((thrown) => thrown);
      expect(error.cause).toMatchObject({
        type: 'StageStopped',
        message: 'clean has stopped, and nobody mended it: row 1 is no number',
      });
    }));
});

it('publishes the same wherever the engine dies', async () => {
  const { result } = await crashEverywhere((crashing) =>
    crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, () =>
      crashing.client.workflow.execute(pipeline, {
        ...{ taskQueue: TASK_QUEUE, workflowId: 'pipeline', args: [source] as [Source] },
      }),
    ),
  );
  expect(result).toBe('16 in 3 rows');
});
