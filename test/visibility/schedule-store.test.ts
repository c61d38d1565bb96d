import { describe, expect, it } from 'vitest';
import type { ScheduleRecord } from '../../sdk/common/schedule.ts';
import { ScheduleRows } from '../../src/visibility/schedule-store.ts';
import { memorySql } from './sqlite.ts';

const DAY = 24 * 3_600_000;
const row = (version: number, more: Partial<ScheduleRecord> = {}): ScheduleRecord => ({
  version,
  entry: { scheduleId: 's', info: { futureActionTimes: [`v${version}`] } } as ScheduleRecord['entry'],
  ...more,
});
const listed = (rows: ScheduleRows) =>
  rows.list(() => true, 10, '').map(({ info }) => info.futureActionTimes![0]);

describe('the list of schedules', () => {
  it('does not take a row that was on its way when its schedule was deleted', () => {
    const rows = new ScheduleRows(memorySql());
    rows.record(row(5), 0);
    expect(rows.record(row(7, { deleted: true }), 0)).toBeUndefined();
    expect(rows.record(row(6), 1)).toBe(7);
    expect(rows.record(row(7), 1)).toBe(7);
    expect(listed(rows)).toEqual([]);
    expect(rows.overdue(DAY)).toEqual([]);
  });

  it('shows a schedule that was created again, and keeps it when its deletion before is told once more', () => {
    const rows = new ScheduleRows(memorySql());
    rows.record(row(7, { deleted: true }), 0);
    expect(rows.record(row(8), 0)).toBeUndefined();
    rows.record(row(7, { deleted: true }), 1);
    rows.record(row(3, { deleted: true }), 1);
    expect(listed(rows)).toEqual(['v8']);
    expect(rows.record(row(6), 2)).toBe(7);
    expect(listed(rows)).toEqual(['v8']);
  });

  it('forgets a deletion after a day', () => {
    const rows = new ScheduleRows(memorySql());
    rows.record(row(7, { deleted: true }), 0);
    rows.pruneDeleted(DAY);
    expect(rows.record(row(6), DAY)).toBe(7);
    rows.pruneDeleted(DAY + 1);
    expect(rows.record(row(6), DAY + 1)).toBeUndefined();
    expect(listed(rows)).toEqual(['v6']);
  });
});
