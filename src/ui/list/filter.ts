/** The list filter as text: what the builder writes into the box, and the box into the address. Pure. */

import { RUN_STATUSES } from '../status.ts';

/** A text in the filter's quotes; a quote in it is written twice. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

const STATUS = /\s*(?:\bAND\s+)?\bExecutionStatus\s*=\s*(?:'([^']*)'|"([^"]*)")/i;

/** The status that the filter asks for, if it asks for one. */
export function statusOf(query: string): string | undefined {
  const match = STATUS.exec(query);
  return match ? (match[1] ?? match[2]) : undefined;
}

/** The filter without its status. */
export function withoutStatus(query: string): string {
  return query
    .replace(STATUS, '')
    .replace(/^\s*AND\s+/i, '')
    .trim();
}

export function withStatus(query: string, status: string | undefined): string {
  const rest = withoutStatus(query);
  return status ? both(rest, `ExecutionStatus = ${quoted(status)}`) : rest;
}

/** Both must hold. An alternative is put into parentheses first. */
export function both(left: string, right: string): string {
  if (left.trim() === '') return right;
  return /\bOR\b/i.test(left) && !isEnclosed(left.trim()) ? `(${left}) AND ${right}` : `${left} AND ${right}`;
}

/** Does the parenthesis that it begins with close at its very end? That of `(a) OR (b)` does not. */
function isEnclosed(text: string): boolean {
  let depth = 0;
  let quote: string | undefined;
  const letters = [...text];
  for (const [at, letter] of letters.entries()) {
    if (quote !== undefined) quote = letter === quote ? undefined : quote;
    else if (letter === "'" || letter === '"' || letter === '`') quote = letter;
    else if (letter === '(') depth++;
    else if (letter === ')') depth--;
    if (depth === 0 && at < letters.length - 1) return false;
  }
  return depth === 0 && text !== '';
}

/** What a person typed into the box: a filter, or just an id that they look for. */
export function queryFrom(text: string): string {
  const trimmed = text.trim();
  return trimmed !== '' && !/[\s=<>()'"`]/.test(trimmed) ? `WorkflowId = ${quoted(trimmed)}` : trimmed;
}

export const STATUS_NAMES = RUN_STATUSES.filter(({ name }) => name !== 'Paused').map(({ name }) => name);
