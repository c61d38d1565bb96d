/**
 * The list filter: text → AST. Pure. It speaks the part of Temporal's list filter that the shards answer: equality on
 * a few columns, joined by AND, values in single or double quotes (a quote inside is written twice).
 */

import { fromWire, toWire, WorkflowExecutionStatus } from '../../sdk/common/enums.ts';
import { invalidArgument, type ServiceError } from '../../sdk/common/errors.ts';

export const filterColumns = [
  'WorkflowId',
  'RunId',
  'WorkflowType',
  'ExecutionStatus',
  'TaskQueue',
  'ParentWorkflowId',
  'ParentRunId',
  'RootWorkflowId',
  'RootRunId',
  'BuildIds',
  'TemporalWorkerDeployment',
  'TemporalWorkerDeploymentVersion',
  'TemporalWorkflowVersioningBehavior',
] as const;
export type FilterColumn = (typeof filterColumns)[number];

/** For `ExecutionStatus`, `value` is the wire name: `WORKFLOW_EXECUTION_STATUS_…`. */
export interface Equality {
  column: FilterColumn;
  value: string;
}

/** All of them must hold; none: every row matches. */
export type ListFilter = readonly Equality[];

const MAX_LENGTH = 10_000;
const MAX_CONDITIONS = 20;
const SUPPORTED = `supported is: ${filterColumns.join(', ')} = '…', joined by AND`;

/** How people write a status (`TimedOut`) → wire name. The wire name itself is taken too. */
const statusByName = new Map(
  Object.keys(WorkflowExecutionStatus).flatMap((status) => {
    const wire = toWire('workflowExecutionStatus', status);
    return [
      [statusName(wire), wire],
      [wire, wire],
    ];
  }),
);

/** `WORKFLOW_EXECUTION_STATUS_TIMED_OUT` → `TimedOut`. */
export function statusName(wire: string): string {
  const words = (fromWire('workflowExecutionStatus', wire) ?? '').toLowerCase().split('_');
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

interface Token {
  kind: 'name' | 'text' | 'symbol' | 'end';
  /** Without quotes. */
  value: string;
  /** As written, for messages. */
  raw: string;
  /** Where it begins, from 1. */
  position: number;
}

/** @throws ServiceError INVALID_ARGUMENT that gives the column of the text and says what is supported. */
export function parseListFilter(text: string): ListFilter {
  if (text.length > MAX_LENGTH) throw invalidArgument(`query: longer than ${MAX_LENGTH} characters`);
  const tokens = tokenize(text);
  if (tokens[0]!.kind === 'end') return [];
  const filter: Equality[] = [];
  let at = 0;
  for (;;) {
    filter.push(equality(tokens[at]!, tokens[at + 1], tokens[at + 2]));
    if (filter.length > MAX_CONDITIONS)
      throw refusal(tokens[at]!, `more than ${MAX_CONDITIONS} conditions are not supported`);
    const joint = tokens[at + 3]!;
    if (joint.kind === 'end') return filter;
    if (joint.kind !== 'name' || joint.value.toUpperCase() !== 'AND')
      throw refusal(joint, `${joint.raw} is not supported here`);
    at += 4;
  }
}

function equality(name: Token, operator: Token | undefined, operand: Token | undefined): Equality {
  if (name.kind !== 'name') throw refusal(name, `expected a column name, not ${name.raw}`);
  const column = filterColumns.find((known) => known === name.value);
  if (!column) throw refusal(name, `${name.raw} is not supported`);
  if (operator?.kind !== 'symbol' || operator.value !== '=')
    throw refusal(operator ?? name, `expected = after ${column}, not ${operator?.raw ?? 'the end'}`);
  if (operand?.kind !== 'text')
    throw refusal(operand ?? operator, `expected a quoted value, not ${operand?.raw ?? 'the end'}`);
  if (column !== 'ExecutionStatus') return { column, value: operand.value };
  const status = statusByName.get(operand.value);
  if (!status) {
    const names = Object.keys(WorkflowExecutionStatus).map((n) =>
      statusName(toWire('workflowExecutionStatus', n)),
    );
    throw refusal(operand, `${operand.raw} is no ExecutionStatus (${names.join(', ')})`);
  }
  return { column, value: status };
}

function refusal(token: Token, problem: string): ServiceError {
  return invalidArgument(`query, column ${token.position}: ${problem}; ${SUPPORTED}`);
}

const QUOTED = /'((?:[^']|'')*)'|"((?:[^"]|"")*)"/y;
const NAME = /`([^`]+)`|([A-Za-z_][A-Za-z0-9_]*)/y;
const SYMBOL = /<=|>=|!=|<>|[^\s]/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at++;
    const position = at + 1;
    if (at >= text.length) {
      tokens.push({ kind: 'end', value: '', raw: 'the end', position });
      return tokens;
    }
    const token = read(text, at);
    tokens.push({ ...token, position });
    at += token.raw.length;
  }
}

function read(text: string, at: number): Omit<Token, 'position'> {
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const quoted = match(QUOTED);
  if (quoted) {
    const [raw, single, double] = quoted;
    const value = single !== undefined ? single.replaceAll("''", "'") : double!.replaceAll('""', '"');
    return { kind: 'text', value, raw };
  }
  if (text[at] === "'" || text[at] === '"') {
    throw invalidArgument(`query, column ${at + 1}: the quote ${text[at]} is not closed`);
  }
  const name = match(NAME);
  if (name) return { kind: 'name', value: name[1] ?? name[2]!, raw: name[0] };
  const symbol = match(SYMBOL)!;
  return { kind: 'symbol', value: symbol[0], raw: symbol[0] };
}
