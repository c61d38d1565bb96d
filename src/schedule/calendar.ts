/**
 * One calendar: which readings of the wall clock it names, and the next of them. A reading is written as if it were
 * UTC, so that all arithmetic here is plain; `spec.ts` knows which readings a zone really shows.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { RangeJson, StructuredCalendarJson } from '../../sdk/common/schedule.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Temporal's bounds for years: what does not come by then, never comes. */
export const FIRST_YEAR = 2000;
export const LAST_YEAR = 2100;

export interface Calendar {
  seconds: number[];
  minutes: number[];
  hours: number[];
  /** Negative ones count from the end of the month. */
  days: Set<number>;
  months: Set<number>;
  weekdays: Set<number>;
  years: Set<number> | undefined;
}

function values(ranges: RangeJson[] | undefined): number[] | undefined {
  if (!ranges || ranges.length === 0) return undefined;
  const found = new Set<number>();
  for (const { start = 0, end = 0, step = 1 } of ranges) {
    const to = start < 0 && end === 0 ? start : Math.max(start, end);
    for (let value = start; value <= to; value += step || 1) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

const all = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

export function calendarOf(json: StructuredCalendarJson): Calendar {
  const years = values(json.year);
  return {
    seconds: values(json.second) ?? [0],
    minutes: values(json.minute) ?? [0],
    hours: values(json.hour) ?? [0],
    days: new Set(values(json.dayOfMonth) ?? all(1, 31)),
    months: new Set(values(json.month) ?? all(1, 12)),
    weekdays: new Set((values(json.dayOfWeek) ?? all(0, 6)).map((day) => day % 7)),
    years: years && new Set(years),
  };
}

function isDay(
  { days, weekdays }: Calendar,
  year: number,
  month: number,
  day: number,
  wall: EpochMs,
): boolean {
  // The epoch began on a Thursday.
  if (!weekdays.has((((Math.floor(wall / DAY) + 4) % 7) + 7) % 7)) return false;
  if (days.has(day)) return true;
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return days.has(day - length - 1);
}

/** Does the calendar name this second? */
export function names(calendar: Calendar, wall: EpochMs): boolean {
  const { seconds, minutes, hours, months, years } = calendar;
  const date = new Date(wall);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  return (
    year <= LAST_YEAR &&
    (!years || years.has(year)) &&
    months.has(month) &&
    hours.includes(date.getUTCHours()) &&
    minutes.includes(date.getUTCMinutes()) &&
    seconds.includes(date.getUTCSeconds()) &&
    isDay(calendar, year, month, date.getUTCDate(), wall)
  );
}

/** The first reading that is not before `wall` (a whole second), or `undefined`. */
export function nextReading(calendar: Calendar, wall: EpochMs): EpochMs | undefined {
  const date = new Date(wall);
  let year = date.getUTCFullYear();
  let month = date.getUTCMonth() + 1;
  let day = date.getUTCDate();
  let after = wall - Date.UTC(year, month - 1, day);
  while (year <= LAST_YEAR) {
    if (calendar.years && !calendar.years.has(year)) {
      [year, month, day, after] = [year + 1, 1, 1, 0];
      continue;
    }
    const midnight = Date.UTC(year, month - 1, day);
    // The day may have run over the end of its month, or the month need not match at all.
    const overrun = new Date(midnight).getUTCDate() !== day;
    if (overrun || !calendar.months.has(month)) {
      [year, month, day, after] = month === 12 ? [year + 1, 1, 1, 0] : [year, month + 1, 1, 0];
      continue;
    }
    if (isDay(calendar, year, month, day, midnight)) {
      const time = nextInDay(calendar, after);
      if (time !== undefined) return midnight + time;
    }
    day++;
    after = 0;
  }
  return undefined;
}

/** `after` and the answer: milliseconds since midnight on the wall. */
function nextInDay({ hours, minutes, seconds }: Calendar, after: number): number | undefined {
  for (const hour of hours) {
    if ((hour + 1) * HOUR <= after) continue;
    for (const minute of minutes) {
      const start = hour * HOUR + minute * MINUTE;
      if (start + MINUTE <= after) continue;
      for (const second of seconds) if (start + second * SECOND >= after) return start + second * SECOND;
    }
  }
  return undefined;
}

/** A calendar that names `wall` names everything from there to this reading at least. */
export function namedUntil({ seconds, minutes, hours }: Calendar, wall: EpochMs): EpochMs {
  const end = (unit: number): EpochMs => (Math.floor(wall / unit) + 1) * unit;
  if (seconds.length < 60) return end(SECOND);
  if (minutes.length < 60) return end(MINUTE);
  return hours.length < 24 ? end(HOUR) : end(DAY);
}
