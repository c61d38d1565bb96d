/** The list filter by brute force: what the SQL must agree with. Three-valued, as SQL is: `undefined` is unknown. */

import { type FieldValue, type FieldValues, words } from '../../src/visibility/fields.ts';
import type { Filter } from '../../src/visibility/list-filter.ts';
import { compareText } from '../../src/visibility/position.ts';

type Truth = boolean | undefined;

export function matches(filter: Filter, row: FieldValues): Truth {
  switch (filter.kind) {
    case 'and': {
      const truths = filter.operands.map((operand) => matches(operand, row));
      return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
    }
    case 'or': {
      const truths = filter.operands.map((operand) => matches(operand, row));
      return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
    }
    case 'not':
      return not(matches(filter.operand, row));
    case 'isNull':
      return (row[filter.field.name] === undefined) !== filter.negated;
    default: {
      const value = row[filter.field.name];
      if (value === undefined) return undefined;
      const truth = holds(filter, value);
      return 'negated' in filter && filter.negated ? !truth : truth;
    }
  }
}

const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

type Condition = Exclude<Filter, { kind: 'and' | 'or' | 'not' | 'isNull' }>;

function holds(filter: Condition, value: FieldValue): boolean {
  if (filter.kind === 'startsWith') return String(value).startsWith(filter.prefix);
  if (filter.kind === 'between') return compare(value, filter.low) >= 0 && compare(value, filter.high) <= 0;
  if (filter.kind === 'in') return filter.values.some((one) => equals(filter.field.type, value, one));
  const { operator } = filter;
  if (operator === '=' || operator === '!=')
    return equals(filter.field.type, value, filter.value) === (operator === '=');
  const order = compare(value, filter.value);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function equals(type: string, value: FieldValue, wanted: FieldValue): boolean {
  if (!Array.isArray(value)) return value === wanted;
  if (type !== 'TEXT') return value.includes(String(wanted));
  return words(String(wanted)).some((word) => value.includes(word));
}

function compare(a: FieldValue, b: FieldValue): number {
  return typeof a === 'string' ? compareText(a, String(b)) : Number(a) - Number(b);
}
