import { expect, it } from 'vitest';
import type { WorkflowExecutionDescription } from '../../sdk/client/index.ts';
import { QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

it('a batch job signals, cancels and ends the workflows that match, and no others', () =>
  withEngine(async ({ client, env }) => {
    const { namespace, workflowService } = client;
    const start = (workflowId: string, City: string) =>
      client.workflow.start(workflows.tagged, {
        taskQueue: QUEUE,
        workflowId,
        searchAttributes: { City: [City] },
      });
    for (const id of ['a', 'b', 'c']) await start(id, id);
    await env.sleep(0);
    const statusOf = async (id: string) => (await client.workflow.getHandle(id).describe()).status.name;
    const run = async (jobId: string, request: object) => {
      await workflowService.startBatchOperation({ namespace, jobId, reason: 'test', ...request });
      await env.sleep(0);
      return workflowService.describeBatchOperation({ namespace, jobId });
    };
    const ended = await run('end', { visibilityQuery: "WorkflowId IN ('a', 'b')", terminationOperation: {} });
    expect(ended).toMatchObject({ totalOperationCount: '2', completeOperationCount: '2' });
    expect([await statusOf('a'), await statusOf('b'), await statusOf('c')]).toEqual([
      'TERMINATED',
      'TERMINATED',
      'RUNNING',
    ]);
    const signal = { signalOperation: { signal: 'anything' } };
    const signaled = await run('signal', {
      executions: [{ workflowId: 'c' }, { workflowId: 'a' }],
      ...signal,
    });
    expect(signaled).toMatchObject({ completeOperationCount: '1', failureOperationCount: '1' });
    expect(signaled.failures[0]!.execution.workflowId).toBe('a');
  }));

it('a batch job resets runs that are closed, each to its last workflow task', () =>
  withEngine(async ({ client, env }) => {
    const { namespace, workflowService } = client;
    for (const workflowId of ['a', 'b']) {
      const handle = await client.workflow.start(workflows.tagged, { taskQueue: QUEUE, workflowId });
      await handle.result();
    }
    const request = {
      namespace,
      jobId: 'reset',
      reason: 'again',
      visibilityQuery: "ExecutionStatus = 'Completed'",
    };
    await workflowService.startBatchOperation({
      ...request,
      resetOperation: { options: { lastWorkflowTask: {} } },
    });
    await env.sleep(0);
    const job = await workflowService.describeBatchOperation({ namespace, jobId: 'reset' });
    expect([job.completeOperationCount, job.failures]).toEqual(['2', []]);
    expect(job.operationType).toBe('BATCH_OPERATION_TYPE_RESET');
    for (const id of ['a', 'b']) await client.workflow.getHandle(id).result();
    expect((await client.workflow.count("ExecutionStatus = 'Completed'")).count).toBe(4);
  }));

/** Each operation, and what tells that a run has had it. */
const operations: Array<
  [name: string, operation: object, seen: (run: WorkflowExecutionDescription) => unknown]
> = [
  ['TERMINATE', { terminationOperation: {} }, ({ status }) => status.name === 'TERMINATED'],
  ['CANCEL', { cancellationOperation: {} }, ({ status }) => status.name === 'CANCELLED'],
  ['SIGNAL', { signalOperation: { signal: 'anything' } }, ({ historyLength }) => historyLength],
  ['DELETE', { deletionOperation: {} }, () => false],
  [
    'RESET',
    { resetOperation: { options: { firstWorkflowTask: {} } } },
    ({ status }) => status.name === 'RUNNING',
  ],
  [
    'UPDATE_EXECUTION_OPTIONS',
    {
      updateWorkflowOptionsOperation: {
        workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
        updateMask: 'versioningOverride',
      },
    },
    ({ raw }) => raw.workflowExecutionInfo.versioningInfo?.versioningOverride,
  ],
];

it.each(operations)(
  '%s: every run that matches has it once, and the job says how far it is',
  (name, operation, seen) =>
    withEngine(async ({ client, env }) => {
      const { namespace, workflowService } = client;
      const ids = ['a', 'b', 'c', 'd', 'e'];
      for (const workflowId of ids)
        await client.workflow.start(workflows.tagged, { taskQueue: QUEUE, workflowId });
      await env.sleep(0);
      const job = { namespace, jobId: 'job', reason: 'test', visibilityQuery: "WorkflowType = 'tagged'" };
      await workflowService.startBatchOperation({ ...job, maxOperationsPerSecond: 2, ...operation });
      await env.sleep('10 s');
      const done = await workflowService.describeBatchOperation({ namespace, jobId: 'job' });
      expect(done).toMatchObject({
        operationType: `BATCH_OPERATION_TYPE_${name}`,
        state: 'BATCH_OPERATION_STATE_COMPLETED',
        totalOperationCount: '5',
        completeOperationCount: '5',
        failureOperationCount: '0',
        failures: [],
      });
      const described = await Promise.all(
        ids.map((id) =>
          client.workflow
            .getHandle(id)
            .describe()
            .catch(() => undefined),
        ),
      );
      if (name === 'DELETE') expect(described).toEqual(ids.map(() => undefined));
      else expect(described.map((run) => Boolean(run && seen(run)))).toEqual(ids.map(() => true));
      const types = await Promise.all(
        described.flatMap((run) => (run ? client.workflow.getHandle(run.workflowId).fetchHistory() : [])),
      );
      const signals = types.map(
        ({ events }) => events.filter(({ eventType }) => eventType.endsWith('EXECUTION_SIGNALED')).length,
      );
      expect(signals).toEqual(described.filter(Boolean).map(() => (name === 'SIGNAL' ? 1 : 0)));
      expect(Number((await client.workflow.count("WorkflowType = 'tagged'")).count)).toBe(
        name === 'DELETE' ? 0 : name === 'RESET' ? 10 : 5,
      );
    }),
);
