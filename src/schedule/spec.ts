/**
 * The maths of schedules: a spec in its plain form, and the next time it names. Times on calendars are those that the
 * wall clock of the zone really shows: one that is skipped does not come, one that is shown twice comes twice.
 */

import {
  type EpochMs,
  fromDurationJson,
  fromTimestampJson,
  toDurationJson,
  toTimestampJson,
} from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import type { ScheduleSpecJson, StructuredCalendarJson } from '../../sdk/common/schedule.ts';
import { isZone, stretchAt } from '../../sdk/common/zone.ts';
import { type Calendar, calendarOf, namedUntil, names, nextReading } from './calendar.ts';
import { fields, parseCalendar, parseCronString } from './calendar-text.ts';

const SECOND = 1_000;
const DAY = 86_400_000;
/** Excluded times that are passed over before a search is given up. */
const MAX_EXCLUDED = 100_000;
const MAX_ENTRIES = 1_000;

/** What is left when text is read: calendars in ranges, intervals, one zone. Describe shows it in this form. */
export function plainSpec(spec: ScheduleSpecJson): ScheduleSpecJson {
  const parts = (spec.cronString ?? []).map(parseCronString);
  const zones = new Set([spec.timezoneName || undefined, ...parts.map(({ zone }) => zone)]);
  zones.delete(undefined);
  if (zones.size > 1) throw invalidArgument(`spec: more than one time zone: ${[...zones].join(', ')}`);
  const [zone] = zones;
  if (zone !== undefined && !isZone(zone)) throw invalidArgument(`spec: unknown time zone ${zone}`);
  const calendars = [
    ...(spec.structuredCalendar ?? []),
    ...(spec.calendar ?? []).map((calendar) => parseCalendar(calendar, 'calendar')),
    ...parts.flatMap(({ calendar }) => calendar ?? []),
  ];
  const excluded = [
    ...(spec.excludeStructuredCalendar ?? []),
    ...(spec.excludeCalendar ?? []).map((calendar) => parseCalendar(calendar, 'excludeCalendar')),
  ];
  const intervals = [...(spec.interval ?? []), ...parts.flatMap(({ interval }) => interval ?? [])];
  if (calendars.length + excluded.length + intervals.length > MAX_ENTRIES)
    throw invalidArgument(`spec: more than ${MAX_ENTRIES} calendars and intervals`);
  for (const calendar of [...calendars, ...excluded]) checkCalendar(calendar);
  return {
    ...(calendars.length > 0 && { structuredCalendar: calendars }),
    ...(intervals.length > 0 && { interval: intervals.map(checkInterval) }),
    ...(excluded.length > 0 && { excludeStructuredCalendar: excluded }),
    ...(spec.startTime && { startTime: toTimestampJson(fromTimestampJson(spec.startTime)) }),
    ...(spec.endTime && { endTime: toTimestampJson(fromTimestampJson(spec.endTime)) }),
    ...(spec.jitter && { jitter: spec.jitter }),
    ...(zone && { timezoneName: zone }),
  };
}

function checkCalendar(calendar: StructuredCalendarJson): void {
  for (const { name, min, max } of fields) {
    const bounds = `values are ${min} to ${max}`;
    for (const { start = 0, end = 0, step = 0 } of calendar[name] ?? []) {
      const fromEnd = name === 'dayOfMonth' && start >= -31 && start < 0 && end >= -31 && end <= 0;
      const outside = (value: number): boolean => value < min || value > max;
      if ((outside(start) && !fromEnd) || (end > start && outside(end) && !fromEnd) || step < 0)
        throw invalidArgument(`structuredCalendar: ${name}: ${start} to ${end} by ${step}; ${bounds}`);
    }
  }
}

function checkInterval({ interval, phase }: { interval?: string; phase?: string }) {
  const every = fromDurationJson(interval);
  const offset = fromDurationJson(phase);
  if (every < SECOND) throw invalidArgument('interval: must be at least one second');
  if (offset >= every) throw invalidArgument('interval: the phase must be shorter than the interval');
  return { interval: toDurationJson(every), phase: toDurationJson(offset) };
}

/** What a calendar was asked last: it names nothing between `after` and `time`. */
interface Sought {
  calendar: Calendar;
  after: EpochMs;
  /** `undefined`: nothing from `after` on. */
  time: EpochMs | undefined;
}

/** A plain spec, ready to be asked. */
export class Spec {
  readonly #calendars: Sought[];
  readonly #excluded: Calendar[];
  readonly #intervals: Array<{ every: number; phase: number }>;
  readonly #zone: string;
  readonly #start: EpochMs;
  readonly #end: EpochMs;
  readonly #jitter: number;

  constructor(plain: ScheduleSpecJson) {
    this.#calendars = (plain.structuredCalendar ?? []).map((json) => ({
      calendar: calendarOf(json),
      after: Number.POSITIVE_INFINITY,
      time: undefined,
    }));
    this.#excluded = (plain.excludeStructuredCalendar ?? []).map(calendarOf);
    this.#intervals = (plain.interval ?? []).map(({ interval, phase }) => ({
      every: fromDurationJson(interval),
      phase: fromDurationJson(phase),
    }));
    this.#zone = plain.timezoneName ?? '';
    this.#start = plain.startTime ? fromTimestampJson(plain.startTime) : Number.NEGATIVE_INFINITY;
    this.#end = plain.endTime ? fromTimestampJson(plain.endTime) : Number.POSITIVE_INFINITY;
    this.#jitter = fromDurationJson(plain.jitter);
  }

  /** No calendar and no interval: it acts only when it is told to. */
  get empty(): boolean {
    return this.#calendars.length === 0 && this.#intervals.length === 0;
  }

  /** The first time after `after`, jitter left out. */
  next(after: EpochMs): EpochMs | undefined {
    let from = Math.max(after, this.#start - 1);
    for (let i = 0; i < MAX_EXCLUDED; i++) {
      const time = this.#nextIncluded(from);
      if (time === undefined || time > this.#end) return undefined;
      const free = this.#excludedUntil(time);
      if (free === undefined) return time;
      from = free - 1;
    }
    return undefined;
  }

  /** Times after `from`, up to and with `to`; at most `limit`. */
  *between(from: EpochMs, to: EpochMs, limit = Number.POSITIVE_INFINITY): Generator<EpochMs> {
    let time = this.next(from);
    for (let n = 0; time !== undefined && time <= to && n < limit; n++) {
      yield time;
      time = this.next(time);
    }
  }

  /**
   * When the action of a nominal time is taken: up to the jitter later, but before the next nominal time. The same for
   * everybody who asks, because it is a hash of `seed` and the time.
   */
  jittered(nominal: EpochMs, seed: string): EpochMs {
    if (this.#jitter === 0) return nominal;
    const gap = (this.next(nominal) ?? Number.POSITIVE_INFINITY) - nominal;
    return nominal + Math.floor(fraction(`${seed}:${nominal}`) * Math.min(this.#jitter, gap));
  }

  #nextIncluded(after: EpochMs): EpochMs | undefined {
    let first: EpochMs | undefined;
    const consider = (time: EpochMs | undefined): void => {
      if (time !== undefined && (first === undefined || time < first)) first = time;
    };
    for (const { every, phase } of this.#intervals)
      consider(Math.floor((after - phase) / every) * every + phase + every);
    for (const sought of this.#calendars) consider(this.#nextOn(sought, after));
    return first;
  }

  /** One that comes seldom is not sought again for each of the times that others name before it. */
  #nextOn(sought: Sought, after: EpochMs): EpochMs | undefined {
    const known = sought.after <= after && (sought.time === undefined || after < sought.time);
    if (!known) Object.assign(sought, { after, time: nextOnCalendar(sought.calendar, this.#zone, after) });
    return sought.time;
  }

  /** Until when at least nothing may happen; `undefined` when `time` is not excluded. */
  #excludedUntil(time: EpochMs): EpochMs | undefined {
    if (this.#excluded.length === 0) return undefined;
    const { end, offset } = stretchAt(this.#zone, time);
    const wall = Math.floor(time / SECOND) * SECOND + offset;
    for (const calendar of this.#excluded)
      if (names(calendar, wall)) return Math.min(namedUntil(calendar, wall) - offset, end);
    return undefined;
  }
}

/**
 * The first time after `after` that the calendar names in the zone. Goes from one stretch of a constant offset to the
 * next: inside of one, the wall clock is plain arithmetic.
 */
function nextOnCalendar(calendar: Calendar, zone: string, after: EpochMs): EpochMs | undefined {
  let time = (Math.floor(after / SECOND) + 1) * SECOND;
  for (;;) {
    const { end, offset } = stretchAt(zone, time);
    const reading = nextReading(calendar, time + offset);
    if (reading === undefined) return undefined;
    if (reading - offset < end) return reading - offset;
    // Nothing is named for long: whatever the offset does meanwhile, it moves no clock by more than a day.
    const far = reading - offset - 1.5 * DAY;
    time = end - time > DAY && far > end ? Math.floor(far / SECOND) * SECOND : end;
  }
}

/** From 0 to below 1: FNV-1a over the text, mixed once more. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}
