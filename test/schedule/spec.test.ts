import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleSpecJson, StructuredCalendarJson } from '../../sdk/common/schedule.ts';
import { offsetAt } from '../../sdk/common/zone.ts';
import { plainSpec, Spec } from '../../src/schedule/spec.ts';
import { minutesThat, type Wall, ZONES } from './brute-force.ts';

const DAY = 86_400_000;
const at = (text: string): number => Date.parse(text);
const specOf = (spec: ScheduleSpecJson): Spec => new Spec(plainSpec(spec));
const times = (spec: ScheduleSpecJson, from: string, count: number): string[] =>
  [...specOf(spec).between(at(from), Number.POSITIVE_INFINITY, count)].map((time) =>
    new Date(time).toISOString(),
  );
const cron = (text: string, timezoneName = ''): ScheduleSpecJson => ({ cronString: [text], timezoneName });

describe('the next time of a schedule', () => {
  it.each([
    ['five fields', '30 9 * * MON-FRI', '2026-01-02T10:00:00Z', ['2026-01-05T09:30:00.000Z']],
    ['six: with the year', '0 0 1 1 * 2030', '2026-01-01T00:00:00Z', ['2030-01-01T00:00:00.000Z']],
    ['seven: with the second', '15 0 0 1 1 * 2030', '2026-01-01T00:00:00Z', ['2030-01-01T00:00:15.000Z']],
    ['a comment', '0 12 * * * # noon', '2026-01-01T00:00:00Z', ['2026-01-01T12:00:00.000Z']],
    ['@daily', '@daily', '2026-01-01T00:00:00Z', ['2026-01-02T00:00:00.000Z']],
    [
      '@hourly in a zone',
      'CRON_TZ=Asia/Kolkata @hourly',
      '2026-01-01T00:00:00Z',
      ['2026-01-01T00:30:00.000Z'],
    ],
    [
      '@every',
      '@every 1h30m',
      '1970-01-01T00:00:00Z',
      ['1970-01-01T01:30:00.000Z', '1970-01-01T03:00:00.000Z'],
    ],
    ['@every with a phase', '@every 1h/15m', '1970-01-01T00:00:00Z', ['1970-01-01T00:15:00.000Z']],
    [
      'both day fields: both must match',
      '0 0 13 * FRI',
      '2026-01-01T00:00:00Z',
      ['2026-02-13T00:00:00.000Z', '2026-03-13T00:00:00.000Z'],
    ],
    [
      'a leap day',
      '0 0 29 2 *',
      '2026-01-01T00:00:00Z',
      ['2028-02-29T00:00:00.000Z', '2032-02-29T00:00:00.000Z'],
    ],
    [
      'the last day of the month',
      '0 0 L * *',
      '2028-01-15T00:00:00Z',
      ['2028-01-31T00:00:00.000Z', '2028-02-29T00:00:00.000Z', '2028-03-31T00:00:00.000Z'],
    ],
    ['the day before the last', '0 0 L-1 2 *', '2026-01-15T00:00:00Z', ['2026-02-27T00:00:00.000Z']],
  ])('%s: %s', (_, text, from, expected) => {
    expect(times(cron(text), from, expected.length)).toEqual(expected);
  });

  it.each([
    // The clock goes from 2:00 to 3:00: 2:30 is not shown that day.
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-30T00:30:00.000Z']],
    // It goes from 3:00 back to 2:00: 2:30 is shown twice.
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    ],
    ['America/New_York', '30 2 * * *', '2026-03-07T12:00:00Z', ['2026-03-09T06:30:00.000Z']],
    [
      'America/New_York',
      '30 1 * * *',
      '2026-10-31T12:00:00Z',
      ['2026-11-01T05:30:00.000Z', '2026-11-01T06:30:00.000Z'],
    ],
    // Half an hour only.
    [
      'Australia/Lord_Howe',
      '45 1 * * *',
      '2026-04-04T00:00:00Z',
      ['2026-04-04T14:45:00.000Z', '2026-04-04T15:15:00.000Z'],
    ],
    ['Australia/Sydney', '30 2 * * *', '2026-10-03T00:00:00Z', ['2026-10-04T15:30:00.000Z']],
    ['Asia/Kathmandu', '0 0 * * *', '2026-01-01T00:00:00Z', ['2026-01-01T18:15:00.000Z']],
    // Midnight itself was skipped.
    ['America/Sao_Paulo', '0 0 * * *', '2018-11-03T12:00:00Z', ['2018-11-05T02:00:00.000Z']],
    // The thirtieth of December was skipped altogether.
    [
      'Pacific/Apia',
      '0 12 * * *',
      '2011-12-29T00:00:00Z',
      ['2011-12-29T22:00:00.000Z', '2011-12-30T22:00:00.000Z'],
    ],
  ])('in %s, %s is what the clock on the wall shows', (zone, text, from, expected) => {
    expect(times(cron(text, zone), from, expected.length)).toEqual(expected);
  });

  it('calendars and intervals are united, excluded times left out, start and end kept', () => {
    const spec: ScheduleSpecJson = {
      calendar: [{ hour: '9', dayOfWeek: 'MON-FRI' }],
      interval: [{ interval: '43200s', phase: '3600s' }],
      excludeCalendar: [{ second: '*', minute: '*', hour: '*', dayOfWeek: 'Saturday,Sunday' }],
      startTime: '2026-01-02T00:00:00Z',
      endTime: '2026-01-05T13:00:00Z',
    };
    expect(times(spec, '2025-01-01T00:00:00Z', 100)).toEqual([
      '2026-01-02T01:00:00.000Z',
      '2026-01-02T09:00:00.000Z',
      '2026-01-02T13:00:00.000Z',
      '2026-01-05T01:00:00.000Z',
      '2026-01-05T09:00:00.000Z',
      '2026-01-05T13:00:00.000Z',
    ]);
  });

  it('a year of excluded seconds is passed over', () => {
    const star = '*';
    const excludeCalendar = [{ second: star, minute: star, hour: star, year: '2026' }];
    const spec = { interval: [{ interval: '1s' }], excludeCalendar };
    expect(times(spec, '2026-01-01T00:00:00Z', 1)).toEqual(['2027-01-01T00:00:00.000Z']);
  });

  it('jitter is between the nominal time and the next one, and the same for everybody', () => {
    const spec = specOf({ interval: [{ interval: '60s' }], jitter: '3600s' });
    const nominal = [...spec.between(0, 100 * 60_000)];
    const taken = nominal.map((time) => spec.jittered(time, 's'));
    expect(taken).toEqual(nominal.map((time) => spec.jittered(time, 's')));
    for (const [i, time] of taken.entries()) {
      expect(time).toBeGreaterThanOrEqual(nominal[i]!);
      expect(time).toBeLessThan(nominal[i]! + 60_000);
    }
    expect(new Set(taken.map((time) => time % 60_000)).size).toBeGreaterThan(90);
    expect(spec.jittered(nominal[0]!, 'other')).not.toBe(taken[0]);
  });

  it('what comes seldom, or never, is sought once, however many times are asked for', () => {
    // Each would be sought in every February until 2100, for each of the times: hours, of one request.
    const never = { dayOfMonth: [{ start: 30 }], month: [{ start: 2 }] };
    const structuredCalendar = Array.from({ length: 900 }, () => never);
    const excludeStructuredCalendar = structuredCalendar.slice(0, 99);
    const interval = [{ interval: '60s' }];
    const spec = specOf({ structuredCalendar, excludeStructuredCalendar, interval });
    const from = at('2026-01-01T00:00:00Z');
    const times = [...spec.between(from, Number.POSITIVE_INFINITY, 10_000)];
    expect(times.at(-1)).toBe(from + 10_000 * 60_000);
    // Whoever asks for an earlier time gets that.
    expect(spec.next(from)).toBe(from + 60_000);
  });

  it('what never comes is said to', () => {
    expect(specOf(cron('0 0 30 2 *')).next(0)).toBeUndefined();
    expect(specOf(cron('0 0 1 1 * 2020')).next(at('2026-01-01T00:00:00Z'))).toBeUndefined();
    expect(specOf({}).empty).toBe(true);
  });

  it.each([
    [cron('0 0 * *'), 'cronString: expected five to seven fields, found 4: "0 0 * *"'],
    [cron('61 * * * *'), 'cronString: minute: cannot be "61" (values are 0 to 59)'],
    [cron('@every 99999999999h'), 'cronString: @every: not a duration'],
    [cron('@every 1h/99999999999d'), 'cronString: @every: not a duration'],
    [cron('@fortnightly'), 'cronString: unknown shorthand @fortnightly'],
    [cron('* * * * *', 'Mars/Olympus'), 'spec: unknown time zone Mars/Olympus'],
    [cron('CRON_TZ=UTC * * * * *', 'Asia/Tokyo'), 'spec: more than one time zone: Asia/Tokyo, UTC'],
    [{ interval: [{ interval: '0.5s' }] }, 'interval: must be at least one second'],
    [
      { interval: [{ interval: '5s', phase: '5s' }] },
      'interval: the phase must be shorter than the interval',
    ],
    [
      { structuredCalendar: [{ hour: [{ start: 24 }] }] },
      'structuredCalendar: hour: 24 to 0 by 0; values are 0 to 23',
    ],
  ])('%j is refused: %s', (spec, message) => {
    expect(() => plainSpec(spec)).toThrow(message);
  });
});

/** Days of 2026 around which a zone changes its clock, and one in between. */
function interesting(zone: string): number[] {
  const days: number[] = [at('2026-06-15T00:00:00Z')];
  for (let day = at('2026-01-01T00:00:00Z'); day < at('2027-01-01T00:00:00Z'); day += DAY)
    if (offsetAt(zone, day) !== offsetAt(zone, day + DAY)) days.push(day);
  return days;
}

const some = (min: number, max: number) =>
  fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 6 });
const mostly = (min: number, max: number) => fc.oneof(fc.constant(undefined), some(min, max));

describe('against every minute asked one by one', () => {
  it.each(ZONES)('in %s', (zone) => {
    const days = interesting(zone);
    const model = fc.record({
      minute: some(0, 59),
      hour: some(0, 23),
      day: mostly(1, 31),
      weekday: mostly(0, 6),
      last: fc.boolean(),
      start: fc.constantFrom(...days),
      off: fc.integer({ min: -2 * DAY, max: DAY }),
    });
    fc.assert(
      fc.property(model, ({ minute, hour, day, weekday, last, start, off }) => {
        const from = start + off;
        const to = from + 3 * DAY;
        const ranges = (values: number[] | undefined) => values?.map((n) => ({ start: n, end: n, step: 1 }));
        const dayOfMonth = [...(ranges(day) ?? []), ...(last && day ? [{ start: -1 }] : [])];
        const spec = specOf({
          structuredCalendar: [
            {
              minute: ranges(minute)!,
              hour: ranges(hour)!,
              ...(day && { dayOfMonth }),
              ...(weekday && { dayOfWeek: ranges(weekday)! }),
            },
          ],
          timezoneName: zone,
        });
        const expected = minutesThat(
          (wall) =>
            minute.includes(wall.minute) &&
            hour.includes(wall.hour) &&
            (!weekday || weekday.includes(wall.weekday)) &&
            (!day || day.includes(wall.day) || (last && wall.day === wall.lastDay)),
          zone,
          from,
          to,
        );
        expect([...spec.between(from, to)]).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

/** Days of other years around which a zone changes its clock: other rules, other offsets, a day that was skipped. */
function longAgoAndToCome(zone: string): number[] {
  const days: number[] = [at('2000-02-28T00:00:00Z'), at('2100-12-27T00:00:00Z')];
  for (const year of [2003, 2007, 2011, 2018, 2019, 2029, 2037])
    for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += DAY)
      if (offsetAt(zone, day) !== offsetAt(zone, day + DAY)) days.push(day);
  return days;
}

/** A range as a field of a calendar has it, and the values that it stands for. */
interface Range {
  start: number;
  end: number;
  step: number;
}
const ranges = (min: number, max: number) =>
  fc.array(
    fc
      .record({
        a: fc.integer({ min, max }),
        b: fc.integer({ min, max }),
        step: fc.constantFrom(1, 1, 2, 5, 15),
      })
      .map(({ a, b, step }): Range => ({ start: Math.min(a, b), end: Math.max(a, b), step })),
    { minLength: 1, maxLength: 2 },
  );
const within = (value: number, given: Range[] | undefined): boolean =>
  !given ||
  given.some(({ start, end, step }) => value >= start && value <= end && (value - start) % step === 0);
const sometimes = (min: number, max: number) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: ranges(min, max) });

interface CalendarModel {
  minute: Range[];
  hour: Range[];
  day?: Range[] | undefined;
  month?: Range[] | undefined;
  weekday?: Range[] | undefined;
  year?: Range[] | undefined;
}
const calendars: fc.Arbitrary<CalendarModel> = fc.record({
  minute: ranges(0, 59),
  hour: ranges(0, 23),
  day: sometimes(1, 31),
  month: sometimes(1, 12),
  weekday: sometimes(0, 6),
  year: sometimes(2000, 2100),
});
const names = (model: CalendarModel, wall: Wall): boolean =>
  within(wall.minute, model.minute) &&
  within(wall.hour, model.hour) &&
  within(wall.day, model.day) &&
  within(wall.month, model.month) &&
  within(wall.weekday, model.weekday) &&
  within(wall.year, model.year);

const structured = ({ minute, hour, day, month, weekday, year }: CalendarModel): StructuredCalendarJson => ({
  minute,
  hour,
  ...(day && { dayOfMonth: day }),
  ...(month && { month }),
  ...(weekday && { dayOfWeek: weekday }),
  ...(year && { year }),
});
/** As a cron string of six fields. */
function cronOf({ minute, hour, day, month, weekday, year }: CalendarModel): string {
  const field = (given: Range[] | undefined): string =>
    given?.map(({ start, end, step }) => `${start}-${end}${step > 1 ? `/${step}` : ''}`).join(',') ?? '*';
  return [minute, hour, day, month, weekday, year].map(field).join(' ');
}

describe('a whole spec, against every minute asked one by one', () => {
  it.each(ZONES)('in %s', (zone) => {
    const model = fc.record({
      calendars: fc.array(calendars, { maxLength: 2 }),
      crons: fc.array(calendars, { maxLength: 1 }),
      intervals: fc.array(
        fc.record({ every: fc.constantFrom(7, 60, 97, 1_440), phase: fc.integer({ min: 0, max: 6 }) }),
        { maxLength: 2 },
      ),
      excluded: fc.array(calendars, { maxLength: 1 }),
      day: fc.constantFrom(...longAgoAndToCome(zone), ...interesting(zone)),
      off: fc.integer({ min: -30, max: 20 }),
      start: fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined }),
      end: fc.option(fc.integer({ min: 600, max: 2_880 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(model, ({ calendars, crons, intervals, excluded, day, off, start, end }) => {
        const from = day + off * 3_600_000;
        const to = from + 2 * DAY;
        const seconds = (minutes: number): string => `${minutes * 60}s`;
        const [startTime, endTime] = [start, end].map((minutes) =>
          minutes === undefined ? undefined : from + minutes * 60_000,
        );
        const spec = specOf({
          structuredCalendar: calendars.map(structured),
          cronString: crons.map(cronOf),
          interval: intervals.map(({ every, phase }) => ({
            interval: seconds(every),
            phase: seconds(phase),
          })),
          excludeStructuredCalendar: excluded.map(structured),
          timezoneName: zone,
          ...(startTime !== undefined && { startTime: new Date(startTime).toISOString() }),
          ...(endTime !== undefined && { endTime: new Date(endTime).toISOString() }),
        });
        const expected = minutesThat(
          (wall, time) =>
            ([...calendars, ...crons].some((calendar) => names(calendar, wall)) ||
              intervals.some(({ every, phase }) => (time / 60_000 - phase) % every === 0)) &&
            !excluded.some((calendar) => names(calendar, wall)) &&
            (startTime === undefined || time >= startTime) &&
            (endTime === undefined || time <= endTime),
          zone,
          from,
          to,
        );
        expect([...spec.between(from, to)]).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
});
