/** Literals of the list filter as values of a field's type. */

import type { Field } from './fields.ts';
import { parseTime } from './fields.ts';
import { filterError, type Token } from './filter-tokens.ts';
import { parseStatus, statusNames } from './status.ts';

export type Value = string | number | boolean;

/** @throws ServiceError INVALID_ARGUMENT when the literal is no value of the field's type. */
export function literalFor({ name, type }: Field, token: Token): Value {
  const refuse = (expected: string): never => {
    throw filterError(token.column, `${name} takes ${expected}, not ${token.raw}`);
  };
  const isLiteral = token.kind === 'text' || token.kind === 'number';
  if (name === 'ExecutionStatus') {
    return (
      (isLiteral ? parseStatus(token.value) : undefined) ??
      refuse(`one of ${statusNames.map((status) => `'${status}'`).join(', ')}`)
    );
  }
  if (name === 'ExecutionDuration') {
    const duration = isLiteral ? parseDuration(token.value) : undefined;
    return duration ?? refuse("nanoseconds, '1h2m3s' or 'hh:mm:ss'");
  }
  switch (type) {
    case 'KEYWORD':
    case 'KEYWORD_LIST':
    case 'TEXT':
      return token.kind === 'text' ? token.value : refuse('text in quotes');
    case 'BOOL': {
      const word = token.kind === 'name' || token.kind === 'text' ? token.value.toLowerCase() : '';
      return word === 'true' ? true : word === 'false' ? false : refuse('true or false');
    }
    case 'INT':
      return isLiteral && /^[+-]?\d{1,19}$/.test(token.value)
        ? Number(token.value)
        : refuse('a whole number');
    case 'DOUBLE': {
      const number = isLiteral && token.value.trim() !== '' ? Number(token.value) : Number.NaN;
      return Number.isFinite(number) ? number : refuse('a number');
    }
    case 'DATETIME': {
      const nanoseconds = isLiteral && /^-?\d{1,19}$/.test(token.value);
      const time = nanoseconds ? Number(token.value) / 1e6 : token.kind === 'text' && parseTime(token.value);
      return typeof time === 'number'
        ? time
        : refuse("a time like '2026-11-21T20:00:00Z' or nanoseconds since 1970");
    }
  }
}

const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Nanoseconds, `1h2m3.5s`, or `hh:mm:ss` → milliseconds. */
function parseDuration(text: string): number | undefined {
  if (/^\d{1,19}$/.test(text)) return Number(text) / 1e6;
  const clock = /^(\d{1,6}):([0-5]\d):([0-5]\d)$/.exec(text);
  if (clock) return ((Number(clock[1]) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * 1_000;
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g);
  return [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0);
}
