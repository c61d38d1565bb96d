/** The filter of lists of schedules: comparisons of the id, of being paused, and of search attributes, joined by AND. Pure. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import type { ScheduleListEntry } from '../../sdk/common/schedule.ts';
import { decodeSearchAttributes } from '../../sdk/common/search-attributes.ts';

type Value = string | number | boolean;
interface Condition {
  name: string;
  operator: '=' | '!=' | 'STARTS_WITH';
  value: Value;
}
export type ScheduleFilter = readonly Condition[];

const CONDITION =
  /\s*(?:`([^`]+)`|([A-Za-z_]\w*))\s*(!=|=|STARTS_WITH\b)\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|(true|false)\b|(-?\d+(?:\.\d+)?))\s*/iy;
const AND = /AND\b/iy;

/** @throws ServiceError INVALID_ARGUMENT that gives the column of the text where it cannot be read */
export function parseScheduleFilter(text: string): ScheduleFilter {
  const conditions: Condition[] = [];
  if (text.trim() === '') return conditions;
  for (let at = 0; ; ) {
    CONDITION.lastIndex = at;
    const match = CONDITION.exec(text);
    if (!match) throw refusal(at);
    const [, quotedName, name, operator, single, double, flag, number] = match;
    const textValue = single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"');
    const value = textValue ?? (flag ? flag.toLowerCase() === 'true' : Number(number));
    conditions.push({
      name: (quotedName ?? name)!,
      operator: operator!.toUpperCase() as Condition['operator'],
      value,
    });
    at = CONDITION.lastIndex;
    if (at >= text.length) return conditions;
    AND.lastIndex = at;
    if (!AND.test(text)) throw refusal(at);
    at = AND.lastIndex;
  }
}

const refusal = (at: number) =>
  invalidArgument(
    `query, column ${at + 1}: not understood; supported is: ScheduleId, TemporalSchedulePaused or a search attribute, ` +
      '=, != or STARTS_WITH, and a value, joined by AND',
  );

export function matchesSchedule(filter: ScheduleFilter, entry: ScheduleListEntry): boolean {
  if (filter.length === 0) return true;
  const attributes = decodeSearchAttributes(entry.searchAttributes?.indexedFields) as Record<
    string,
    unknown[]
  >;
  return filter.every(({ name, operator, value }) => {
    const values =
      name === 'ScheduleId'
        ? [entry.scheduleId]
        : name === 'TemporalSchedulePaused'
          ? [entry.info.paused]
          : (attributes[name] ?? []);
    const some = values.some((own) => holds(own, operator, value));
    return operator === '!=' ? !some : some;
  });
}

function holds(own: unknown, operator: Condition['operator'], value: Value): boolean {
  if (operator === 'STARTS_WITH') return typeof own === 'string' && own.startsWith(String(value));
  if (own instanceof Date) return own.getTime() === Date.parse(String(value));
  return own === value || String(own) === String(value);
}
