/** When a schedule acts, in words. Pure. */

import type {
  CalendarJson,
  IntervalJson,
  RangeJson,
  ScheduleSpecJson,
  StructuredCalendarJson,
} from '../../../sdk/common/schedule.ts';
import { duration, durationMs } from '../format.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

type Name = (value: number) => string;

function rangeText({ start = 0, end, step }: RangeJson, name: Name): string {
  const span = end !== undefined && end > start ? `${name(start)}–${name(end)}` : name(start);
  return step && step > 1 ? `${span} every ${step}` : span;
}

const rangesText = (ranges: RangeJson[] | undefined, name: Name): string =>
  (ranges ?? []).map((range) => rangeText(range, name)).join(', ');

const two: Name = (value) => String(value).padStart(2, '0');

/** One number, if the field says no more. */
function single(ranges: RangeJson[] | undefined): number | undefined {
  if (!ranges || ranges.length === 0) return 0;
  const [{ start = 0, end } = {}] = ranges;
  return ranges.length === 1 && (end === undefined || end <= start) ? start : undefined;
}

function timeText({ hour, minute, second }: StructuredCalendarJson): string {
  const [h, m, s] = [single(hour), single(minute), single(second)];
  if (h !== undefined && m !== undefined && s !== undefined)
    return `at ${two(h)}:${two(m)}${s === 0 ? '' : `:${two(s)}`}`;
  const parts = [
    hour?.length ? `hour ${rangesText(hour, two)}` : 'hour 00',
    `minute ${minute?.length ? rangesText(minute, two) : '00'}`,
    ...(second?.length && s !== 0 ? [`second ${rangesText(second, two)}`] : []),
  ];
  return `at ${parts.join(', ')}`;
}

const covers = (ranges: RangeJson[] | undefined, from: number, to: number): boolean =>
  !ranges ||
  ranges.length === 0 ||
  ranges.some(({ start = 0, end = 0, step = 1 }) => start <= from && end >= to && step <= 1);

/** The last days of a month count from its end. */
const dayOfMonth: Name = (value) =>
  value === -1 ? 'last day' : value < 0 ? `${-value} days before the end` : String(value);

export function calendarText(calendar: StructuredCalendarJson): string {
  const { month, year, dayOfWeek } = calendar;
  const days: string[] = [];
  if (!covers(dayOfWeek, 0, 6)) days.push(`on ${rangesText(dayOfWeek, (day) => DAYS[day % 7]!)}`);
  if (!covers(calendar.dayOfMonth, 1, 31)) days.push(`on day ${rangesText(calendar.dayOfMonth, dayOfMonth)}`);
  if (!covers(month, 1, 12))
    days.push(`in ${rangesText(month, (value) => MONTHS[value - 1] ?? String(value))}`);
  const daily = days.length === 0 && single(calendar.hour) !== undefined;
  const parts = [...(daily ? ['every day'] : []), timeText(calendar), ...days];
  if (year && year.length > 0) parts.push(`of ${rangesText(year, String)}`);
  const text = parts.join(' ');
  return calendar.comment ? `${text} (${calendar.comment})` : text;
}

function plainCalendarText(calendar: CalendarJson): string {
  return Object.entries(calendar)
    .map(([field, value]) => `${field} ${value}`)
    .join(', ');
}

function intervalText({ interval, phase }: IntervalJson): string {
  const offset = durationMs(phase);
  return `every ${duration(durationMs(interval) ?? 0)}${offset ? `, ${duration(offset)} later` : ''}`;
}

/** One line for each way in which it names times. */
export function specLines(spec: ScheduleSpecJson | undefined): string[] {
  const { structuredCalendar = [], calendar = [], cronString = [], interval = [] } = spec ?? {};
  const lines = [
    ...structuredCalendar.map(calendarText),
    ...calendar.map(plainCalendarText),
    ...cronString,
    ...interval.map(intervalText),
  ];
  return lines.map((line) => line.charAt(0).toUpperCase() + line.slice(1));
}

/** What holds for all of them. */
export function specNotes(spec: ScheduleSpecJson | undefined): string[] {
  const {
    timezoneName,
    startTime,
    endTime,
    jitter,
    excludeCalendar = [],
    excludeStructuredCalendar = [],
  } = spec ?? {};
  const late = durationMs(jitter);
  return [
    `Time zone ${timezoneName || 'UTC'}`,
    ...(startTime ? [`from ${startTime}`] : []),
    ...(endTime ? [`until ${endTime}`] : []),
    ...(late ? [`up to ${duration(late)} later, by jitter`] : []),
    ...excludeStructuredCalendar.map((each) => `not ${calendarText(each)}`),
    ...excludeCalendar.map((each) => `not ${plainCalendarText(each)}`),
  ];
}
