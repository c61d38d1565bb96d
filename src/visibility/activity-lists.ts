/**
 * Lists of activities that belong to no workflow. Their rows stand among those of workflows, by their addresses; a shard that has
 * any has an order for each of both, so that neither list reads what only the other shows.
 */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { activityAddress } from '../../sdk/common/ids.ts';
import { type AttributeTypes, type Field, fieldNamed } from './fields.ts';
import type { Value } from './filter-values.ts';
import type { Filter, ListQuery } from './list-filter.ts';

/** What a list is of: neither shows the other. */
export type ListedKind = 'workflows' | 'activities';

// SQLite takes a partial index only where the query has the very condition of the index: a constant, and no range.
const IS_ACTIVITY = `(substr(workflow_id, 1, ${activityAddress('').length}) = '${activityAddress('')}')`;
export const rowsOf: Record<ListedKind, string> = {
  workflows: `(NOT ${IS_ACTIVITY})`,
  activities: IS_ACTIVITY,
};

/** @param order the columns of the order that all lists have by default */
export const splitOrder = (order: string): string[] => [
  `CREATE INDEX IF NOT EXISTS workflows_by_order ON runs (${order}) WHERE ${rowsOf.workflows}`,
  'DROP INDEX IF EXISTS by_order',
  `CREATE INDEX IF NOT EXISTS activities_by_order ON runs (${order}) WHERE ${rowsOf.activities}`,
];

const ACTIVITY_ID: Field = { name: 'ActivityId', type: 'KEYWORD' };
const ADDRESS: Field = { name: 'WorkflowId', type: 'KEYWORD' };

/** As an activity calls what every row has. */
const ofActivities: Readonly<Record<string, string>> = {
  ActivityType: 'WorkflowType',
  ActivityTaskQueue: 'TaskQueue',
  ActivityStatus: 'ExecutionStatus',
  Status: 'ExecutionStatus',
  ScheduleTime: 'StartTime',
};

/** In lists of activities, which have no workflows. */
export function activityField(name: string, custom: AttributeTypes): Field | undefined {
  if (name === ACTIVITY_ID.name) return ACTIVITY_ID;
  if (name.includes('Workflow')) return undefined;
  return fieldNamed(name, custom) ?? fieldNamed(ofActivities[name] ?? name, custom);
}

/** What is asked of ids, asked of addresses: all begin alike, so that they compare and begin as the ids do. */
export function byAddress(query: ListQuery): ListQuery {
  const { filter, orderBy, groupBy } = query;
  if (groupBy === ACTIVITY_ID) throw invalidArgument('query: cannot group by ActivityId');
  return {
    ...query,
    ...(filter && { filter: filterByAddress(filter) }),
    orderBy: orderBy.map((key) => (key.field === ACTIVITY_ID ? { ...key, field: ADDRESS } : key)),
  };
}

const addressOf = (value: Value): string => activityAddress(String(value));

function filterByAddress(filter: Filter): Filter {
  if ('operands' in filter) return { ...filter, operands: filter.operands.map(filterByAddress) };
  if ('operand' in filter) return { ...filter, operand: filterByAddress(filter.operand) };
  if (filter.field !== ACTIVITY_ID) return filter;
  const field = ADDRESS;
  switch (filter.kind) {
    case 'compare':
      return { ...filter, field, value: addressOf(filter.value) };
    case 'in':
      return { ...filter, field, values: filter.values.map(addressOf) };
    case 'between':
      return { ...filter, field, low: addressOf(filter.low), high: addressOf(filter.high) };
    case 'startsWith':
      return { ...filter, field, prefix: addressOf(filter.prefix) };
    case 'isNull':
      return { ...filter, field };
  }
}
