/** The list filter as text: what the builder writes into the box, and the box into the address. Pure. */

import { RUN_STATUSES } from '../status.ts';

/** A text in the filter's quotes; a quote in it is written twice. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A filter as it can be changed by pieces. */
interface Pieces {
  /** All of them must hold. One whole text where they are alternatives. */
  conditions: string[];
  alternatives: boolean;
  /** `ORDER BY …`, or nothing. */
  order: string;
}

/** Texts as the engine reads them (see src/visibility/filter-tokens.ts): what stands in quotes is no word of the filter. */
const TOKEN = /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"|`[^`]+`|[A-Za-z_][A-Za-z0-9_.]*|[\s\S]/g;

function piecesOf(query: string): Pieces {
  const joints: Array<{ from: number; to: number }> = [];
  let alternatives = false;
  let depth = 0;
  let between = false;
  let end = query.length;
  for (const { 0: token, index } of query.matchAll(TOKEN)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (depth > 0) continue;
    const word = token.toUpperCase();
    if (word === 'ORDER' || word === 'GROUP') {
      end = index;
      break;
    }
    if (word === 'BETWEEN') between = true;
    else if (word === 'OR') alternatives = true;
    else if (word === 'AND' && between) between = false;
    else if (word === 'AND') joints.push({ from: index, to: index + token.length });
  }
  const starts = alternatives ? [0] : [0, ...joints.map(({ to }) => to)];
  const ends = alternatives ? [end] : [...joints.map(({ from }) => from), end];
  const conditions = starts.map((start, i) => query.slice(start, ends[i]).trim()).filter(Boolean);
  return { conditions, alternatives, order: query.slice(end).trim() };
}

const textOf = ({ conditions, order }: Pick<Pieces, 'conditions' | 'order'>): string =>
  [conditions.join(' AND '), order].filter(Boolean).join(' ');

const STATUS = /^ExecutionStatus\s*=\s*(?:'([^']*)'|"([^"]*)")$/;

/** Beside an alternative, or behind NOT, a status says less than which runs are found. */
function statusIn(condition: string): string | undefined {
  const match = STATUS.exec(condition);
  const name = match?.[1] ?? match?.[2];
  return RUN_STATUSES.some((status) => status.name === name) ? name : undefined;
}

/** The status that every run has which the filter finds, if it asks for one. */
export function statusOf(query: string): string | undefined {
  return piecesOf(query).conditions.map(statusIn).find(Boolean);
}

/** The filter without its status. */
const withoutStatus = (query: string): string =>
  without(query, (condition) => statusIn(condition) !== undefined);

/** The filter without some of the conditions that must all hold. */
export function without(query: string, is: (condition: string) => boolean): string {
  const { conditions, order } = piecesOf(query);
  return textOf({ conditions: conditions.filter((condition) => !is(condition)), order });
}

/** Must this condition hold? */
export const asks = (query: string, condition: string): boolean =>
  piecesOf(query).conditions.includes(condition);

/** What finds the runs that are counted: the filter, its own status and order aside. */
export const countedBy = (query: string): string => textOf({ ...piecesOf(withoutStatus(query)), order: '' });

export function withStatus(query: string, status: string | undefined): string {
  const rest = withoutStatus(query);
  return status ? both(rest, `ExecutionStatus = ${quoted(status)}`) : rest;
}

/** Both must hold. An alternative is put into parentheses first; an order stays the last. */
export function both(left: string, right: string): string {
  const { conditions, alternatives, order } = piecesOf(left);
  const before = alternatives ? conditions.map((condition) => `(${condition})`) : conditions;
  return textOf({ conditions: [...before, right], order });
}

/** What a person typed into the box: a filter, or just an id that they look for. */
export function queryFrom(text: string): string {
  const trimmed = text.trim();
  return trimmed !== '' && !/[\s=<>()'"`]/.test(trimmed) ? `WorkflowId = ${quoted(trimmed)}` : trimmed;
}

export const STATUS_NAMES = RUN_STATUSES.filter(({ name }) => name !== 'Paused').map(({ name }) => name);
