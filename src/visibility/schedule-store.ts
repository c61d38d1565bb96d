/** The SQL of a visibility shard for schedules: one table of its own, versioned upserts, pages by id. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { ScheduleListEntry, ScheduleRecord } from '../../sdk/common/schedule.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import type { ScheduleFilter } from './schedule-filter.ts';

/** How long after its time a schedule may stay silent before it is poked. */
const GRACE_MS = 60_000;
const BATCH = 100;
/** So long a row that was on its way when its schedule was deleted is known for one. */
const DELETED_FOR_MS = 24 * 3_600_000;

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS schedules (
     schedule_id TEXT PRIMARY KEY, version INTEGER NOT NULL, next_wake INTEGER, entry TEXT NOT NULL) WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS schedules_by_wake ON schedules (next_wake) WHERE next_wake IS NOT NULL',
];

const DELETED = `CREATE TABLE IF NOT EXISTS deleted_schedules (
  schedule_id TEXT PRIMARY KEY, version INTEGER NOT NULL, time INTEGER NOT NULL) WITHOUT ROWID`;

export class ScheduleRows {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #deleted: LazySchema;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, SCHEMA, 'schedules_by_wake');
    this.#deleted = new LazySchema(sql, [DELETED], 'deleted_schedules');
  }

  /**
   * Writes the row unless it already holds this version or a newer one.
   * @returns the version at which the schedule was deleted, where that refuses the row: it comes late, or is of a new schedule
   * of that id whose clock goes behind the old one's
   */
  record({ version, entry, deleted, nextWake }: ScheduleRecord, now: EpochMs): number | undefined {
    this.#schema.create();
    if (deleted) return this.#delete(entry.scheduleId, version, now);
    const deletion = this.#deletedAt(entry.scheduleId);
    if (deletion !== undefined && deletion >= version) return deletion;
    const upsert = `INSERT INTO schedules (schedule_id, version, next_wake, entry) VALUES (?, ?, ?, ?)
      ON CONFLICT (schedule_id) DO UPDATE SET version = excluded.version, next_wake = excluded.next_wake,
        entry = excluded.entry WHERE excluded.version > schedules.version`;
    [...this.#sql.exec(upsert, entry.scheduleId, version, nextWake ?? null, JSON.stringify(entry))];
    return undefined;
  }

  /** The row goes, and older ones of it that are still on their way are not taken. */
  #delete(scheduleId: string, version: number, now: EpochMs): undefined {
    this.#deleted.create();
    const remember = `INSERT INTO deleted_schedules VALUES (?, ?, ?) ON CONFLICT (schedule_id)
      DO UPDATE SET version = max(version, excluded.version), time = excluded.time`;
    [...this.#sql.exec(remember, scheduleId, version, now)];
    [...this.#sql.exec('DELETE FROM schedules WHERE schedule_id = ? AND version <= ?', scheduleId, version)];
  }

  #deletedAt(scheduleId: string): number | undefined {
    if (!this.#deleted.created) return undefined;
    const sql = 'SELECT version FROM deleted_schedules WHERE schedule_id = ?';
    return [...this.#sql.exec(sql, scheduleId)][0]?.version as number | undefined;
  }

  /** Was there ever a row? */
  get created(): boolean {
    return this.#schema.created;
  }

  /** Of all schedules and deletions, in their order, behind `after`: as they are recorded elsewhere. */
  records(after: string, limit: number): ScheduleRecord[] {
    const sources = [
      ...(this.#schema.created ? ['SELECT schedule_id, version, next_wake, entry FROM schedules'] : []),
      ...(this.#deleted.created ? ['SELECT schedule_id, version, NULL, NULL FROM deleted_schedules'] : []),
    ];
    if (sources.length === 0) return [];
    const sql = `SELECT * FROM (${sources.join(' UNION ALL ')}) WHERE schedule_id > ? ORDER BY schedule_id LIMIT ?`;
    return [...this.#sql.exec(sql, after, limit)].map(recordOf);
  }

  /** The schedule and its deletions: as they are recorded elsewhere. */
  recordsOf(scheduleId: string): ScheduleRecord[] {
    const of = (created: boolean, columns: string): ScheduleRecord[] =>
      created ? [...this.#sql.exec(`SELECT ${columns} WHERE schedule_id = ?`, scheduleId)].map(recordOf) : [];
    return [
      ...of(this.#deleted.created, 'schedule_id, version, NULL AS entry FROM deleted_schedules'),
      ...of(this.#schema.created, 'schedule_id, version, next_wake, entry FROM schedules'),
    ];
  }

  /** What now stands elsewhere, unless it has been recorded again since. */
  drop(records: readonly ScheduleRecord[]): void {
    for (const { entry, version, deleted } of records) {
      const table = deleted ? 'deleted_schedules' : 'schedules';
      const sql = `DELETE FROM ${table} WHERE schedule_id = ? AND version <= ?`;
      [...this.#sql.exec(sql, entry.scheduleId, version)];
    }
  }

  /** Those who may send a row late have had their time. */
  pruneDeleted(now: EpochMs): void {
    if (this.#deleted.created)
      [...this.#sql.exec('DELETE FROM deleted_schedules WHERE time < ?', now - DELETED_FOR_MS)];
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
      if (filter(entry)) found.push(entry);
      if (found.length > limit) break;
    }
    return found;
  }

  count(filter: ScheduleFilter): number {
    let count = 0;
    for (const entry of this.#entries('')) if (filter(entry)) count++;
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

/** A deletion has no entry but the id. */
function recordOf(row: Record<string, unknown>): ScheduleRecord {
  const { schedule_id: scheduleId, version, next_wake: nextWake, entry } = row;
  const text = (entry ?? JSON.stringify({ scheduleId })) as string;
  return {
    version: version as number,
    entry: JSON.parse(text) as ScheduleListEntry,
    ...(!entry && { deleted: true }),
    ...(typeof nextWake === 'number' && { nextWake }),
  };
}
