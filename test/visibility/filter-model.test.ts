import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toTimestampJson } from '../../sdk/common/duration.ts';
import type { SearchAttributeType } from '../../sdk/common/search-attributes.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import {
  type AttributeTypes,
  type FieldValues,
  fieldNamed,
  fieldValues,
} from '../../src/visibility/fields.ts';
import { matches as matchesInMemory } from '../../src/visibility/filter-match.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { matches } from './model.ts';
import { makeRecord } from './records.ts';
import { memorySql } from './sqlite.ts';

const custom = {
  Word: 'KEYWORD',
  Words: 'KEYWORD_LIST',
  Note: 'TEXT',
  Whole: 'INT',
  Real: 'DOUBLE',
  Flag: 'BOOL',
  When: 'DATETIME',
} as const satisfies Record<string, SearchAttributeType>;

/** Few values, so that they meet; strange ones among them. */
const texts = ['', 'a', 'A', 'ab', "it's", 'a "b"', 'a\\b', '%_', 'ä', '\u{1F600}', '\uFF21', '10'];
const numbers = [-1, 0, 1, 1.5, 2];
const wholes = [-1, 0, 1, 2];
const times = [0, 1, 1_000, 1_700_000_000_000];
const failures = ['timeout', 'Quota exceeded: retry in 5 s', '…'];
const notes = ['', 'the quick fox', 'Quick', 'slow fox!', 'Ä b-c', 'no'];

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rows = fc.array(
  fc.record({
    workflowId: fc.constantFrom(...texts.filter((text) => text !== '')),
    type: fc.constantFrom('a', 'b'),
    status: fc.constantFrom('RUNNING', 'COMPLETED', 'TIMED_OUT'),
    startTime: fc.constantFrom(...times),
    Word: optional(fc.constantFrom(...texts)),
    Words: optional(fc.array(fc.constantFrom(...texts), { maxLength: 3 })),
    Note: optional(fc.constantFrom(...notes)),
    Whole: optional(fc.constantFrom(...wholes)),
    Real: optional(fc.constantFrom(...numbers)),
    Flag: optional(fc.boolean()),
    When: optional(fc.constantFrom(...times.map(toTimestampJson))),
    waitingOn: fc.subarray(['timer', 'timer:1', 'activity', 'signal']),
    attempts: fc.constantFrom(0, 1, 5),
    lastFailure: optional(fc.constantFrom(...failures)),
    closeTime: fc.constantFrom(...times),
    taskQueue: fc.constantFrom('q', 'Q'),
    parentExecution: optional(fc.constantFrom({ workflowId: 'a', runId: 'r0' })),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Text as SQL writes it, in one of the spellings. */
const quoted = (text: string): fc.Arbitrary<string> => {
  const backslashes = text.replaceAll('\\', '\\\\');
  return fc.constantFrom(
    `'${backslashes.replaceAll("'", "''")}'`,
    `'${backslashes.replaceAll("'", "\\'")}'`,
    `"${backslashes.replaceAll('"', '""')}"`,
  );
};
const textOf = (values: string[]) => fc.constantFrom(...values).chain(quoted);

const literals: Record<string, fc.Arbitrary<string>> = {
  WorkflowId: textOf(texts),
  WorkflowType: textOf(['a', 'b', 'c']),
  ExecutionStatus: fc.constantFrom(
    "'Running'",
    "'TimedOut'",
    "'WORKFLOW_EXECUTION_STATUS_COMPLETED'",
    '2',
    "'7'",
  ),
  StartTime: fc
    .constantFrom(...times)
    .chain((time) => fc.constantFrom(`'${toTimestampJson(time)}'`, String(time * 1e6))),
  CloseTime: fc
    .constantFrom(...times)
    .chain((time) => fc.constantFrom(`'${toTimestampJson(time)}'`, String(time * 1e6))),
  ExecutionDuration: fc.constantFrom("'1ms'", "'00:00:01'", "'1h30m'", '1000000'),
  HistoryLength: fc.constantFrom('2', '3', '4'),
  WaitingOn: textOf(['timer', 'timer:1', 'signal', 'child']),
  PendingActivityAttempts: fc.constantFrom('0', '1', '4', '5'),
  LastFailure: textOf([...failures, 'TIMEOUT', 'quota retry', '5']),
  TaskQueue: textOf(['q', 'Q', 'x']),
  ParentWorkflowId: textOf(['a', 'b']),
  RootWorkflowId: textOf(['a', 'b']),
  RunId: textOf(['r0', 'r1']),
  Word: textOf(texts),
  Words: textOf(texts),
  Note: textOf([...notes, 'fox', 'b c', '...']),
  Whole: fc.constantFrom(...wholes).map(String),
  Real: fc.constantFrom('-1', '0', '1.5', '15e-1', '2.0'),
  Flag: fc.constantFrom('true', 'FALSE', "'true'"),
  When: fc.constantFrom(...times).map((time) => `'${toTimestampJson(time)}'`),
};

const operatorsOf: Record<SearchAttributeType, string[]> = {
  KEYWORD: [
    '=',
    '!=',
    '<>',
    '<',
    '<=',
    '>',
    '>=',
    'IN',
    'NOT IN',
    'BETWEEN',
    'NOT BETWEEN',
    'STARTS_WITH',
    'NOT STARTS_WITH',
  ],
  KEYWORD_LIST: ['=', '!=', 'IN', 'NOT IN'],
  TEXT: ['=', '!='],
  BOOL: ['=', '!='],
  INT: ['=', '!=', '<', '<=', '>', '>=', 'IN', 'NOT IN', 'BETWEEN', 'NOT BETWEEN'],
  DOUBLE: ['=', '!=', '<', '<=', '>', '>=', 'IN', 'NOT IN', 'BETWEEN', 'NOT BETWEEN'],
  DATETIME: ['=', '!=', '<', '<=', '>', '>=', 'IN', 'NOT IN', 'BETWEEN', 'NOT BETWEEN'],
};

const condition = fc.constantFrom(...Object.keys(literals)).chain((name) => {
  const literal = literals[name]!;
  const known = operatorsOf[fieldNamed(name, custom)!.type];
  const operators = name === 'ExecutionStatus' ? ['=', '!=', 'IN', 'NOT IN'] : known;
  const spelled = fc.constantFrom(name, `\`${name}\``);
  return fc
    .tuple(
      spelled,
      fc.constantFrom(...operators, 'IS NULL', 'is not null'),
      fc.array(literal, { minLength: 2, maxLength: 4 }),
    )
    .map(([field, operator, values]) => {
      if (/null/i.test(operator)) return `${field} ${operator}`;
      if (/IN$/.test(operator)) return `${field} ${operator} (${values.join(', ')})`;
      if (/BETWEEN/.test(operator)) return `${field} ${operator} ${values[0]} AND ${values[1]}`;
      return `${field} ${operator} ${values[0]}`;
    });
});
/** A filter as text, and what it says of a row, made side by side: the text is not read to know what it means. */
interface Written {
  text: string;
  /** How tightly it is bound: OR, AND, NOT, a condition. */
  tightness: 1 | 2 | 3 | 4;
  says(row: FieldValues, types: AttributeTypes): boolean | undefined;
}
const bound = ({ text, tightness }: Written, least: number): string =>
  tightness < least ? `(${text})` : text;

const written: fc.Arbitrary<Written> = condition.map((text) => ({
  text,
  tightness: 4,
  says: (row, types) => matches(parseListQuery(text, types).filter!, row),
}));
const { filter: filters } = fc.letrec<{ filter: Written }>((tie) => {
  const several = fc.array(tie('filter'), { minLength: 2, maxLength: 3 });
  return {
    filter: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      written,
      fc.tuple(several, fc.constantFrom(' AND ', ' and\n')).map(
        ([all, and]): Written => ({
          text: all.map((one) => bound(one, 2)).join(and),
          tightness: 2,
          says: (row, types) => {
            const truths = all.map((one) => one.says(row, types));
            return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
          },
        }),
      ),
      fc.tuple(several, fc.constantFrom(' OR ', '\tor ')).map(
        ([all, or]): Written => ({
          text: all.map((one) => bound(one, 1)).join(or),
          tightness: 1,
          says: (row, types) => {
            const truths = all.map((one) => one.says(row, types));
            return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
          },
        }),
      ),
      tie('filter').map(
        (inner): Written => ({
          text: `NOT ${bound(inner, 3)}`,
          tightness: 3,
          says: (row, types) => {
            const truth = inner.says(row, types);
            return truth === undefined ? undefined : !truth;
          },
        }),
      ),
      tie('filter').map(({ text, says }): Written => ({ text: `( ${text} )`, tightness: 4, says })),
    ),
  };
});

it('finds and counts what a look at every row finds, for any filter and any rows', () => {
  fc.assert(
    fc.property(rows, filters, (list, { text, says }) => {
      const store = new VisibilityStore(memorySql());
      const query = parseListQuery(text, custom);
      const expected: string[] = [];
      for (const [i, row] of list.entries()) {
        const record = recordOf(row, i);
        store.upsert(record, 0, custom);
        const values = fieldValues(record, custom);
        const truth = says(values, custom);
        if (truth) expected.push(`r${i}`);
        // Where there is no SQL to ask.
        expect(matchesInMemory(query.filter!, values)).toBe(truth);
      }
      const found = store.page(query, 100, undefined).rows.map((row) => row.info.execution.runId);
      expect(found.toSorted()).toEqual(expected.toSorted());
      expect(store.count(query).count).toBe(expected.length);
    }),
    { numRuns: 500 },
  );
});

type Row = (typeof rows extends fc.Arbitrary<infer R> ? R : never) extends Array<infer One> ? One : never;

function recordOf(row: Row, i: number): VisibilityRecord {
  const { workflowId, type, status, startTime, closeTime, taskQueue, parentExecution, ...more } = row;
  const { waitingOn, attempts, lastFailure, ...attributes } = more;
  return makeRecord({
    workflowId,
    runId: `r${i}`,
    type,
    status,
    startTime,
    closeTime,
    taskQueue,
    ...(parentExecution && { parentExecution, rootExecution: parentExecution }),
    searchAttributes: Object.fromEntries(
      Object.entries(attributes).filter(([, value]) => value !== undefined),
    ),
    details: {
      sequence: 1,
      waitingOn,
      pendingActivityAttempts: attempts,
      ...(lastFailure !== undefined && { lastFailure }),
    },
  });
}

it('counts by group what a look at every row counts, for any filter, rows and field', () => {
  const fields = ['ExecutionStatus', 'WorkflowType', 'Word', 'Whole', 'Flag', 'PendingActivityAttempts'];
  fc.assert(
    fc.property(rows, filters, fc.constantFrom(...fields), (list, { text, says }, field) => {
      const store = new VisibilityStore(memorySql());
      const expected = new Map<unknown, number>();
      for (const [i, row] of list.entries()) {
        const record = recordOf(row, i);
        store.upsert(record, 0, custom);
        const values = fieldValues(record, custom);
        const value = typeof values[field] === 'boolean' ? Number(values[field]) : (values[field] ?? null);
        if (says(values, custom)) expected.set(value, (expected.get(value) ?? 0) + 1);
      }
      const { count, groups } = store.count(parseListQuery(`${text} GROUP BY ${field}`, custom));
      expect(new Map(groups.map((group) => [group.value, group.count]))).toEqual(expected);
      expect(count).toBe([...expected.values()].reduce((a, b) => a + b, 0));
    }),
    { numRuns: 200 },
  );
});

it('answers a filter with more values than a statement can bind', () => {
  const store = new VisibilityStore(memorySql());
  for (let i = 0; i < 10; i++)
    store.upsert(makeRecord({ runId: `r${i}`, searchAttributes: { Whole: i } }), 0, custom);
  const nineties = Array.from({ length: 95 }, (_, i) => `Whole != ${i + 3}`).join(' AND ');
  const found = store.page(parseListQuery(nineties, custom), 100, undefined).rows;
  expect(found.map((row) => row.info.execution.runId)).toEqual(['r0', 'r1', 'r2']);
  const many = Array.from({ length: 900 }, (_, i) => i + 8).join(',');
  expect(store.count(parseListQuery(`Whole IN (${many})`, custom)).count).toBe(2);
});
