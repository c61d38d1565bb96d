/** Calendars written as text: cron strings of five to seven fields, shorthands, intervals, and the fields of a calendar. */

import { fromGoDuration, toDurationJson } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import type {
  CalendarJson,
  IntervalJson,
  RangeJson,
  StructuredCalendarJson,
} from '../../sdk/common/schedule.ts';
import { FIRST_YEAR, LAST_YEAR } from './calendar.ts';

interface Field {
  name: Exclude<keyof StructuredCalendarJson, 'comment'>;
  min: number;
  max: number;
  /** What an absent field means. */
  fallback: string;
  /** Names of values, from `min` on. */
  words: readonly string[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

export const fields: readonly Field[] = [
  { name: 'second', min: 0, max: 59, fallback: '0', words: [] },
  { name: 'minute', min: 0, max: 59, fallback: '0', words: [] },
  { name: 'hour', min: 0, max: 23, fallback: '0', words: [] },
  { name: 'dayOfMonth', min: 1, max: 31, fallback: '*', words: [] },
  { name: 'month', min: 1, max: 12, fallback: '*', words: MONTHS },
  // 7 is Sunday too.
  { name: 'dayOfWeek', min: 0, max: 7, fallback: '*', words: WEEKDAYS },
  { name: 'year', min: FIRST_YEAR, max: LAST_YEAR, fallback: '*', words: [] },
];

const shorthands: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

export interface CronParts {
  calendar?: StructuredCalendarJson;
  interval?: IntervalJson;
  zone?: string;
}

/** @throws ServiceError INVALID_ARGUMENT that says what is wrong with the text */
export function parseCronString(text: string): CronParts {
  const [, written = '', remark] = /^([^#]*)(?:#(.*))?$/s.exec(text)!;
  const [, zone, rest = ''] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(written.trim())!;
  const comment = remark?.trim();
  const inZone = zone === undefined ? {} : { zone };
  if (rest.startsWith('@every')) return { ...inZone, interval: parseEvery(rest.slice(6).trim()) };
  const spelled = rest.startsWith('@') ? shorthands[rest.toLowerCase()] : rest;
  if (spelled === undefined) throw invalidArgument(`cronString: unknown shorthand ${rest}`);
  const parts = spelled.split(/\s+/).filter((part) => part !== '');
  if (parts.length < 5 || parts.length > 7)
    throw invalidArgument(`cronString: expected five to seven fields, found ${parts.length}: "${text}"`);
  // Five: minute to day of week. Six: with the year. Seven: with the second before.
  const seven = [...(parts.length === 7 ? [] : ['0']), ...parts, ...(parts.length === 5 ? ['*'] : [])];
  const calendar = Object.fromEntries(fields.map(({ name }, i) => [name, seven[i]!]));
  return { ...inZone, calendar: parseCalendar({ ...calendar, ...(comment && { comment }) }, 'cronString') };
}

/** `1h30m`, or `1h/15m`: a phase of 15 minutes. */
function parseEvery(text: string): IntervalJson {
  const [interval, phase, ...more] = text.split('/');
  if (more.length > 0) throw invalidArgument(`cronString: @every: not a duration: ${text}`);
  return {
    interval: toDurationJson(everyOf(interval!)),
    ...(phase !== undefined && { phase: toDurationJson(everyOf(phase)) }),
  };
}

function everyOf(text: string): number {
  const ms = fromGoDuration(text.trim());
  if (ms === undefined) throw invalidArgument(`cronString: @every: not a duration: ${text}`);
  return Math.round(ms);
}

/** @param where how the request calls it, for messages */
export function parseCalendar(calendar: CalendarJson, where: string): StructuredCalendarJson {
  const { comment } = calendar;
  const ranges = fields.map((field) => {
    const text = calendar[field.name]?.trim() || field.fallback;
    return [field.name, parseField(text, field, where)] as const;
  });
  return { ...Object.fromEntries(ranges), ...(comment && { comment }) };
}

/** The full range of years is written as no range at all. */
function parseField(text: string, field: Field, where: string): RangeJson[] {
  if (field.name === 'year' && (text === '*' || text === '?')) return [];
  return text.split(',').map((item) => parseItem(item.trim(), field, where));
}

function parseItem(item: string, field: Field, where: string): RangeJson {
  const bad = () =>
    invalidArgument(`${where}: ${field.name}: cannot be "${item}" (values are ${field.min} to ${field.max})`);
  const [range, step = '1', ...more] = item.split('/');
  const by = Number(step);
  if (more.length > 0 || !/^\d+$/.test(step) || by < 1) throw bad();
  // A full week ends with Saturday: 7 would be Sunday again.
  const max = field.max === 7 ? 6 : field.max;
  if (range === '*' || range === '?') return { start: field.min, end: max, step: by };
  if (field.name === 'dayOfMonth' && /^L(?:-\d{1,2})?$/i.test(range!)) {
    const day = -1 - Number(range!.slice(2) || '0');
    if (item.includes('/') || day < -31) throw bad();
    return { start: day, end: day, step: 1 };
  }
  const [first, last, ...others] = range!.split('-');
  const start = parseValue(first!, field);
  const end = last === undefined ? (item.includes('/') ? max : start) : parseValue(last, field);
  if (others.length > 0 || start === undefined || end === undefined || end < start) throw bad();
  return { start, end, step: by };
}

function parseValue(text: string, field: Field): number | undefined {
  const word = text.toLowerCase();
  const named =
    word.length < 3 ? -1 : field.words.findIndex((name) => name === word || name.slice(0, 3) === word);
  if (named >= 0) return named + field.min;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}
