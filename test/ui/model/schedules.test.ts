import { describe, expect, it } from 'vitest';
import { calendarText, specLines, specNotes } from '../../../src/ui/schedules/spec-text.ts';

describe('when a schedule acts, in words', () => {
  it('calendars name time, days and months', () => {
    expect(calendarText({ hour: [{ start: 9 }], minute: [{ start: 30 }] })).toBe('every day at 09:30');
    expect(calendarText({ hour: [{ start: 9 }], dayOfWeek: [{ start: 1, end: 5 }] })).toBe(
      'at 09:00 on Monday–Friday',
    );
    expect(calendarText({ dayOfMonth: [{ start: -1 }], month: [{ start: 1, end: 12 }] })).toBe(
      'at 00:00 on day last day',
    );
    expect(calendarText({ hour: [{ start: 0, end: 23, step: 2 }], comment: 'often' })).toBe(
      'at hour 00–23 every 2, minute 00 (often)',
    );
    expect(calendarText({ month: [{ start: 12 }], year: [{ start: 2027 }] })).toBe(
      'at 00:00 in December of 2027',
    );
  });

  it('every way of naming times has its line', () => {
    const spec = {
      structuredCalendar: [{ hour: [{ start: 9 }] }],
      calendar: [{ hour: '9', dayOfWeek: 'MON' }],
      cronString: ['0 9 * * MON-FRI'],
      interval: [{ interval: '3600s', phase: '300s' }],
      timezoneName: 'Europe/Berlin',
      jitter: '30s',
    };
    expect(specLines(spec)).toEqual([
      'Every day at 09:00',
      'Hour 9, dayOfWeek MON',
      '0 9 * * MON-FRI',
      'Every 1h, 5m later',
    ]);
    expect(specNotes(spec)).toEqual(['Time zone Europe/Berlin', 'up to 30s later, by jitter']);
    expect(specNotes(undefined)).toEqual(['Time zone UTC']);
  });
});
