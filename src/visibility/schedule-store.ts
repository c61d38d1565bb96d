/** The SQL of a visibility shard for schedules: one table of its own, versioned upserts, pages by id. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { ScheduleListEntry, ScheduleRecord } from '../../sdk/common/schedule.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import { matchesSchedule, type ScheduleFilter } from './schedule-filter.ts';

/** How long after its time a schedule may stay silent before it is poked. */
const GRACE_MS = 60_000;
const BATCH = 100;

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS schedules (
     schedule_id TEXT PRIMARY KEY, version INTEGER NOT NULL, next_wake INTEGER, entry TEXT NOT NULL) WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS schedules_by_wake ON schedules (next_wake) WHERE next_wake IS NOT NULL',
];

export class ScheduleRows {
  readonly #sql: Sql;
  readonly #schema: LazySchema;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, SCHEMA, 'schedules_by_wake');
  }

  /** Writes the row unless it already holds this version or a newer one. */
  record({ version, entry, deleted, nextWake }: ScheduleRecord): void {
    this.#schema.create();
    if (deleted) {
      const gone = 'DELETE FROM schedules WHERE schedule_id = ? AND version <= ?';
      [...this.#sql.exec(gone, entry.scheduleId, version)];
      return;
    }
    const upsert = `INSERT INTO schedules (schedule_id, version, next_wake, entry) VALUES (?, ?, ?, ?)
      ON CONFLICT (schedule_id) DO UPDATE SET version = excluded.version, next_wake = excluded.next_wake,
        entry = excluded.entry WHERE excluded.version > schedules.version`;
    [...this.#sql.exec(upsert, entry.scheduleId, version, nextWake ?? null, JSON.stringify(entry))];
  }

  /** In their order. */
  ids(after: string, limit: number): string[] {
    if (!this.#schema.created) return [];
    const sql = 'SELECT schedule_id FROM schedules WHERE schedule_id > ? ORDER BY schedule_id LIMIT ?';
    return [...this.#sql.exec(sql, after, limit)].map((row) => row.schedule_id as string);
  }

  /** By id, after `after`; one row more than `limit` where there is one. */
  list(filter: ScheduleFilter, limit: number, after: string): ScheduleListEntry[] {
    const found: ScheduleListEntry[] = [];
    for (const entry of this.#entries(after)) {
      if (matchesSchedule(filter, entry)) found.push(entry);
      if (found.length > limit) break;
    }
    return found;
  }

  count(filter: ScheduleFilter): number {
    let count = 0;
    for (const entry of this.#entries('')) if (matchesSchedule(filter, entry)) count++;
    return count;
  }

  /** Schedules whose time has passed without a word of them; each is poked, and looked at again after the grace. */
  overdue(now: EpochMs): string[] {
    if (!this.#schema.created) return [];
    const sql = `UPDATE schedules SET next_wake = ? WHERE schedule_id IN
      (SELECT schedule_id FROM schedules WHERE next_wake <= ? ORDER BY next_wake LIMIT ${BATCH}) RETURNING schedule_id`;
    return [...this.#sql.exec(sql, now, now - GRACE_MS)].map((row) => row.schedule_id as string);
  }

  *#entries(after: string): Iterable<ScheduleListEntry> {
    if (!this.#schema.created) return;
    const sql = 'SELECT entry FROM schedules WHERE schedule_id > ? ORDER BY schedule_id';
    for (const row of this.#sql.exec(sql, after)) yield JSON.parse(row.entry as string) as ScheduleListEntry;
  }
}
