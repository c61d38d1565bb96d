/** The list filter over values in memory, where there is no SQL to ask. Three-valued, as SQL is: `undefined` is unknown. */

import { type FieldValue, type FieldValues, words } from './fields.ts';
import type { Value } from './filter-values.ts';
import type { Comparison, Filter } from './list-filter.ts';
import { compareText } from './position.ts';

type Truth = boolean | undefined;

export function matches(filter: Filter, row: FieldValues): Truth {
  switch (filter.kind) {
    case 'and':
      return all(filter.operands, row, true);
    case 'or':
      return not(all(filter.operands, row, false));
    case 'not':
      return not(matches(filter.operand, row));
    case 'isNull':
      return (row[filter.field.name] === undefined) !== filter.negated;
    default: {
      const value = row[filter.field.name];
      return value === undefined ? undefined : holds(filter, value);
    }
  }
}

const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

/** Are all of them so, or all not so? */
function all(operands: Filter[], row: FieldValues, so: boolean): Truth {
  let truth: Truth = true;
  for (const operand of operands) {
    const one = so ? matches(operand, row) : not(matches(operand, row));
    if (one === false) return false;
    if (one === undefined) truth = undefined;
  }
  return truth;
}

type Condition = Exclude<Filter, { kind: 'and' | 'or' | 'not' | 'isNull' }>;

function holds(filter: Condition, value: FieldValue): boolean {
  switch (filter.kind) {
    case 'startsWith':
      return String(value).startsWith(filter.prefix) !== filter.negated;
    case 'between':
      return (order(value, filter.low) >= 0 && order(value, filter.high) <= 0) !== filter.negated;
    case 'in':
      return filter.values.some((wanted) => equals(filter, value, wanted)) !== filter.negated;
    case 'compare':
      return compares[filter.operator](filter, value, filter.value);
  }
}

const compares: Record<Comparison, (filter: Condition, value: FieldValue, wanted: Value) => boolean> = {
  '=': (filter, value, wanted) => equals(filter, value, wanted),
  '!=': (filter, value, wanted) => !equals(filter, value, wanted),
  '<': (_, value, wanted) => order(value, wanted) < 0,
  '<=': (_, value, wanted) => order(value, wanted) <= 0,
  '>': (_, value, wanted) => order(value, wanted) > 0,
  '>=': (_, value, wanted) => order(value, wanted) >= 0,
};

function equals({ field }: Condition, value: FieldValue, wanted: Value): boolean {
  if (!Array.isArray(value)) return value === wanted;
  const any = field.type === 'TEXT' ? words(String(wanted)) : [wanted];
  return any.some((one) => value.includes(String(one)));
}

const order = (a: FieldValue, b: Value): number =>
  typeof a === 'string' ? compareText(a, String(b)) : Number(a) - Number(b);
