/**
 * Rows go home: after the number of shards has grown, each shard goes through its rows, sends those whose home is now
 * another to it, and deletes them here when they stand there. A row is at one of the two at any moment, or at both, so
 * that a crash loses none; where it is sent twice, the older one is ignored.
 *
 * A shard goes through its rows until it finds none that is not at home, and once more when nobody can still be writing by
 * an older map: then its moving is over. That is also how it heals what a failure, or an engine that was rolled back, has
 * left behind.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import { copied, type RowKey, type RowTransfer } from './row-transfer.ts';
import type { ScheduleRows } from './schedule-store.ts';
import type { ShardPlace } from './shard-rows.ts';

/** Rows that are looked at, at once. */
const LOOKED_AT = 1_000;
/** Rows that move at once, at most. */
const MOVED = 250;
/** So many such steps belong to one alarm, so that it stays within the platform's bounds. */
const STEPS = 10;
/** After a deployment, objects and isolates of the former one live on for minutes. */
const SETTLED_MS = 10 * 60_000;
const PAUSE_MS = 60_000;
/** While the variable says that there was another number. */
const AGAIN_MS = 24 * 3_600_000;

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS moving (one INTEGER PRIMARY KEY CHECK (one = 1), mark TEXT NOT NULL)';

/** How far the shard has come. */
interface Mark {
  /** By which map. */
  counts: readonly number[];
  /** The largest number of shards that it has known. */
  largest: number;
  /** From when on everybody goes by this map. */
  settled: EpochMs;
  /** Were all rows at home when all were looked at last, and settled? */
  over: boolean;
  /** When to go on; `null`: not any more. */
  next: EpochMs | null;
  /** Under way. */
  pass?: { began: EpochMs; found: number; runs?: RowKey; schedules?: string };
}

/** The rows of a shard. */
export interface MovedRows {
  transfer: RowTransfer;
  schedules: ScheduleRows;
  isEmpty(): boolean;
}

export class Moving {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #place: ShardPlace;
  readonly #rows: MovedRows;
  #stored: { mark: Mark | undefined } | undefined;
  #working = false;

  constructor(sql: Sql, place: ShardPlace, rows: MovedRows) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'moving');
    this.#place = place;
    this.#rows = rows;
  }

  /** How many shards there were when there were more than the engine knows of: then rows are where nobody looks. */
  get shrunkFrom(): number | undefined {
    const largest = this.#mark?.largest ?? 0;
    return largest > this.#place.map.size ? largest : undefined;
  }

  /** May there be rows here whose home is another shard? */
  get isOver(): boolean {
    if (this.#isIdle) return true;
    return this.#isKnown ? this.#mark!.over : !this.#mark && !this.#place.map.grows;
  }

  /** When there is something to do; `undefined`: cron will do. */
  nextStep(): EpochMs | undefined {
    if (this.shrunkFrom !== undefined || this.#isIdle) return undefined;
    // Who works says at its end when to go on: an alarm before that would find nothing to do, and be set again at once.
    if (this.#working) return this.#place.now() + PAUSE_MS;
    if (this.#isKnown) return this.#mark!.next ?? undefined;
    return this.#mark || this.#place.map.grows ? this.#place.now() : undefined;
  }

  /** Goes on, for a while. What fails is tried again a little later: runs must be looked after all the same. */
  async work(): Promise<void> {
    if (this.#working || this.shrunkFrom !== undefined || this.#isIdle) return;
    this.#working = true;
    try {
      if (!this.#isKnown) this.#begin();
      const { next } = this.#mark!;
      if (next === null || next > this.#place.now()) return;
      for (let step = 0; step < STEPS; step++) if (await this.#step()) return;
    } catch (error) {
      this.#place.failed(this.#place.number, error);
      if (this.#mark) this.#stored = { mark: { ...this.#mark, next: this.#place.now() + PAUSE_MS } };
    } finally {
      this.#working = false;
    }
  }

  isAway(id: string): boolean {
    const { map, number } = this.#place;
    // One that its own map does not know has the map of before: during a deployment it would send back what it is sent.
    return this.shrunkFrom === undefined && number < map.size && map.home(id) !== number;
  }

  /** Sends rows to their homes. What cannot go stays. */
  async sendHome(keys: readonly RowKey[]): Promise<void> {
    const byHome = Map.groupBy(keys, ({ workflowId }) => this.#place.map.home(workflowId));
    await Promise.all([...byHome].map(([home, own]) => this.#send(home, own)));
  }

  async #send(home: number, keys: readonly RowKey[]): Promise<void> {
    try {
      for (let rest = keys; rest.length > 0; ) {
        const { rows, done } = this.#rows.transfer.copy(rest);
        if (rows.length > 0) await this.#place.peer(home).receive(rows);
        this.#rows.transfer.drop(rows.map(copied));
        rest = rest.slice(done);
      }
    } catch (error) {
      this.#place.failed(home, error);
    }
  }

  /** Answers whether the pass is over. */
  async #step(): Promise<boolean> {
    const mark = this.#mark!;
    const now = this.#place.now();
    const pass = mark.pass ?? { began: now, found: 0 };
    if (pass.schedules === undefined) {
      const keys = this.#rows.transfer.keys(pass.runs, LOOKED_AT);
      const away = keys.filter(({ workflowId }) => this.isAway(workflowId));
      const moved = away.slice(0, MOVED);
      await this.sendHome(moved);
      pass.found += moved.length;
      const last = moved.length < away.length ? moved.at(-1)! : keys.at(-1);
      if (moved.length === away.length && keys.length < LOOKED_AT) pass.schedules = '';
      else if (last) pass.runs = last;
    } else if (await this.#sendSchedules(pass, pass.schedules)) {
      this.#write(this.#ended(mark, pass));
      return true;
    }
    this.#write({ ...mark, next: now, pass });
    return false;
  }

  /** Answers whether these were the last ones. */
  async #sendSchedules(pass: NonNullable<Mark['pass']>, after: string): Promise<boolean> {
    const { map, peer, failed } = this.#place;
    const records = this.#rows.schedules.records(after, LOOKED_AT);
    const away = records.filter(({ entry }) => this.isAway(entry.scheduleId));
    for (const [home, own] of Map.groupBy(away, ({ entry }) => map.home(entry.scheduleId))) {
      try {
        await peer(home).receiveSchedules(own);
        this.#rows.schedules.drop(own);
      } catch (error) {
        failed(home, error);
      }
    }
    pass.found += away.length;
    pass.schedules = records.at(-1)?.entry.scheduleId ?? after;
    return records.length < LOOKED_AT;
  }

  #ended({ pass: _, ...mark }: Mark, { began, found }: NonNullable<Mark['pass']>): Mark {
    const now = this.#place.now();
    const over = found === 0 && began >= mark.settled;
    if (!over) return { ...mark, over, next: Math.max(mark.settled, now + PAUSE_MS) };
    return { ...mark, over, next: this.#place.map.grows ? now + AGAIN_MS : null };
  }

  #begin(): void {
    const { map, now } = this.#place;
    const before = this.#mark;
    const unsettled = before !== undefined || map.grows;
    this.#write({
      counts: map.counts,
      largest: Math.max(map.size, before?.largest ?? 0),
      settled: now() + (unsettled ? SETTLED_MS : 0),
      over: false,
      next: now(),
    });
  }

  /** Nothing was ever written here, and nothing needs to be. */
  get #isIdle(): boolean {
    return !this.#place.map.grows && this.#rows.isEmpty();
  }

  /** Does the mark go by the map of today? */
  get #isKnown(): boolean {
    return this.#mark !== undefined && String(this.#mark.counts) === String(this.#place.map.counts);
  }

  get #mark(): Mark | undefined {
    this.#stored ??= { mark: this.#read() };
    return this.#stored.mark;
  }

  #read(): Mark | undefined {
    if (!this.#schema.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT mark FROM moving')];
    return row && (JSON.parse(row.mark as string) as Mark);
  }

  /** In memory first: a shard that is full cannot write it, and makes room by what it sends away. */
  #write(mark: Mark): void {
    this.#stored = { mark };
    this.#schema.create();
    [...this.#sql.exec('INSERT OR REPLACE INTO moving (one, mark) VALUES (1, ?)', JSON.stringify(mark))];
  }
}
