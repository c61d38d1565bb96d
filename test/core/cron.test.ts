import { describe, expect, it } from 'vitest';
import { checkCronSchedule, nextCronTime } from '../../src/core/cron.ts';
import { refusedWith } from './harness.ts';

/** The next times after a moment, as ISO text. */
function times(schedule: string, after: string, count: number): string[] {
  const anchor = Date.parse(after);
  let time: number | undefined = anchor;
  return Array.from({ length: count }, () => {
    time = nextCronTime(schedule, anchor, time!);
    return new Date(time!).toISOString().replace(':00.000Z', 'Z');
  });
}

describe('a cron schedule', () => {
  it.each([
    ['* * * * *', '2026-11-02T10:00:30Z', ['2026-11-02T10:01Z', '2026-11-02T10:02Z']],
    ['*/15 * * * *', '2026-11-02T10:46:00Z', ['2026-11-02T11:00Z', '2026-11-02T11:15Z']],
    [
      '0 9-17/4 * * *',
      '2026-11-02T10:00:00Z',
      ['2026-11-02T13:00Z', '2026-11-02T17:00Z', '2026-11-03T09:00Z'],
    ],
    ['5,35 8 * * MON-FRI', '2026-11-06T08:05:00Z', ['2026-11-06T08:35Z', '2026-11-09T08:05Z']],
    ['0 0 1 JAN,jul *', '2026-11-02T00:00:00Z', ['2027-01-01T00:00Z', '2027-07-01T00:00Z']],
    ['0 12 31 * *', '2026-11-02T00:00:00Z', ['2026-12-31T12:00Z', '2027-01-31T12:00Z', '2027-03-31T12:00Z']],
    ['0 0 29 2 *', '2026-11-02T00:00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['0 0 * * 7', '2026-11-02T00:00:00Z', ['2026-11-08T00:00Z', '2026-11-15T00:00Z']],
    ['0 0 ? * 0', '2026-11-02T00:00:00Z', ['2026-11-08T00:00Z']],
    // Either day field is enough.
    ['0 0 13 * 5', '2026-11-02T00:00:00Z', ['2026-11-06T00:00Z', '2026-11-13T00:00Z', '2026-11-20T00:00Z']],
    ['7/20 0 * * *', '2026-11-02T00:00:00Z', ['2026-11-02T00:07Z', '2026-11-02T00:27Z', '2026-11-02T00:47Z']],
    ['@hourly', '2026-11-02T10:30:00Z', ['2026-11-02T11:00Z', '2026-11-02T12:00Z']],
    ['@daily', '2026-11-02T10:30:00Z', ['2026-11-03T00:00Z']],
    ['@midnight', '2026-11-02T10:30:00Z', ['2026-11-03T00:00Z']],
    ['@weekly', '2026-11-02T10:30:00Z', ['2026-11-08T00:00Z']],
    ['@monthly', '2026-11-02T10:30:00Z', ['2026-12-01T00:00Z']],
    ['@yearly', '2026-11-02T10:30:00Z', ['2027-01-01T00:00Z']],
    ['@every 1h30m', '2026-11-02T10:00:00Z', ['2026-11-02T11:30Z', '2026-11-02T13:00Z']],
    [
      'CRON_TZ=America/New_York 0 9 * * *',
      '2026-11-02T00:00:00Z',
      ['2026-11-02T14:00Z', '2026-11-03T14:00Z'],
    ],
    ['TZ=Asia/Kolkata 30 0 * * *', '2026-11-02T00:00:00Z', ['2026-11-02T19:00Z']],
    ['CRON_TZ=Pacific/Kiritimati 0 0 1 * *', '2026-10-31T00:00:00Z', ['2026-10-31T10:00Z']],
  ])('%s after %s comes at %j', (schedule, after, expected) => {
    expect(times(schedule, after, expected.length)).toEqual(expected);
  });

  it('passes over a time that the clock skips', () => {
    expect(times('CRON_TZ=America/New_York 30 2 * * *', '2026-03-07T12:00:00Z', 1)).toEqual([
      '2026-03-09T06:30Z',
    ]);
  });

  it('comes twice at a time that the clock shows twice', () => {
    expect(times('CRON_TZ=America/New_York 30 1 1 11 *', '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T05:30Z',
      '2026-11-01T06:30Z',
    ]);
  });

  it('goes through every hour of a day on which the clock is set back, in order', () => {
    const hours = times('CRON_TZ=America/New_York 0 * * * *', '2026-11-01T04:00:00Z', 4);
    expect(hours).toEqual([
      '2026-11-01T05:00Z',
      '2026-11-01T06:00Z',
      '2026-11-01T07:00Z',
      '2026-11-01T08:00Z',
    ]);
  });

  it('that counts from an anchor keeps its rhythm however late it is asked', () => {
    expect(nextCronTime('@every 10s', 5_000, 61_000)).toBe(65_000);
    expect(nextCronTime('@every 10s', 5_000, 65_000)).toBe(75_000);
  });

  it.each([
    ['* * * *', 'five fields'],
    ['60 * * * *', 'minute'],
    ['* 24 * * *', 'hour'],
    ['* * 0 * *', 'day of month'],
    ['* * * 13 *', 'month'],
    ['* * * FOO *', 'month'],
    ['* * * * 8', 'day of week'],
    ['*/0 * * * *', 'minute'],
    ['5-1 * * * *', 'minute'],
    ['1-2-3 * * * *', 'minute'],
    ['1/2/3 * * * *', 'minute'],
    [', * * * *', 'minute'],
    ['@every soon', '@every'],
    ['@every 99999999999h', '@every: not a duration'],
    ['@every 2d', '@every: not a duration'],
    ['@sometimes', '@sometimes'],
    ['CRON_TZ=Mars/Olympus * * * * *', 'Mars/Olympus'],
    ['0 0 30 2 *', 'never comes'],
  ])('%s is refused, saying what is wrong', (schedule, problem) => {
    const refusal = refusedWith(() => checkCronSchedule('cronSchedule', schedule));
    expect(refusal.code).toBe('INVALID_ARGUMENT');
    expect(refusal.message).toContain('cronSchedule: ');
    expect(refusal.message).toContain(problem);
  });

  it('that is empty is none', () => {
    expect(() => checkCronSchedule('cronSchedule', '')).not.toThrow();
    expect(() => checkCronSchedule('cronSchedule', undefined)).not.toThrow();
  });
});
