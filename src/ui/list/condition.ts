/** One condition of the list filter: what can be asked of a field, by its type, and how it is written. Pure. */

import { quoted } from './filter.ts';

const COMPARED = ['=', '!=', '<', '<=', '>', '>='];
const ABSENCE = ['IS NULL', 'IS NOT NULL'];

const operatorsByType: Record<string, string[]> = {
  KEYWORD: ['=', '!=', 'STARTS_WITH', 'IN', ...ABSENCE],
  KEYWORD_LIST: ['=', '!=', 'IN', ...ABSENCE],
  TEXT: ['=', '!=', ...ABSENCE],
  INT: [...COMPARED, ...ABSENCE],
  DOUBLE: [...COMPARED, ...ABSENCE],
  DATETIME: ['>', '<', '>=', '<=', ...ABSENCE],
  BOOL: ['=', '!=', ...ABSENCE],
};

const shortType = (type: string | undefined): string => (type ?? '').replace('INDEXED_VALUE_TYPE_', '');

export function operatorsOf(type: string | undefined): string[] {
  return operatorsByType[shortType(type)] ?? ['=', '!='];
}

export const takesValue = (operator: string): boolean => !ABSENCE.includes(operator);

const isNumber = (type: string): boolean => type === 'INT' || type === 'DOUBLE';

/** A time as the browser's field gives it (`2026-11-22T01:00`, local) → RFC 3339. */
function valueText(type: string, value: string): string {
  if (type === 'DATETIME') return quoted(new Date(value).toISOString());
  if (type === 'BOOL') return value;
  if (isNumber(type) && value.trim() !== '' && Number.isFinite(Number(value))) return value.trim();
  return quoted(value);
}

export function conditionText(
  field: string,
  type: string | undefined,
  operator: string,
  value: string,
): string {
  const short = shortType(type);
  const name = /^\w+$/.test(field) ? field : `\`${field}\``;
  if (!takesValue(operator)) return `${name} ${operator}`;
  if (operator !== 'IN') return `${name} ${operator} ${valueText(short, value)}`;
  const values = value.split(',').map((each) => valueText(short, each.trim()));
  return `${name} IN (${values.join(', ')})`;
}

/** What kind of field a value is typed into. */
export function inputType(type: string | undefined): string {
  const short = shortType(type);
  if (short === 'DATETIME') return 'datetime-local';
  return isNumber(short) ? 'number' : 'text';
}
