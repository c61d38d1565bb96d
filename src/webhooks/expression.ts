/**
 * Expressions and templates of webhooks: how an administrator names parts of a delivery. Reading takes linear time, looks at
 * a value's own fields alone, and never reaches a header that carries a credential.
 */

import { invalidArgument } from '../../sdk/common/errors.ts';

/** A delivery that is verified, parsed. */
export interface Readable {
  body: unknown;
  headers: Headers;
}
export type Expression = (delivery: Readable) => unknown;

const MAX_LENGTH = 1_000;
/** One step of a path behind `$`: `.name`, `[3]`, `['any text']`. */
const STEP = /\.([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]/y;
/** Senders describe their deliveries in headers of these names. Others may hold what opens doors, and are not read. */
const HEADER = /^header:((?:x|webhook|ce)-[a-z0-9-]+|idempotency-key)$/;
const CREDENTIAL = /auth|cookie|secret|signature|token|api-key|jwt/;

/** @throws ServiceError INVALID_ARGUMENT, naming the field */
export function parseExpression(text: string, field: string): Expression {
  if (text.length > MAX_LENGTH) throw invalidArgument(`${field}: is longer than ${MAX_LENGTH} characters`);
  const [, header] = HEADER.exec(text) ?? [];
  if (header !== undefined && !CREDENTIAL.test(header))
    return ({ headers }) => headers.get(header) ?? undefined;
  if (!text.startsWith('$')) throw noExpression(text, field);
  const steps: Array<string | number> = [];
  for (STEP.lastIndex = 1; STEP.lastIndex < text.length; ) {
    const [, name, index, single, double] = STEP.exec(text) ?? [];
    const step = index === undefined ? (name ?? single ?? double) : Number(index);
    if (step === undefined) throw noExpression(text, field);
    steps.push(step);
  }
  return ({ body }) => steps.reduce<unknown>(below, body);
}

function below(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined;
  return !Array.isArray(value) && Object.hasOwn(value, step)
    ? (value as Record<string, unknown>)[step]
    : undefined;
}

const noExpression = (text: string, field: string): Error =>
  invalidArgument(
    `${field}: ${JSON.stringify(text)} is no expression; write for example $.data.object.id, $['a key'][0] or ` +
      'header:x-github-event (headers that may hold credentials are not read)',
  );

/** Text with expressions in braces; `{{` and `}}` stand for braces. @throws ServiceError INVALID_ARGUMENT */
export function parseTemplate(text: string, field: string): (delivery: Readable) => string {
  if (text === '' || text.length > MAX_LENGTH)
    throw invalidArgument(`${field}: must have between 1 and ${MAX_LENGTH} characters`);
  const parts: Array<string | { source: string; expression: Expression }> = [];
  for (const [part] of text.matchAll(/\{\{|\}\}|\{(?:'[^']*'|"[^"]*"|[^'"}])*\}|[^{}]+|[{}]/g)) {
    if (part === '{{' || part === '}}') parts.push(part[0]!);
    else if (part === '{' || part === '}')
      throw invalidArgument(`${field}: a brace is open; write {{ or }} for a brace itself`);
    else if (part.startsWith('{')) {
      const source = part.slice(1, -1).trim();
      parts.push({ source, expression: parseExpression(source, field) });
    } else parts.push(part);
  }
  return (delivery) =>
    parts
      .map((part) =>
        typeof part === 'string' ? part : textOf(part.expression(delivery), `${field}: ${part.source}`),
      )
      .join('');
}

/** What may become part of an id: text that is there, or a number, or true and false. */
function textOf(value: unknown, what: string): string {
  const scalar = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof scalar !== 'string') throw invalidArgument(`${what} is no text and no number in this delivery`);
  if (scalar === '') throw invalidArgument(`${what} is empty in this delivery`);
  return scalar;
}
