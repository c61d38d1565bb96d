import { describe, expect, it } from 'vitest';
import { withAttributes, withoutAttributes } from '../../src/visibility/fields.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';

const custom = {
  Color: 'KEYWORD',
  Colors: 'KEYWORD_LIST',
  Note: 'TEXT',
  Amount: 'INT',
  Paid: 'BOOL',
  Due: 'DATETIME',
} as const;
const parse = (text: string) => parseListQuery(text, custom);
const condition = (text: string) => parse(text).filter;

describe('the list filter', () => {
  it('takes nothing as everything', () => {
    expect(parse('  ')).toEqual({ orderBy: [] });
  });

  it('binds NOT before AND before OR', () => {
    const shape = (text: string) =>
      JSON.stringify(condition(text), (key, value) => (key === 'field' ? value.name : value));
    const written = "NOT RunId = 'a' AND RunId = 'b' OR RunId = 'c'";
    expect(shape(written)).toBe(shape("((NOT (RunId = 'a')) AND RunId = 'b') OR RunId = 'c'"));
  });

  it('takes a field in backticks or quotes, and keywords in any letters', () => {
    const plain = condition("Color in ('a') and Amount is not null");
    expect(condition('`Color` IN (\'a\') AND "Amount" IS NOT NULL')).toEqual(plain);
  });

  it.each([
    ["ExecutionStatus = 'TimedOut'", 'TimedOut'],
    ["ExecutionStatus = 'WORKFLOW_EXECUTION_STATUS_TIMED_OUT'", 'TimedOut'],
    ['ExecutionStatus = 7', 'TimedOut'],
    ["StartTime > '2026-01-02T03:04:05.123456789+02:00'", Date.UTC(2026, 0, 2, 1, 4, 5) + 123.456789],
    ['StartTime > 1700000000000000000', 1_700_000_000_000],
    ["ExecutionDuration > '1h2m3.5s'", 3_723_500],
    ["ExecutionDuration > '01:02:03'", 3_723_000],
    ['ExecutionDuration > 1000000', 1],
    ["Amount = '-7'", -7],
    ['Paid = TRUE', true],
    [`Color = 'it''s "so"'`, `it's "so"`],
    [String.raw`Color = 'a\'b\\c'`, String.raw`a'b\c`],
  ])('reads the value of %s', (text, value) => {
    expect(condition(text)).toMatchObject({ value });
  });

  it.each([
    ["Colour = 'red'", 1, 'there is no search attribute Colour'],
    ["WorkflowId = 'a' AND", 21, 'the name of a field expected, not the end'],
    ["WorkflowId = 'a' XOR RunId = 'b'", 18, 'AND, OR or the end expected, not XOR'],
    ["WorkflowId ~ 'a'", 12, 'an operator expected behind WorkflowId, not ~'],
    ['WorkflowId', 11, 'an operator expected behind WorkflowId, not the end'],
    ['WorkflowId = 7', 14, 'WorkflowId takes text in quotes, not 7'],
    ["(WorkflowId = 'a'", 18, ') expected, not the end'],
    ["WorkflowId = 'a')", 17, 'AND, OR or the end expected, not )'],
    ["WorkflowId = 'a", 14, "the quote ' is not closed"],
    ["`WorkflowId = 'a'", 1, 'the quote ` is not closed'],
    ["ExecutionStatus = 'Runing'", 19, "ExecutionStatus takes one of 'Running', 'Completed'"],
    ["ExecutionStatus > 'Running'", 17, '> cannot be asked of ExecutionStatus, which is a status'],
    ["Amount STARTS_WITH 'a'", 8, 'STARTS_WITH cannot be asked of Amount, which is INT'],
    ["Note IN ('a')", 6, 'IN cannot be asked of Note, which is TEXT'],
    ["Colors < 'a'", 8, '< cannot be asked of Colors, which is KEYWORD_LIST'],
    ['Amount = 1.5', 10, 'Amount takes a whole number, not 1.5'],
    ['Paid = 1', 8, 'Paid takes true or false, not 1'],
    ["Due > 'yesterday'", 7, "Due takes a time like '2026-11-21T20:00:00Z'"],
    ["Due > '2026-02-30T00:00:00Z'", 7, "Due takes a time like '2026-11-21T20:00:00Z'"],
    ["Due > '2026-02-01T24:00:00Z'", 7, "Due takes a time like '2026-11-21T20:00:00Z'"],
    ["ExecutionDuration > '5 parsecs'", 21, "ExecutionDuration takes nanoseconds, '1h2m3s' or 'hh:mm:ss'"],
    ['Amount IN ()', 12, 'Amount takes a whole number, not )'],
    ['Amount BETWEEN 1 OR 2', 18, 'AND expected, not OR'],
    ['Amount NOT 1', 12, 'IN, BETWEEN or STARTS_WITH expected, not 1'],
    ['Amount IS 1', 11, 'NULL expected, not 1'],
    ["Color LIKE 'a%'", 7, "there is no LIKE: STARTS_WITH 'prefix' finds keywords by how they begin"],
    ["Color not like 'a%'", 11, "there is no like: STARTS_WITH 'prefix' finds keywords"],
    ['ORDER BY Note', 10, 'cannot order by Note, which is TEXT'],
    ['GROUP BY Due', 10, 'cannot group by Due, which is DATETIME'],
    ["Color = 'a' LIMIT 3", 13, 'AND, OR or the end expected, not LIMIT'],
    ["'; DROP TABLE runs; --' = 'a'", 1, 'there is no search attribute ; DROP TABLE'],
    ["__proto__ = 'a'", 1, 'there is no search attribute __proto__'],
  ])('refuses %s and says where', (text, column, problem) => {
    expect(() => parse(text)).toThrow(`query, column ${column}: ${problem}`);
  });

  it('refuses texts, conditions and depths without end', () => {
    expect(() => parse(' '.repeat(10_001))).toThrow('longer than 10000 characters');
    expect(() => parse(Array(101).fill("RunId = 'a'").join(' AND '))).toThrow('more than 100 conditions');
    expect(() => parse(`${'('.repeat(21)}RunId = 'a'${')'.repeat(21)}`)).toThrow('nested deeper than 20');
  });
});

describe('the search attributes of a namespace', () => {
  it('are added once, and again without effect', () => {
    expect(withAttributes(custom, { City: 'KEYWORD', Color: 'KEYWORD' })).toEqual({
      ...custom,
      City: 'KEYWORD',
    });
    expect(() => withAttributes(custom, { Color: 'INT' })).toThrow('Color already exists with type KEYWORD');
  });

  it.each(['WorkflowId', 'WaitingOn', 'TemporalAnything', 'a b', '1st', '', '__proto__x'])(
    'may not be called %j',
    (name) => {
      expect(() => withAttributes({}, { [name]: 'INT' })).toThrow(/reserved by system|a name has letters/);
    },
  );

  it('are at most a hundred', () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`A${i}`, 'INT' as const]));
    expect(() => withAttributes({}, many)).toThrow('at most 100');
  });

  it('are removed by name', () => {
    expect(withoutAttributes({ City: 'KEYWORD', Amount: 'INT' }, ['City'])).toEqual({ Amount: 'INT' });
    expect(() => withoutAttributes(custom, ['City'])).toThrow("City doesn't exist");
    expect(() => withoutAttributes(custom, ['StartTime'])).toThrow('non-custom');
  });
});
