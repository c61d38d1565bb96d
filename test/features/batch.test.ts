import { expect, it } from 'vitest';
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
