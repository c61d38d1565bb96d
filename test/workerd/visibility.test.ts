/** Search attributes and the list filter over real shards: what SQLite of the platform answers, not Node's. */

import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../http-api.ts';
import { api } from './support.ts';

const types = {
  City: 'INDEXED_VALUE_TYPE_KEYWORD',
  Colors: 'INDEXED_VALUE_TYPE_KEYWORD_LIST',
  Note: 'INDEXED_VALUE_TYPE_TEXT',
  Amount: 'INDEXED_VALUE_TYPE_INT',
  Rate: 'INDEXED_VALUE_TYPE_DOUBLE',
  Paid: 'INDEXED_VALUE_TYPE_BOOL',
  Due: 'INDEXED_VALUE_TYPE_DATETIME',
};

async function found(query: string): Promise<string[]> {
  return (await api.list(query)).map(({ execution }) => execution.workflowId).toSorted();
}

beforeAll(() => api.ok('POST', '/search-attributes', { searchAttributes: types }));

describe('search attributes of a namespace', () => {
  it('are found by, each by the rules of its type', async () => {
    const attributes = [
      { City: 'Oslo', Colors: ['red', 'blue'], Note: 'The quick fox', Amount: 3, Rate: 0.5, Paid: true },
      { City: "O'slo", Colors: ['green'], Note: 'a slow one', Amount: 40, Due: '2026-01-01T00:00:00Z' },
      {},
    ];
    for (const [i, indexedFields] of attributes.entries()) {
      const more = { searchAttributes: { indexedFields } };
      const workflowType = 'gather';
      await api.start({ workflowId: `sa-${i}`, workflowType, taskQueue: 'plain', args: [1], more });
    }
    const mine = "WorkflowId STARTS_WITH 'sa-'";
    await until('the rows', async () => (await found(mine)).length === 3);
    const expectFound = async (filter: string, ...ids: number[]) =>
      expect([filter, await found(`${mine} AND (${filter})`)]).toEqual([filter, ids.map((i) => `sa-${i}`)]);
    await expectFound("City = 'Oslo'", 0);
    await expectFound("City = 'O''slo' OR Paid = true", 0, 1);
    await expectFound("Colors IN ('blue', 'green')", 0, 1);
    await expectFound("Note = 'FOX lazy'", 0);
    await expectFound('Amount BETWEEN 3 AND 39', 0);
    await expectFound('Rate < 0.75', 0);
    await expectFound("Due > '2025-12-31T23:59:59.999999Z'", 1);
    await expectFound('City IS NULL', 2);
    await expectFound("NOT City = 'Oslo'", 1);
    await expectFound("StartTime < '2020-01-01T00:00:00Z'");
    const hundred = Array.from({ length: 95 }, (_, i) => `Amount != ${i + 1000}`).join(' AND ');
    await expectFound(hundred, 0, 1);
    const listed = await api.ok<any>('GET', '/search-attributes');
    expect(listed.customAttributes).toEqual(types);
    expect(listed.systemAttributes.WaitingOn).toBe('INDEXED_VALUE_TYPE_KEYWORD_LIST');
    const query = encodeURIComponent(`${mine} GROUP BY ExecutionStatus`);
    const { count, groups } = await api.ok<any>('GET', `/workflow-count?query=${query}`);
    expect([count, groups[0].count, atob(groups[0].groupValues[0].data)]).toEqual(['3', '3', '"Running"']);
  });

  it('that are not there are refused to a start, and fail the workflow task that sets them', async () => {
    const more = { searchAttributes: { indexedFields: { Town: 'Oslo' } } };
    const body = { workflowType: { name: 'gather' }, taskQueue: { name: 'plain' }, input: [1], ...more };
    const refused = await api.send('POST', '/workflows/no-town', body);
    expect(refused).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('no mapping defined for search attribute Town') },
    });
    const workflowId = 'sets-town';
    await api.start({ workflowId, workflowType: 'labelled', taskQueue: 'plain', args: ['Town', 'Oslo'] });
    await until('the task to fail', async () =>
      (await api.eventTypes(workflowId)).includes('WorkflowTaskFailed'),
    );
    const failed = (await api.history(workflowId)).find(({ eventType }) =>
      /TASK_FAILED/.test(eventType),
    ) as any;
    expect(failed.workflowTaskFailedEventAttributes.cause).toBe(
      'WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES',
    );
    await api.ok('POST', '/search-attributes', { searchAttributes: { Town: 'Keyword' } });
    await until('the workflow to go on', async () => (await found("Town = 'Oslo'")).length === 1);
    await api.ok('POST', '/search-attributes/remove', { searchAttributes: ['Town'] });
    expect((await api.send('GET', `/search-attributes`)).body.customAttributes).toEqual(types);
  });
});

it('lists what runs wait for', async () => {
  const flags = { taskQueue: 'plain' };
  await api.start({ workflowId: 'wait-timer', workflowType: 'nap', args: ['k', 3_600_000], ...flags });
  await api.start({ workflowId: 'wait-signal', workflowType: 'gather', args: [1], ...flags });
  await api.start({ workflowId: 'wait-activity', workflowType: 'flaky', args: ['f', 1_000], ...flags });
  const mine = "WorkflowId STARTS_WITH 'wait-' AND";
  await until('the timer', async () => (await found(`${mine} WaitingOn = 'timer'`)).includes('wait-timer'));
  await until('the signal', async () =>
    (await found(`${mine} WaitingOn = 'signal'`)).includes('wait-signal'),
  );
  await until('attempts', async () => (await found(`${mine} PendingActivityAttempts > 1`)).length === 1);
  expect(await found(`${mine} WaitingOn = 'activity:failTimes' AND LastFailure IS NOT NULL`)).toEqual([
    'wait-activity',
  ]);
  await api.ok('POST', '/workflows/wait-activity/terminate', {});
});
