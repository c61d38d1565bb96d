/**
 * AST → SQL. Every value and every path of a custom attribute is bound; the text is made of constants alone. A query
 * may bind at most 100 values on the platform, so what does not fit travels as one JSON array, the last binding.
 */

import type { SqlValue } from '../lazy-schema.ts';
import type { Field } from './fields.ts';
import { words } from './fields.ts';
import type { Value } from './filter-values.ts';
import type { Filter } from './list-filter.ts';

const MAX_BOUND = 90;

/** Numbered parameters; equal values share one. The last one holds those that are too many. */
export class Bindings {
  readonly #bound: SqlValue[] = [];
  readonly #spilled: SqlValue[] = [];

  add(value: Value): string {
    const sql: SqlValue = typeof value === 'boolean' ? Number(value) : value;
    const known = this.#bound.indexOf(sql);
    if (known >= 0) return `?${known + 1}`;
    if (this.#bound.length < MAX_BOUND) return `?${this.#bound.push(sql)}`;
    return `json_extract(?${MAX_BOUND + 1}, '$[${this.#spilled.push(sql) - 1}]')`;
  }

  get values(): SqlValue[] {
    return this.#spilled.length > 0 ? [...this.#bound, JSON.stringify(this.#spilled)] : this.#bound;
  }
}

/** Fields with a column of their own; all others stand in the JSON of `fields`. */
const columns: Record<string, string> = {
  WorkflowId: 'workflow_id',
  RunId: 'run_id',
  WorkflowType: 'type',
  TaskQueue: 'task_queue',
  StartTime: 'start_time',
  CloseTime: 'close_time',
};

const path = ({ name }: Field): string => `$."${name}"`;

export function fieldSql(field: Field, bindings: Bindings): string {
  if (Object.hasOwn(columns, field.name)) return columns[field.name]!;
  return `json_extract(fields, ${bindings.add(path(field))})`;
}

export function filterSql(filter: Filter, bindings: Bindings): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return balanced(
        filter.operands.map((operand) => filterSql(operand, bindings)),
        filter.kind === 'and' ? ' AND ' : ' OR ',
      );
    case 'not':
      return `(NOT ${filterSql(filter.operand, bindings)})`;
    case 'isNull':
      return `(${fieldSql(filter.field, bindings)} IS ${filter.negated ? 'NOT ' : ''}NULL)`;
    case 'startsWith': {
      const prefix = bindings.add(filter.prefix);
      const starts = `substr(${fieldSql(filter.field, bindings)}, 1, length(${prefix})) = ${prefix}`;
      return maybeNot(filter.negated, starts);
    }
    case 'between': {
      const range = `${bindings.add(filter.low)} AND ${bindings.add(filter.high)}`;
      return maybeNot(filter.negated, `${fieldSql(filter.field, bindings)} BETWEEN ${range}`);
    }
    case 'in':
      return oneOf(filter.field, filter.values, filter.negated, bindings);
    case 'compare':
      if (isList(filter.field))
        return oneOf(filter.field, [filter.value], filter.operator === '!=', bindings);
      return `(${fieldSql(filter.field, bindings)} ${filter.operator} ${bindings.add(filter.value)})`;
  }
}

const maybeNot = (negated: boolean, condition: string): string =>
  negated ? `(NOT (${condition}))` : `(${condition})`;

/** Held as a list: a list of keywords, and a text, which is the list of its words. */
export const isList = ({ type }: Field): boolean => type === 'KEYWORD_LIST' || type === 'TEXT';

function oneOf(field: Field, values: Value[], negated: boolean, bindings: Bindings): string {
  const wanted = field.type === 'TEXT' ? values.flatMap((value) => words(String(value))) : values;
  const list = `(SELECT value FROM json_each(${bindings.add(JSON.stringify(wanted.map(asStored)))}))`;
  const value = fieldSql(field, bindings);
  if (!isList(field)) return maybeNot(negated, `${value} IN ${list}`);
  const each = `json_each(fields, ${bindings.add(path(field))})`;
  const some = `EXISTS (SELECT 1 FROM ${each} AS item WHERE item.value IN ${list})`;
  return `(CASE WHEN ${value} IS NULL THEN NULL ELSE ${negated ? 'NOT ' : ''}${some} END)`;
}

const asStored = (value: Value): SqlValue => (typeof value === 'boolean' ? Number(value) : value);

/** The depth of an SQL expression is bounded: a hundred conditions in a row are a tree of depth seven. */
function balanced(conditions: string[], joint: string): string {
  if (conditions.length === 1) return conditions[0]!;
  const middle = Math.ceil(conditions.length / 2);
  const halves = [conditions.slice(0, middle), conditions.slice(middle)];
  return `(${halves.map((half) => balanced(half, joint)).join(joint)})`;
}
