/**
 * kill -9 of an engine that steers many runs: permits of a task queue, batch jobs, deletion, schedules and resets are
 * under way. All of it goes on by itself, nothing is done twice, and what says that it is complete is.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BatchOperationInfo } from '../../sdk/common/batch.ts';
import { shortType, until } from '../http-api.ts';
import { type LedgerLine, readLines } from './ledger.ts';
import { keepHistory, quick, TASK_QUEUE, type WorkerProcess, World } from './processes.ts';

const world = new World();
const api = () => world.api;
let worker: WorkerProcess;

beforeAll(async () => {
  await world.startEngine();
  worker = await world.testWorker('worker-1');
  await worker.serve();
});

afterAll(() => world.end());

/** Ends a moment after the kill: nothing can have happened since. */
async function killEngine(): Promise<number> {
  await world.killEngine();
  const time = Date.now();
  await world.startEngine();
  return time;
}

/** Lines of activities whose keys begin so. */
const lines = (prefix: string, what: LedgerLine['what'] = 'begin'): LedgerLine[] =>
  readLines(world.ledger).filter((line) => line.what === what && line.key.startsWith(prefix));

/** Looks only at a ledger: no request may be what brings the work back. */
const byItself = (what: string, seen: () => boolean): Promise<boolean> =>
  until(`${what}, with no request to the engine`, seen, 90_000);

const start = (workflowId: string, workflowType: string, args: unknown[]) =>
  api().start({ workflowId, workflowType, taskQueue: TASK_QUEUE, args });

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(3, '0')}`);

const startBatch = (jobId: string, body: object): Promise<object> =>
  api().ok('POST', `/batch-operations/${jobId}`, { reason: 'a test', ...body });

const describeBatch = (jobId: string): Promise<BatchOperationInfo> =>
  api().ok('GET', `/batch-operations/${jobId}`);

/** Once it says that it is: at least so many. */
const progress = (jobId: string, least: number): Promise<BatchOperationInfo> =>
  until(`${jobId} to have done ${least}`, async () => {
    const job = await describeBatch(jobId);
    return Number(job.completeOperationCount) >= least && job;
  });

const completed = (jobId: string): Promise<BatchOperationInfo> =>
  until(
    `${jobId} to be completed`,
    async () => {
      const job = await describeBatch(jobId);
      return job.state === 'BATCH_OPERATION_STATE_COMPLETED' && job;
    },
    90_000,
  );

async function eventsOf(workflowId: string, type: string): Promise<number> {
  return (await api().eventTypes(workflowId)).filter((found) => found === type).length;
}

it('a task queue keeps to its limits, and everything that waits on it has its turn', async () => {
  const count = 8;
  await api().ok('POST', `/task-queues/${TASK_QUEUE}/update-config`, {
    taskQueueType: 'TASK_QUEUE_TYPE_ACTIVITY',
    updateQueueConcurrency: { maxConcurrentTasks: 2 },
  });
  // Isolates of the engine know it within five seconds.
  await killEngine();
  await start('permits', 'many', ['permits', count, 1_500]);
  await until('two activities', () => lines('permits').length >= 2, 60_000);
  await killEngine();
  const begun = lines('permits').length;
  expect(begun).toBeLessThan(count);
  await byItself('all activities', () => lines('permits', 'end').length >= count);
  expect(await api().result('permits', 60_000)).toHaveLength(count);
  // The Worker lives through it and joins what it is sent again.
  expect(lines('permits')).toHaveLength(count);
  const changes = [
    ...lines('permits').map(({ time }) => ({ time, by: 1 })),
    ...lines('permits', 'end').map(({ time }) => ({ time, by: -1 })),
  ].sort((a, b) => a.time - b.time || a.by - b.by);
  let running = 0;
  const most = changes.map(({ by }) => {
    running += by;
    return running;
  });
  expect(Math.max(...most)).toBe(2);
  await api().ok('POST', `/task-queues/${TASK_QUEUE}/update-config`, {
    taskQueueType: 'TASK_QUEUE_TYPE_ACTIVITY',
    updateQueueConcurrency: {},
  });
});

it('a task queue keeps to the rate that its Worker asks for, in an engine that knows nothing yet', async () => {
  const count = 8;
  const paced = await world.testWorker('paced', 'paced', { RATE: '2' });
  await paced.serve();
  await api().start({
    workflowId: 'paced',
    workflowType: 'many',
    taskQueue: 'paced',
    args: ['paced', count, 0],
  });
  await until('two activities', () => lines('paced').length >= 2, 60_000);
  await killEngine();
  await byItself('all activities', () => lines('paced', 'end').length >= count);
  const times = lines('paced')
    .map(({ time }) => time)
    .sort((a, b) => a - b);
  expect(times).toHaveLength(count);
  // Half a second for each but the first; what is granted evenly may arrive a little less so.
  expect(times.at(-1)! - times[0]!).toBeGreaterThan((count - 1) * 500 - 400);
  const query = 'taskQueueType=2&reportConfig=true';
  expect(await api().ok('GET', `/task-queues/paced?${query}`)).toMatchObject({
    effectiveRateLimit: { requestsPerSecond: 2, rateLimitSource: 'RATE_LIMIT_SOURCE_WORKER' },
  });
  await paced.stop();
});

it('a batch job signals each run that it has found, once', async () => {
  const runs = ids('signalled', quick ? 20 : 50);
  for (const id of runs) await start(id, 'gather', [id, 1]);
  await until(
    'all to be listed',
    async () => (await api().count("WorkflowId STARTS_WITH 'signalled-'")) === runs.length,
  );
  await startBatch('signal-all', {
    visibilityQuery: "WorkflowId STARTS_WITH 'signalled-'",
    maxOperationsPerSecond: 10,
    signalOperation: { signal: 'add', input: ['x'] },
  });
  for (const least of quick ? [4] : [5, 25]) {
    await progress('signal-all', least);
    await killEngine();
  }
  await byItself(
    'all runs to go on',
    () => new Set(lines('signalled-').map(({ key }) => key)).size === runs.length,
  );
  const job = await completed('signal-all');
  expect(job).toMatchObject({
    totalOperationCount: String(runs.length),
    completeOperationCount: String(runs.length),
    failureOperationCount: '0',
  });
  for (const id of runs) {
    expect(await api().result(id)).toEqual(['x']);
    expect(await eventsOf(id, 'WorkflowExecutionSignaled'), id).toBe(1);
  }
});

/** Is the text, or what it is in base64, in any file of the engine's? */
function isOnDisk(text: string): boolean {
  const forms = [
    text,
    ...[0, 1, 2].map((n) =>
      Buffer.from(' '.repeat(n) + text)
        .toString('base64')
        .slice(n && 4, -4),
    ),
  ];
  const folder = join(world.dir, 'engine', 'state');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.some((file) => {
    const bytes = readFileSync(join(file.parentPath, file.name));
    return forms.some((form) => bytes.includes(form));
  });
}

it('a batch job deletes all that it has found, to the last byte of a payload', async () => {
  const runs = ids('deleted', quick ? 12 : 30);
  const canary = 'canary-7f3a51';
  await Promise.all(runs.map((id) => start(id, 'steps', [`${id}-${canary}`, 1, 0])));
  await Promise.all(runs.map((id) => api().result(id, 60_000)));
  const query = "WorkflowId STARTS_WITH 'deleted-'";
  await until(
    'all to be listed',
    async () => (await api().count(`${query} AND ExecutionStatus = 'Completed'`)) === runs.length,
  );
  await world.killEngine();
  expect(isOnDisk(canary)).toBe(true);
  await world.startEngine();
  await startBatch('delete-all', {
    visibilityQuery: query,
    maxOperationsPerSecond: 10,
    deletionOperation: {},
  });
  await progress('delete-all', 4);
  await killEngine();
  const job = await completed('delete-all');
  expect([job.totalOperationCount, job.completeOperationCount]).toEqual([`${runs.length}`, `${runs.length}`]);
  for (const id of runs)
    await until(
      `${id} to be gone`,
      async () => (await api().send('GET', `/workflows/${id}`)).status === 404,
      30_000,
    );
  await until('lists to forget them', async () => (await api().count(query)) === 0, 30_000);
  await world.killEngine();
  expect(isOnDisk(canary)).toBe(false);
  await world.startEngine();
  // The ids are free again.
  await start(runs[0]!, 'steps', [`${runs[0]}-again`, 1, 0]);
  expect(await api().result(runs[0]!, 60_000)).toEqual([`${runs[0]}-again/0`]);
});

interface DescribedSchedule {
  info: { actionCount?: string; overlapSkipped?: string; missedCatchupWindow?: string };
}

it('a schedule starts one run for each of its times, those that passed while the engine was gone among them', async () => {
  const body = {
    schedule: {
      spec: { interval: [{ interval: '1s' }] },
      action: {
        startWorkflow: {
          workflowId: 'tick',
          workflowType: { name: 'steps' },
          taskQueue: { name: TASK_QUEUE },
          input: ['tick', 1, 0],
        },
      },
      policies: { overlapPolicy: 'SCHEDULE_OVERLAP_POLICY_ALLOW_ALL' },
    },
    requestId: 'create',
  };
  await api().ok('POST', '/schedules/ticking', body);
  const times = (): string[] => [
    ...new Set(lines('tick').map(({ workflowId }) => workflowId.slice('tick-'.length))),
  ];
  for (let kills = 0, seen = 2; kills < (quick ? 1 : 3); kills++, seen = times().length + 3) {
    await until(`${seen} runs`, () => times().length >= seen, 60_000);
    await killEngine();
  }
  const before = times().length;
  await byItself('runs behind the last kill', () => times().length >= before + 8);
  await api().ok('POST', '/schedules/ticking/patch', { patch: { pause: 'enough' }, requestId: 'pause' });
  const { info } = await api().ok<DescribedSchedule>('GET', '/schedules/ticking');
  const count = Number(info.actionCount);
  await until('all runs to end', () => times().length >= count, 60_000);
  const taken = times()
    .map((time) => Date.parse(time))
    .sort((a, b) => a - b);
  expect(taken).toHaveLength(count);
  expect(Number(info.missedCatchupWindow ?? 0) + Number(info.overlapSkipped ?? 0)).toBe(0);
  // Each second has its run, from the first to the last.
  expect(taken.map((time) => (time - taken[0]!) / 1_000)).toEqual(taken.map((_, i) => i));
  expect(new Set(lines('tick').map(({ runId }) => runId)).size).toBe(count);
  await until(
    'lists to have them',
    async () => (await api().count("WorkflowId STARTS_WITH 'tick-'")) === count,
    60_000,
  );
  await api().ok('DELETE', '/schedules/ticking');
});

it('resets that were asked for are done, once each, and keep what was before them', async () => {
  const runs = ids('reset', quick ? 6 : 16);
  for (const id of runs) await start(id, 'steps', [id, 3, 0]);
  const first = new Map<string, { runId: string; prefix: string }>();
  for (const id of runs) {
    await api().result(id, 60_000);
    const { workflowExecutionInfo } = await api().describe(id);
    const events = await api().history(id);
    const at = events.map(shortType).lastIndexOf('WorkflowTaskScheduled');
    first.set(id, {
      runId: workflowExecutionInfo.execution.runId,
      prefix: JSON.stringify(events.slice(0, at)),
    });
  }
  const visibilityQuery = "WorkflowId STARTS_WITH 'reset-' AND ExecutionStatus = 'Completed'";
  await until('all to be listed', async () => (await api().count(visibilityQuery)) === runs.length);
  await startBatch('reset-all', {
    visibilityQuery,
    maxOperationsPerSecond: 5,
    resetOperation: { options: { lastWorkflowTask: {} } },
  });
  await progress('reset-all', 2);
  await killEngine();
  const job = await completed('reset-all');
  expect([job.completeOperationCount, job.failureOperationCount]).toEqual([`${runs.length}`, '0']);
  for (const id of runs) {
    expect(await api().result(id, 60_000)).toEqual([0, 1, 2].map((n) => `${id}/${n}`));
    const { runId, prefix } = first.get(id)!;
    const now = await api().describe(id);
    expect(now.workflowExecutionInfo.execution.runId).not.toBe(runId);
    // The task that is done again is the last one: what led to it stands as it was.
    const events = await api().history(id);
    expect(JSON.stringify(events.slice(0, JSON.parse(prefix).length))).toBe(prefix);
    expect(await eventsOf(id, 'WorkflowTaskFailed')).toBe(1);
    await keepHistory(api(), id);
  }
  // One run more of each, and no activity ran again: all three were before the reset's point.
  await until(
    'all runs to be listed',
    async () => (await api().count("WorkflowId STARTS_WITH 'reset-'")) === 2 * runs.length,
  );
  expect(lines('reset-')).toHaveLength(3 * runs.length);
});
