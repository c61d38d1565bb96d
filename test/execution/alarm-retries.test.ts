import { describe, expect, it } from 'vitest';
import { AlarmRetries } from '../../src/execution/alarm-retries.ts';
import { corrupt } from '../../src/execution/seal.ts';
import type { Measures } from '../../src/observability/measures.ts';

const HOUR = 3_600_000;

describe('an alarm that failed', () => {
  it('comes again, later each time and never later than in a minute, until it succeeds', () => {
    const retries = new AlarmRetries(undefined);
    const full = new Error('SQLITE_FULL');
    const pauses = Array.from({ length: 6 }, () => retries.failed(full) / 1_000);
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60]);
    retries.succeeded();
    expect(retries.failed(full)).toBe(5_000);
  });

  it('of a workflow that is corrupt comes again in an hour, and is told apart where it is counted', () => {
    const counted: string[] = [];
    const count: Measures['count'] = (name, labels) => void counted.push(`${name} ${labels}`);
    const retries = new AlarmRetries({ count, observe: () => undefined });
    expect(retries.failed(corrupt('log row 7', 'it is missing'))).toBe(HOUR);
    expect(retries.failed(new Error('lost'))).toBe(5_000);
    expect(counted).toEqual(['perdure_alarm_failures_total corrupt', 'perdure_alarm_failures_total failed']);
  });
});
