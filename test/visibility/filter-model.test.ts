import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toTimestampJson } from '../../sdk/common/duration.ts';
import type { SearchAttributeType } from '../../sdk/common/search-attributes.ts';
import { fieldNamed, fieldValues } from '../../src/visibility/fields.ts';
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
  CloseTime: fc.constantFrom(...times).map((time) => String(time * 1e6)),
  ExecutionDuration: fc.constantFrom("'1ms'", "'00:00:01'", "'1h30m'", '1000000'),
  HistoryLength: fc.constantFrom('2', '3', '4'),
  WaitingOn: textOf(['timer', 'timer:1', 'signal', 'child']),
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
const { filter: filters } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    condition,
    fc
      .tuple(tie('filter'), fc.constantFrom('AND', 'or', 'OR'), tie('filter'))
      .map(([a, op, b]) => `${a} ${op} ${b}`),
    tie('filter').map((inner) => `NOT (${inner})`),
    tie('filter').map((inner) => `( ${inner} )`),
  ),
}));

it('finds and counts what a look at every row finds, for any filter and any rows', () => {
  fc.assert(
    fc.property(rows, filters, (list, text) => {
      const store = new VisibilityStore(memorySql());
      const query = parseListQuery(text, custom);
      const expected: string[] = [];
      for (const [i, { workflowId, type, status, startTime, waitingOn, ...attributes }] of list.entries()) {
        const record = makeRecord({
          workflowId,
          runId: `r${i}`,
          type,
          status,
          startTime,
          searchAttributes: Object.fromEntries(
            Object.entries(attributes).filter(([, value]) => value !== undefined),
          ),
          details: { sequence: 1, waitingOn, pendingActivityAttempts: 0 },
        });
        store.upsert(record, 0, custom);
        if (!query.filter || matches(query.filter, fieldValues(record, custom))) expected.push(`r${i}`);
      }
      const found = store.page(query, 100, undefined).rows.map((row) => row.info.execution.runId);
      expect(found.toSorted()).toEqual(expected.toSorted());
      expect(store.count(query).count).toBe(expected.length);
    }),
    { numRuns: 500 },
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
