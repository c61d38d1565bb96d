import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import {
  type FilterColumn,
  filterColumns,
  parseListFilter,
  statusName,
} from '../../src/visibility/list-filter.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { makeRecord } from './records.ts';
import { memorySql } from './sqlite.ts';

const names = fc.constantFrom('a', 'b', "o'hare", 'say "hi"', 'AND', "' = '", 'ü €', 'a\\b', '%_');
const statuses = fc.constantFrom('RUNNING', 'COMPLETED', 'TIMED_OUT', 'CONTINUED_AS_NEW');
const execution = fc.record({ workflowId: names, runId: names });
const record = fc.record({
  workflowId: names,
  runId: fc.uuid(),
  type: names,
  taskQueue: names,
  status: statuses,
  startTime: fc.integer({ min: 0, max: 5 }),
  parentExecution: fc.option(execution, { nil: undefined }),
  rootExecution: fc.option(execution, { nil: undefined }),
});
/** Written as a user would write it, in either quote. */
const condition = fc.record({
  column: fc.constantFrom(...filterColumns.filter((c) => c !== 'RunId')),
  value: names,
  status: statuses,
  quote: fc.constantFrom("'", '"'),
  joint: fc.constantFrom('AND', 'and', 'And'),
});

function fieldOf({ info }: VisibilityRecord, column: FilterColumn): string | undefined {
  const { parentExecution: parent, rootExecution: root = info.execution } = info;
  if (column === 'WorkflowId') return info.execution.workflowId;
  if (column === 'RunId') return info.execution.runId;
  if (column === 'WorkflowType') return info.type.name;
  if (column === 'TaskQueue') return info.taskQueue;
  if (column === 'ParentWorkflowId') return parent?.workflowId;
  if (column === 'ParentRunId') return parent?.runId;
  if (column === 'RootWorkflowId') return root.workflowId;
  if (column === 'RootRunId') return root.runId;
  return statusName(info.status);
}

describe('the list filter', () => {
  it('selects exactly the rows that a plain comparison of every row selects', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 12 }),
        fc.array(condition, { maxLength: 3 }),
        (rows, conditions) => {
          const records = rows.map(makeRecord);
          const store = new VisibilityStore(memorySql());
          for (const r of records) store.upsert(r, 0);
          const wanted = conditions.map(({ column, value, status }) => ({
            column,
            value: column === 'ExecutionStatus' ? statusName(`WORKFLOW_EXECUTION_STATUS_${status}`) : value,
          }));
          const text = conditions
            .map(({ quote, joint }, i) => {
              const { column, value } = wanted[i]!;
              const quoted = quote + value.replaceAll(quote, quote + quote) + quote;
              return `${i === 0 ? '' : `${joint} `}${column}  =${quoted}`;
            })
            .join(' ');
          const expected = records.filter((r) => wanted.every((w) => fieldOf(r, w.column) === w.value));
          const filter = parseListFilter(text);
          const found = store.page(filter, 100, undefined).rows.map((row) => row.info.execution.runId);
          expect(found.toSorted()).toEqual(expected.map((r) => r.info.execution.runId).toSorted());
          expect(store.count(filter)).toBe(expected.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes an empty text as "everything", and back-quoted names', () => {
    expect(parseListFilter('  ')).toEqual([]);
    expect(parseListFilter("`TaskQueue`='q'")).toEqual([{ column: 'TaskQueue', value: 'q' }]);
  });

  it('takes a status as people write it and as the wire names it', () => {
    const expected = [{ column: 'ExecutionStatus', value: 'WORKFLOW_EXECUTION_STATUS_TIMED_OUT' }];
    expect(parseListFilter("ExecutionStatus = 'TimedOut'")).toEqual(expected);
    expect(parseListFilter("ExecutionStatus = 'WORKFLOW_EXECUTION_STATUS_TIMED_OUT'")).toEqual(expected);
  });

  it.each([
    ["WorkflowId = 'a' OR RunId = 'b'", 18, 'OR is not supported'],
    ["WorkflowId != 'a'", 12, 'expected = after WorkflowId, not !='],
    ["Color = 'red'", 1, 'Color is not supported'],
    ["WorkflowId = 'a' AND", 21, 'expected a column name, not the end'],
    ['WorkflowId = 7', 14, 'expected a quoted value, not 7'],
    ['WorkflowId', 11, 'expected = after WorkflowId, not the end'],
    ["ExecutionStatus = 'Runing'", 19, 'no ExecutionStatus (Running, Completed'],
    ["WorkflowId = 'a", 14, "the quote ' is not closed"],
    ["WorkflowId = 'a' ORDER BY StartTime", 18, 'ORDER is not supported'],
    ["(WorkflowId = 'a')", 1, 'expected a column name, not ('],
  ])('refuses %s and says where', (text, column, problem) => {
    expect(() => parseListFilter(text)).toThrow(`query, column ${column}: `);
    expect(() => parseListFilter(text)).toThrow(problem);
  });

  it('refuses texts and conditions without end', () => {
    expect(() => parseListFilter(' '.repeat(10_001))).toThrow('longer than 10000 characters');
    expect(() => parseListFilter(Array(21).fill("RunId = 'a'").join(' AND '))).toThrow(
      'more than 20 conditions',
    );
  });
});
