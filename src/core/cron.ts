/**
 * Cron schedules: five fields (minute, hour, day of month, month, day of week), `@every 1h30m`, `@hourly` and kin, in
 * UTC or the zone that a `CRON_TZ=` prefix names. Times are those of the clock on the wall: one that a zone skips does
 * not come, one that it shows twice comes twice. As usual with cron, when both day fields are given one is enough.
 */

import { type EpochMs, fromGoDuration, toTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import { isZone, offsetAt } from '../../sdk/common/zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The 29th of February may be eight years away; what does not come within ten years never comes. */
const HORIZON_DAYS = 3_660;

interface Calendar {
  zone: string;
  minutes: number[];
  hours: number[];
  days: Set<number>;
  months: Set<number>;
  weekdays: Set<number>;
  /** Both day fields are given: one of them is enough. */
  anyDayField: boolean;
}
type CronSchedule = { every: number } | Calendar;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const shorthands: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const fields = [
  { name: 'minute', min: 0, max: 59, names: [] as string[] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  // 7 is Sunday too.
  { name: 'day of week', min: 0, max: 7, names: WEEKDAYS },
] as const;

/** @throws ServiceError INVALID_ARGUMENT that says what is wrong with the schedule */
function parseCron(text: string): CronSchedule {
  const [, zone = 'UTC', rest] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(text.trim())!;
  if (!isZone(zone)) throw invalidArgument(`unknown time zone ${zone}`);
  const every = /^@every\s+(.+)$/.exec(rest!);
  if (every) return { every: parseEvery(every[1]!) };
  const spelled = rest!.startsWith('@') ? shorthands[rest!] : rest;
  if (spelled === undefined) throw invalidArgument(`unknown shorthand ${rest}`);
  const parts = spelled.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== fields.length)
    throw invalidArgument(`expected five fields, found ${parts.length}: "${text}"`);
  const [minutes, hours, days, months, weekdays] = parts.map((part, i) => parseField(part, fields[i]!));
  return {
    zone,
    minutes: [...minutes!].sort((a, b) => a - b),
    hours: [...hours!].sort((a, b) => a - b),
    days: days!,
    months: months!,
    weekdays: new Set([...weekdays!].map((day) => day % 7)),
    anyDayField: !isStar(parts[2]!) && !isStar(parts[4]!),
  };
}

const isStar = (part: string): boolean => part.startsWith('*') || part.startsWith('?');

/** A duration such as `1h30m` or `90s`; whole seconds, at least one. Days Temporal takes in schedules only. */
function parseEvery(text: string): number {
  const ms = text.includes('d') ? undefined : fromGoDuration(text);
  if (ms === undefined) throw invalidArgument(`@every: not a duration: ${text}`);
  return Math.max(Math.floor(ms / 1_000), 1) * 1_000;
}

type Field = (typeof fields)[number];

function parseField(text: string, field: Field): Set<number> {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [range, step = '1', ...more] = item.split('/');
    const by = Number(step);
    if (more.length > 0 || !Number.isInteger(by) || by < 1) throw bad(field, item);
    const [from, to] = bounds(range!, item, field);
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
}

function bounds(range: string, item: string, field: Field): [number, number] {
  // A full week ends with Saturday: 7 would be Sunday again.
  const max = field.max === 7 ? 6 : field.max;
  if (range === '*' || range === '?') return [field.min, max];
  const [first, last, ...more] = range.split('-');
  const from = parseValue(first!, item, field);
  const to = last === undefined ? (item.includes('/') ? max : from) : parseValue(last, item, field);
  if (more.length > 0 || to < from) throw bad(field, item);
  return [from, to];
}

function parseValue(text: string, item: string, field: Field): number {
  const named = (field.names as readonly string[]).indexOf(text.toUpperCase());
  if (named >= 0) return named + field.min;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= field.min && value <= field.max)) throw bad(field, item);
  return value;
}

const bad = (field: Field, item: string) =>
  invalidArgument(`${field.name}: cannot be "${item}" (values are ${field.min} to ${field.max})`);

/** @throws ServiceError INVALID_ARGUMENT for a schedule that cannot be read or whose time never comes */
export function checkCronSchedule(field: string, schedule: string | undefined): void {
  if (!schedule) return;
  try {
    if (nextCronTime(schedule, 0, 0) !== undefined) return;
  } catch (error) {
    throw invalidArgument(`${field}: ${(error as Error).message}`);
  }
  throw invalidArgument(`${field}: "${schedule}" never comes`);
}

/**
 * The first time of the schedule after `after`.
 * @param anchor what `@every` counts from
 */
export function nextCronTime(schedule: string, anchor: EpochMs, after: EpochMs): EpochMs | undefined {
  const cron = parseCron(schedule);
  if ('every' in cron) return anchor + (Math.floor((after - anchor) / cron.every) + 1) * cron.every;
  const today = after + offsetAt(cron.zone, after);
  const firstDay = Math.floor(today / DAY) * DAY;
  for (let i = 0; i < HORIZON_DAYS; i++) {
    const day = firstDay + i * DAY;
    const time = isDay(cron, day) ? firstTimeOn(cron, day, after) : undefined;
    if (time !== undefined) return time;
  }
  return undefined;
}

function isDay(cron: Calendar, day: EpochMs): boolean {
  const [, month, date] = toTimestampJson(day).slice(0, 10).split('-').map(Number);
  if (!cron.months.has(month!)) return false;
  const byMonth = cron.days.has(date!);
  // The epoch began on a Thursday.
  const byWeek = cron.weekdays.has((day / DAY + 4) % 7);
  return cron.anyDayField ? byMonth || byWeek : byMonth && byWeek;
}

/** `day`: its midnight on the wall, written as if it were UTC. */
function firstTimeOn(cron: Calendar, day: EpochMs, after: EpochMs): EpochMs | undefined {
  const offsets = offsetsOn(cron.zone, day);
  let first: EpochMs | undefined;
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const wall = day + hour * HOUR + minute * MINUTE;
      for (const offset of offsets) {
        const time = wall - offset;
        if (time <= after || (first !== undefined && time >= first)) continue;
        if (offsets.length === 1 || offsetAt(cron.zone, time) === offset) first = time;
      }
    }
    // A later hour on the wall can come earlier only on a day when the clock is set back.
    if (first !== undefined && offsets.length === 1) return first;
  }
  return first;
}

/** The offsets from UTC that hold on a day on the wall: two when the clock is changed around it. */
function offsetsOn(zone: string, day: EpochMs): number[] {
  return [...new Set([offsetAt(zone, day - 14 * HOUR), offsetAt(zone, day + DAY + 14 * HOUR)])];
}
