/**
 * The order of a list. As in Temporal: open runs first, then the last closed, each by newest start; or what the query's
 * ORDER BY says, runs without a value last. No key is ever NULL, so that a place in the list can be compared.
 */

import { type Bindings, fieldSql } from './filter-sql.ts';
import type { ListQuery } from './list-filter.ts';
import type { ListPosition } from './position.ts';

/** Later than any time: where a run stands that has not closed. */
export const STILL_OPEN = 253_402_300_800_000;

/** The columns of the default order. */
const DEFAULT = ['order_time', 'start_time'];
/** All of it, as indexes have it. */
export const ORDER = 'order_time DESC, start_time DESC, workflow_id, run_id';

/** For each key of a list's positions: newest (or largest) first? */
export function directions({ orderBy }: ListQuery): boolean[] {
  return [...orderBy.flatMap(({ descending }) => [false, descending]), ...DEFAULT.map(() => true)];
}

/** The keys as SQL. Each ordered field has two: whether its value is missing, and the value. */
function keysSql({ orderBy }: ListQuery, bindings: Bindings): string[] {
  const asked = orderBy.flatMap(({ field }) => {
    const value = fieldSql(field, bindings);
    return [`(${value} IS NULL)`, `COALESCE(${value}, 0)`];
  });
  return [...asked, ...DEFAULT];
}

export interface OrderSql {
  /** Goes behind the selected columns: `k0`, `k1`, … */
  select: string;
  orderBy: string;
  /** Holds for rows behind the place. */
  after?: string;
}

export function orderSql(query: ListQuery, after: ListPosition | undefined, bindings: Bindings): OrderSql {
  const keys = keysSql(query, bindings);
  const descending = directions(query);
  const orderBy = keys.map((key, i) => `${key}${descending[i] ? ' DESC' : ''}`).join(', ');
  return {
    select: keys.map((key, i) => `${key} AS k${i}`).join(', '),
    orderBy: `${orderBy}, workflow_id, run_id`,
    ...(after && { after: afterSql(keys, descending, after, bindings) }),
  };
}

function afterSql(keys: string[], descending: boolean[], after: ListPosition, bindings: Bindings): string {
  const ids = `(workflow_id, run_id) > (${bindings.add(after.workflowId)}, ${bindings.add(after.runId)})`;
  const behind = keys.reduceRight((rest, key, i) => {
    const value = bindings.add(after.keys[i]!);
    return `(${key} ${descending[i] ? '<' : '>'} ${value} OR (${key} = ${value} AND ${rest}))`;
  }, ids);
  // The first key alone bounds the range of the index.
  return `${keys[0]} ${descending[0] ? '<=' : '>='} ${bindings.add(after.keys[0]!)} AND ${behind}`;
}
