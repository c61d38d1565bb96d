/** The filter of lists of schedules: the list filter's grammar, over what a schedule is known by. Pure. */

import type { ScheduleListEntry } from '../../sdk/common/schedule.ts';
import { type AttributeTypes, attributeValues, type FieldValues, settableType } from './fields.ts';
import { matches } from './filter-match.ts';
import { parseFilter } from './list-filter.ts';

/** Beside them the search attributes that schedules can have. */
const fields: AttributeTypes = {
  ScheduleId: 'KEYWORD',
  // Ours: of the workflow that it starts.
  WorkflowType: 'KEYWORD',
};

export type ScheduleFilter = (entry: ScheduleListEntry) => boolean;

/**
 * @param custom the namespace's own search attributes
 * @throws ServiceError INVALID_ARGUMENT that gives the column of the text and what is wrong there
 */
export function parseScheduleFilter(text: string, custom: AttributeTypes = {}): ScheduleFilter {
  const filter = parseFilter(text, (name) => {
    const type = Object.hasOwn(fields, name) ? fields[name] : settableType(name, custom);
    return type && { name, type };
  });
  return (entry) => filter === undefined || matches(filter, valuesOf(entry, custom)) === true;
}

function valuesOf(
  { scheduleId, searchAttributes, info }: ScheduleListEntry,
  custom: AttributeTypes,
): FieldValues {
  return {
    ...attributeValues(searchAttributes?.indexedFields ?? {}, custom),
    ScheduleId: scheduleId,
    WorkflowType: info.workflowType.name,
    TemporalSchedulePaused: info.paused,
  };
}
