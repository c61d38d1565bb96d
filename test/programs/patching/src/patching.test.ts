import { TestWorkflowEnvironment } from '@temporalio/testing';
import { type ReplayError, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import * as activities from './activities';
import { evolving, nightly } from './workflows';

let env: TestWorkflowEnvironment;
const taskQueue = 'patching-test';
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
}, 20_000);
afterAll(() => env.teardown());

const workerOf = (workflowsPath: string) =>
  Worker.create({ connection: env.nativeConnection, taskQueue, workflowsPath, activities });

test('old histories run on new code', async () => {
  const old = await workerOf(require.resolve('./workflows-v1'));
  const handle = await env.client.workflow.start(evolving, { taskQueue, workflowId: 'old' });
  expect(await old.runUntil(handle.result())).toBe('a');
  const fresh = await workerOf(require.resolve('./workflows'));
  expect(await fresh.runUntil(env.client.workflow.execute(evolving, { taskQueue, workflowId: 'new' }))).toBe(
    'b',
  );

  const history = await handle.fetchHistory();
  await Worker.runReplayHistory({ workflowsPath: require.resolve('./workflows') }, history, 'old');
  const changed = await env.client.workflow.getHandle('new').fetchHistory();
  await expect(
    Worker.runReplayHistory({ workflowsPath: require.resolve('./workflows-v1') }, changed),
  ).rejects.toThrow(DeterminismViolationError);
  const histories = [
    { workflowId: 'old', history },
    { workflowId: 'new', history: changed },
  ];
  const errors: (ReplayError | DeterminismViolationError | undefined)[] = [];
  for await (const { error } of Worker.runReplayHistories(
    { workflowsPath: require.resolve('./workflows') },
    histories,
  )) {
    errors.push(error);
  }
  expect(errors).toEqual([undefined, undefined]);
}, 20_000);

test('cron knows the last result', async () => {
  const worker = await workerOf(require.resolve('./workflows'));
  const handle = await env.client.workflow.start(nightly, {
    taskQueue,
    workflowId: 'cron',
    cronSchedule: '0 3 * * *',
  });
  await worker.runUntil(async () => {
    const begin = await env.currentTimeMs();
    await env.sleep('3 days');
    expect((await env.currentTimeMs()) - begin).toBeGreaterThanOrEqual(3 * 24 * 3_600_000);
    const { status, startTime } = await handle.describe();
    expect(status.name).toBe('RUNNING');
    expect(startTime.getTime()).toBeGreaterThan(begin);
    await handle.terminate('enough');
  });
}, 20_000);
