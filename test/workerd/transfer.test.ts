/** The money transfer from end to end, over the HTTP API, in real workerd: by a bound Worker and by a URL Worker. */

import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, inject, it } from 'vitest';
import { api, executionStub, keepHistory } from './support.ts';

const WORKFLOWS = 'examples/money-transfer/workflows.ts';
const transfer = (referenceId: string, amount = 400, targetAccount = 'acct-bob') => ({
  amount,
  sourceAccount: 'acct-alice',
  targetAccount,
  referenceId,
});

async function balances(taskQueue: string, workflowId: string): Promise<unknown> {
  const args = [['acct-alice', 'acct-bob']];
  await api.start({ workflowId, workflowType: 'accountBalances', taskQueue, args });
  return api.result(workflowId);
}

describe.each([
  { how: 'a bound Worker (JS RPC session)', taskQueue: 'money-transfer', registers: false },
  { how: 'a URL Worker (node:http)', taskQueue: 'url-transfer', registers: true },
])('a money transfer by $how', ({ taskQueue, registers }) => {
  it('moves the money once, and its history tells how', async () => {
    if (registers) await api.register(inject('urlWorker'));
    const workflowId = `${taskQueue}-transfer`;
    const args = [transfer(`${taskQueue}-1`)];
    const { started } = await api.start({ workflowId, workflowType: 'moneyTransfer', taskQueue, args });
    expect(started).toBe(true);
    expect(await api.result(workflowId)).toMatch(/^Transfer complete \(transaction IDs: W\d+, D\d+\)$/);
    expect(await api.eventTypes(workflowId)).toEqual([
      'WorkflowExecutionStarted',
      ...['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'],
      ...['ActivityTaskScheduled', 'ActivityTaskStarted', 'ActivityTaskCompleted'],
      ...['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'],
      ...['ActivityTaskScheduled', 'ActivityTaskStarted', 'ActivityTaskCompleted'],
      ...['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'],
      'WorkflowExecutionCompleted',
    ]);
    expect(await balances(taskQueue, `${taskQueue}-balances`)).toEqual({
      'acct-alice': 1_600,
      'acct-bob': 900,
    });
    await keepHistory(workflowId, WORKFLOWS);
  });

  it('gives the money back when the deposit fails for good', async () => {
    const workflowId = `${taskQueue}-refund`;
    const args = [transfer(`${taskQueue}-2`, 100, 'acct-nobody')];
    await api.start({ workflowId, workflowType: 'moneyTransfer', taskQueue, args });
    const { status, closeEvent } = await api.closed(workflowId);
    expect(status).toBe('WORKFLOW_EXECUTION_STATUS_FAILED');
    expect(JSON.stringify(closeEvent)).toContain('went back to acct-alice');
    expect(await balances(taskQueue, `${taskQueue}-balances-2`)).toEqual({
      'acct-alice': 1_600,
      'acct-bob': 900,
    });
    await keepHistory(workflowId, WORKFLOWS);
  });

  it('waits for the signal that approves it, and answers a query meanwhile', async () => {
    const workflowId = `${taskQueue}-approved`;
    const args = [transfer(`${taskQueue}-3`, 1)];
    await api.start({ workflowId, workflowType: 'approvedTransfer', taskQueue, args });
    expect(await api.query(workflowId, 'getProgress')).toBe('waiting for approval');
    await api.signal(workflowId, 'approve', ['Carol']);
    expect(await api.result(workflowId)).toMatch(/^Transfer complete/);
    expect(await api.query(workflowId, 'getProgress')).toBe('done');
    await keepHistory(workflowId, WORKFLOWS);
  });
});

it.each(['plain', 'direct', 'consumer', 'url-transfer'])(
  'no task of a Worker that answers is given up or sent twice (task queue %s)',
  async (taskQueue) => {
    if (taskQueue === 'url-transfer') await api.register(inject('urlWorker'));
    const workflowId = `fan-${taskQueue}`;
    // Completions come while a workflow task is out, so that the next task follows at once.
    await api.start({ workflowId, workflowType: 'fan', taskQueue, args: [workflowId, 12] });
    expect(await api.result(workflowId)).toEqual(Array(12).fill(1));
    const released = await runInDurableObject(executionStub(workflowId), (_, { storage }) =>
      storage.sql.exec("SELECT seq FROM log WHERE data LIKE '%Released%'").toArray(),
    );
    expect(released).toEqual([]);
    await keepHistory(workflowId);
  },
);

it('start-and-wait answers the result in one request', async () => {
  const body = {
    workflowType: { name: 'several' },
    taskQueue: { name: 'plain' },
    input: ['start-and-wait', 2],
  };
  const reply = await api.ok<{ started: boolean; result: { status: string } }>(
    'POST',
    '/workflows/one-request/start-and-wait?waitMs=10000',
    body,
  );
  expect(reply).toMatchObject({ started: true, result: { status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED' } });
  expect(await api.result('one-request')).toEqual([1, 1]);
});
