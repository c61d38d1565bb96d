/** When a schedule acts, in words: calendars as cron fields, whichever way they were given. */

import type { RangeJson, ScheduleSpecJson, StructuredCalendarJson } from '../common/schedule.ts';

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function rangesText(ranges: RangeJson[] | undefined, absent: string, names?: readonly string[]): string {
  if (!ranges?.length) return absent;
  const name = (value: number): string => names?.[value] ?? String(value);
  const text = ranges.map(({ start = 0, end = 0, step = 1 }) => {
    const range = end > start ? `${name(start)}-${name(end)}` : name(start);
    return step > 1 && end > start ? `${range}/${step}` : range;
  });
  return text.join(',');
}

/** Fields that cover everything they can are `*`, as they are written. */
function everything(ranges: RangeJson[] | undefined, first: number, last: number): RangeJson[] | undefined {
  const all = ranges?.some(({ start = 0, end = 0, step = 1 }) => start <= first && end >= last && step <= 1);
  return all ? undefined : ranges;
}

/** `0 9 * * MON-FRI`, with seconds in front and years at the end where they say something. */
export function calendarText(calendar: StructuredCalendarJson): string {
  const { second, year, comment } = calendar;
  const field = (ranges: RangeJson[] | undefined, first: number, last: number): string =>
    ranges?.length ? rangesText(everything(ranges, first, last), '*') : '0';
  const seconds = field(second, 0, 59);
  const years = rangesText(year, '');
  const fields = [
    ...(seconds === '0' ? [] : [seconds]),
    field(calendar.minute, 0, 59),
    field(calendar.hour, 0, 23),
    rangesText(everything(calendar.dayOfMonth, 1, 31), '*'),
    rangesText(everything(calendar.month, 1, 12), '*'),
    rangesText(everything(calendar.dayOfWeek, 0, 6), '*', DAYS),
    ...(years ? [years] : []),
  ];
  return `${fields.join(' ')}${comment ? ` (${comment})` : ''}`;
}

/** Rows of a table: the times, the time zone, and what bounds them. */
export function specRows(spec: ScheduleSpecJson): string[][] {
  const { structuredCalendar = [], interval = [], excludeStructuredCalendar = [] } = spec;
  const times = [
    ...structuredCalendar.map(calendarText),
    ...interval.map(({ interval: every = '0s', phase }) =>
      Number.parseFloat(phase ?? '0') > 0 ? `every ${every}, ${phase} later` : `every ${every}`,
    ),
  ];
  return [
    ...(times.length > 0 ? times : ['none: by trigger and backfill only']).map((text, i) => [
      i === 0 ? 'Times' : '',
      text,
    ]),
    ...(structuredCalendar.length > 0 ? [['Time zone', spec.timezoneName || 'UTC']] : []),
    ...excludeStructuredCalendar.map((calendar) => ['Not at', calendarText(calendar)]),
    ...(spec.startTime ? [['From', spec.startTime]] : []),
    ...(spec.endTime ? [['Until', spec.endTime]] : []),
    ...(spec.jitter ? [['Jitter', spec.jitter]] : []),
  ];
}
