/**
 * What an operation costs, counted in workerd: rows of the log (each is one row written: its table has no index), calls of
 * objects, messages of the Queue. Counts are exact, so a change that costs more fails here.
 */

import { runInDurableObject } from 'cloudflare:test';
import { afterAll, describe, expect, it } from 'vitest';
import type { OperationCounts } from '../../sdk/common/operations.ts';
import { until } from '../http-api.ts';
import { arm, disarm } from './faults/injector.ts';
import { api, executionStub } from './support.ts';

afterAll(disarm);

interface Cost {
  rows: number;
  requests: number;
  messages: number;
}

const rowsOf = (workflowId: string): Promise<number> =>
  runInDurableObject(
    executionStub(workflowId),
    (_, { storage }) => storage.sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM log').one().n,
  );

/** As completed. */
async function untilListed(workflowId: string): Promise<void> {
  const query = encodeURIComponent(`WorkflowId = '${workflowId}' AND ExecutionStatus = 'Completed'`);
  const listed = async () =>
    (await api.ok<{ executions: unknown[] }>('GET', `/workflows?query=${query}`)).executions;
  await until('the row', async () => (await listed()).length > 0);
}

/** Of a whole run, from its start until visibility has its end. */
async function costOf(
  key: string,
  start: Omit<Parameters<typeof api.start>[0], 'workflowId'>,
): Promise<Cost> {
  const workflowId = `~${key}~`;
  const { counts } = arm(key);
  await api.start({ workflowId, ...start });
  await api.result(workflowId);
  // The list that is looked at below is none of its costs.
  const { rpc: requests, queue: messages } = counts;
  await untilListed(workflowId);
  const rows = await rowsOf(workflowId);
  return { rows, requests, messages };
}

/** One more of what a run does `n` times: so much more does a run cost that does it ten times more often. */
async function oneMore(key: string, taskQueue: string): Promise<Cost> {
  const run = (n: number): Promise<Cost> =>
    costOf(`${key}-${n}`, { workflowType: 'several', taskQueue, args: [`${key}-${n}`, n] });
  const few = await run(10);
  const many = await run(20);
  return {
    rows: (many.rows - few.rows) / 10,
    requests: Math.round((many.requests - few.requests) / 10),
    messages: (many.messages - few.messages) / 10,
  };
}

describe('an activity in a sequence costs', () => {
  it('by direct dispatch two rows, no call of an object, no message', async () => {
    const { rows, requests, messages } = await oneMore('cost-direct', 'direct');
    expect(rows).toBeLessThanOrEqual(2);
    expect([requests, messages]).toEqual([0, 0]);
  });

  it.each(['plain', 'consumer'])(
    'by queue (%s) three rows, three calls of an object, one message',
    async (queue) => {
      const { rows, requests, messages } = await oneMore(`cost-${queue}`, queue);
      expect(rows).toBeLessThanOrEqual(3);
      expect(requests).toBeLessThanOrEqual(3);
      expect(messages).toBe(1);
    },
  );
});

it('a run that does nothing is two rows: all that it did, and that visibility knows', async () => {
  const { rows, messages } = await costOf('cost-nothing', {
    workflowType: 'several',
    taskQueue: 'direct',
    args: ['nothing', 0],
  });
  expect(rows).toBeLessThanOrEqual(3);
  expect(messages).toBe(0);
});

it('a signal to a run that is in memory is one row, and one call', async () => {
  const workflowId = '~cost-signal~';
  await api.start({ workflowId, workflowType: 'gather', taskQueue: 'direct', args: [100] });
  await api.signal(workflowId, 'add', ['first']);
  const before = await rowsOf(workflowId);
  const { counts } = arm('cost-signal');
  for (let i = 0; i < 20; i++) await api.signal(workflowId, 'add', [String(i)]);
  expect((await rowsOf(workflowId)) - before).toBeLessThanOrEqual(20);
  expect(counts.rpc).toBeLessThanOrEqual(21);
});

describe('the counts in a describe answer are what was counted beside them', () => {
  it.each([
    { what: 'direct', workflowType: 'several', args: ['~', 10], alarms: 0 },
    { what: 'plain', workflowType: 'several', args: ['~', 10], alarms: 0 },
    { what: 'consumer', workflowType: 'several', args: ['~', 10], alarms: 0 },
    { what: 'direct', workflowType: 'naps', args: [10], alarms: 10 },
  ])('of $workflowType, task queue $what', async ({ what, workflowType, args, alarms }) => {
    const key = `count-${what}-${workflowType}`;
    const workflowId = `~${key}~`;
    const { counts, asked, rows } = arm(key);
    const own = args.map((arg) => (arg === '~' ? key : arg));
    await api.start({ workflowId, workflowType, taskQueue: what, args: own });
    await api.result(workflowId);
    await untilListed(workflowId);
    const described = async () => {
      const path = `/workflows/${encodeURIComponent(workflowId)}`;
      return (await api.ok<{ operations: OperationCounts }>('GET', path)).operations;
    };
    // Visibility has the row a moment before the object has written that it has.
    const logged = await rowsOf(workflowId);
    await until('the last row', async () => (await described()).stateTransitions >= logged);
    const { rowsWritten, objectRequests, queueOperations } = await described();
    expect(rowsWritten).toBe(rows.own.written + rows.listed.written);
    expect(queueOperations).toBe(3 * counts.queue);
    expect(objectRequests).toBe(asked.filter((name) => name !== 'VISIBILITY.list').length + alarms);
  });
});
