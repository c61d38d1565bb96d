/** Batch jobs over real objects: to their end by the alarm alone, also after everything in memory is lost. */

import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test';
import { expect, it } from 'vitest';
import type { DescribeBatchOperationReply } from '../../sdk/common/batch.ts';
import { until } from '../http-api.ts';
import { api, env } from './support.ts';

const COUNT = 24;

const describeJob = (jobId: string): Promise<DescribeBatchOperationReply> =>
  api.ok('GET', `/batch-operations/${jobId}`);

async function startRuns(prefix: string): Promise<string[]> {
  const ids = Array.from({ length: COUNT }, (_, i) => `${prefix}-${i}`);
  await Promise.all(
    ids.map((workflowId) => api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [2] })),
  );
  const query = `WorkflowId STARTS_WITH '${prefix}-'`;
  await until('the rows', async () => (await api.list(query)).length === COUNT);
  return ids;
}

async function untilClosed(jobId: string): Promise<DescribeBatchOperationReply> {
  await until('the job to close', async () => (await describeJob(jobId)).closeTime !== undefined);
  return describeJob(jobId);
}

it('signals every run that matches exactly once, over a crash under way', async () => {
  const ids = await startRuns('batch-signal');
  const body = {
    visibilityQuery: "WorkflowId STARTS_WITH 'batch-signal-' AND ExecutionStatus = 'Running'",
    reason: 'all of them',
    maxOperationsPerSecond: 8,
    signalOperation: { signal: 'add', input: ['from the batch'] },
  };
  await api.ok('POST', '/batch-operations/signal-job', body);
  await until(
    'a beginning',
    async () => Number((await describeJob('signal-job')).completeOperationCount) > 0,
  );
  await abortAllDurableObjects();
  // As the platform would, only sooner.
  await runDurableObjectAlarm(env.BATCH.getByName('default'));
  expect(await untilClosed('signal-job')).toMatchObject({
    state: 'BATCH_OPERATION_STATE_COMPLETED',
    totalOperationCount: String(COUNT),
    completeOperationCount: String(COUNT),
    failureOperationCount: '0',
  });
  for (const id of ids) expect([id, await api.query(id, 'items')]).toEqual([id, ['from the batch']]);
});

it('ends every run that matches, and lists its jobs', async () => {
  await startRuns('batch-end');
  const visibilityQuery = "WorkflowId STARTS_WITH 'batch-end-'";
  const body = { visibilityQuery, reason: 'a mistake', terminationOperation: { identity: 'me' } };
  await api.ok('POST', '/batch-operations/end-job', body);
  expect(await untilClosed('end-job')).toMatchObject({
    completeOperationCount: String(COUNT),
    identity: 'me',
  });
  const ended = `${visibilityQuery} AND ExecutionStatus = 'Terminated'`;
  await until('the rows', async () => (await api.list(ended)).length === COUNT);
  const { operationInfo } = await api.ok<any>('GET', '/batch-operations');
  expect(operationInfo.map(({ jobId }: { jobId: string }) => jobId)).toContain('end-job');
});

it('refuses a job with a query that is none, and knows no job that was not started', async () => {
  const body = { visibilityQuery: "Colour = 'red'", reason: 'r', cancellationOperation: {} };
  expect(await api.send('POST', '/batch-operations/bad-job', body)).toMatchObject({
    status: 400,
    body: { message: 'query, column 1: there is no search attribute Colour' },
  });
  expect((await api.send('GET', '/batch-operations/bad-job')).status).toBe(404);
});
