/** Rows of activities that belong to no workflow, among those of workflows. */

import { describe, expect, it } from 'vitest';
import { activityAddress, standaloneActivityId } from '../../sdk/common/ids.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { RowTransfer } from '../../src/visibility/row-transfer.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { makeRecord, type RecordFields } from './records.ts';
import { memorySql, type TestSql } from './sqlite.ts';

const inSql = (sql: TestSql, ...records: RecordFields[]): VisibilityStore => {
  const store = new VisibilityStore(sql);
  for (const record of records)
    store.upsert(makeRecord({ runId: `run of ${record.workflowId}`, ...record }), 0, {
      ActivityId: 'KEYWORD',
    });
  return store;
};
const activity = (id: string, fields: RecordFields = {}): RecordFields => ({
  workflowId: activityAddress(id),
  ...fields,
});
const idsOf = (store: VisibilityStore, text: string, kind?: 'activities'): string[] => {
  const query = parseListQuery(text, { ActivityId: 'KEYWORD' }, kind);
  const ids = store.page(query, 100, undefined).rows.map(({ info: { execution } }) => execution.workflowId);
  expect(store.count(query).count).toBe(ids.length);
  return ids.map((id) => standaloneActivityId(id) ?? id);
};
const indexesOf = (sql: TestSql): unknown[] =>
  [
    ...sql.exec(
      "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%by_order' ORDER BY name",
    ),
  ].map(({ name }) => name);

describe('rows of activities that belong to no workflow', () => {
  const rows = [
    { workflowId: 'w1', startTime: 5_000 },
    activity('a-1', { type: 'withdraw', startTime: 4_000 }),
    { workflowId: 'a-1', startTime: 3_000 },
    activity('a-2', { type: 'deposit', startTime: 2_000 }),
    activity('b', { type: 'deposit', startTime: 1_000, status: 'COMPLETED' }),
  ];

  it('and rows of workflows are each in a list of their own', () => {
    const store = inSql(memorySql(), ...rows);
    expect(idsOf(store, '')).toEqual(['w1', 'a-1']);
    expect(idsOf(store, '', 'activities')).toEqual(['a-1', 'a-2', 'b']);
    expect(idsOf(store, "WorkflowId = 'a-1' OR RunId != 'x'")).toEqual(['w1', 'a-1']);
  });

  it.each<[string, string[]]>([
    ["ActivityId = 'a-1'", ['a-1']],
    ["ActivityId != 'a-1'", ['a-2', 'b']],
    ["ActivityId IN ('b', 'a-2')", ['a-2', 'b']],
    ["ActivityId NOT IN ('b', 'a-2')", ['a-1']],
    ["ActivityId STARTS_WITH 'a-'", ['a-1', 'a-2']],
    ["ActivityId > 'a-1'", ['a-2', 'b']],
    ["ActivityId BETWEEN 'a-2' AND 'c'", ['a-2', 'b']],
    ["NOT (ActivityId = 'b' OR ActivityType = 'withdraw')", ['a-2']],
    ["ActivityType = 'deposit' AND ExecutionStatus = 'Running'", ['a-2']],
    ["ActivityType = 'deposit' AND Status = 'Running' AND ScheduleTime < '1970-01-01T00:00:03Z'", ['a-2']],
    ['ActivityId IS NULL', []],
    ['ORDER BY ActivityId DESC', ['b', 'a-2', 'a-1']],
  ])('are found by %s', (text, ids) => {
    const query = text.startsWith('ORDER') ? undefined : text;
    const store = inSql(memorySql(), ...rows);
    if (query) expect(idsOf(store, query, 'activities')).toEqual(ids);
    const { rows: listed } = store.page(parseListQuery(text, {}, 'activities'), 100, undefined);
    expect(listed.map(({ info }) => standaloneActivityId(info.execution.workflowId))).toEqual(ids);
  });

  it('have no workflows to be asked for, and no groups by id', () => {
    for (const text of ["WorkflowId = 'w1'", "WorkflowType = 'x'", 'GROUP BY ActivityId'])
      expect(() => parseListQuery(text, {}, 'activities')).toThrow(/no search attribute|cannot group/);
  });

  it('take nothing from a search attribute of workflows that has the name of theirs', () => {
    const store = inSql(memorySql(), ...rows, {
      workflowId: 'w2',
      searchAttributes: { ActivityId: 'own' },
    });
    expect(idsOf(store, "ActivityId = 'own'")).toEqual(['w2']);
  });

  it('give each list an order of its own in a shard that has any, and cost no other shard anything', () => {
    const sql = memorySql();
    const store = inSql(sql, rows[0]!);
    expect(idsOf(store, '', 'activities')).toEqual([]);
    expect(indexesOf(sql)).toEqual(['by_order']);
    store.upsert(makeRecord(rows[1]), 0);
    expect(indexesOf(sql)).toEqual(['activities_by_order', 'workflows_by_order']);
    const plan = (kind?: 'activities'): string => {
      const asked: string[] = [];
      const { exec } = sql;
      sql.exec = (query, ...bindings) => {
        const explained = [...exec(`EXPLAIN QUERY PLAN ${query}`, ...bindings)];
        asked.push(...explained.map(({ detail }) => String(detail)));
        return exec(query, ...bindings);
      };
      store.page(parseListQuery('', {}, kind), 10, undefined);
      sql.exec = exec;
      return asked.join('\n');
    };
    expect(plan()).toBe('SCAN runs USING INDEX workflows_by_order');
    expect(plan('activities')).toBe('SCAN runs USING INDEX activities_by_order');
  });

  it('are looked at when their time is over, like those of workflows', () => {
    const closed = { status: 'COMPLETED', closeTime: 2_000 };
    const store = inSql(memorySql(), { workflowId: 'w', ...closed }, activity('a', closed), activity('open'));
    const expired = (limit: number) => store.expired(3_000, 0, limit).map(({ workflowId }) => workflowId);
    expect(expired(10)).toEqual(['w', activityAddress('a')]);
    expect(expired(1)).toEqual(['w']);
  });

  it('move to another shard as all rows do, and are listed there', () => {
    const [from, to] = [memorySql(), memorySql()];
    const left = inSql(from, ...rows);
    const arrived = new VisibilityStore(to);
    const transfer = new RowTransfer(from, left);
    const keys = transfer.keys(undefined, 100);
    expect(keys).toHaveLength(rows.length);
    new RowTransfer(to, arrived).receive(transfer.copy(keys).rows);
    expect(idsOf(arrived, '', 'activities')).toEqual(['a-1', 'a-2', 'b']);
    expect(idsOf(arrived, '')).toEqual(['w1', 'a-1']);
  });
});
