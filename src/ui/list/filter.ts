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
  return /\bOR\b/i.test(left) && !/^\(.*\)$/.test(left.trim())
    ? `(${left}) AND ${right}`
    : `${left} AND ${right}`;
}

/** What a person typed into the box: a filter, or just an id that they look for. */
export function queryFrom(text: string): string {
  const trimmed = text.trim();
  return trimmed !== '' && !/[\s=<>()'"`]/.test(trimmed) ? `WorkflowId = ${quoted(trimmed)}` : trimmed;
}

export const STATUS_NAMES = RUN_STATUSES.filter(({ name }) => name !== 'Paused').map(({ name }) => name);
