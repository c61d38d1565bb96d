/**
 * How many runs were started and closed, from the rows of a shard themselves: nothing is written to know it, and a crash
 * can lose none. Read in one pass when somebody asks first, then kept up with every row that is written. What removed
 * rows had counted is kept, so that the sums never shrink.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import {
  type Distribution,
  MAX_SERIES,
  newDistribution,
  OTHER,
  observe,
  RUN_BUCKETS,
  type Sample,
  sumOf,
} from './families.ts';

/** What a row counts as. */
export interface RunFacts {
  type: string;
  taskQueue: string;
  open: boolean;
  /** `Completed`, …; of an open one no matter. */
  status: string;
  /** From start to close; of an open one no matter. */
  durationMs: number;
  /** Tasks that are with no Worker. */
  backlog: Backlog;
}
/** Rows that differ in their durations alone. */
export interface RunGroup extends Pick<RunFacts, 'type' | 'taskQueue' | 'open' | 'status'> {
  count: number;
  durations: Distribution;
}
/** All rows that there are, as SQL adds them up. */
export interface RunRows {
  groups(): Iterable<RunGroup>;
  backlogs(): Iterable<Backlog>;
}
export type Backlog = ReadonlyArray<
  readonly [taskQueue: string, kind: string, count: number, since?: EpochMs]
>;

/** Of one workflow type on one task queue. */
interface Tally {
  starts: number;
  open: number;
  closes: Record<string, number>;
  duration: Distribution;
}

const DURATION = 'perdure_workflow_duration_seconds';
const REMOVED =
  'CREATE TABLE IF NOT EXISTS removed_runs (series TEXT PRIMARY KEY, tally TEXT NOT NULL) WITHOUT ROWID';
const newTally = (): Tally => ({ starts: 0, open: 0, closes: {}, duration: newDistribution(DURATION) });
const OTHERS = JSON.stringify([OTHER, OTHER]);

export class RunCounts {
  readonly #sql: Sql;
  readonly #removed: LazySchema;
  readonly #rows: RunRows;
  readonly #tallies = new Map<string, Tally>();
  readonly #backlog = new Map<string, number>();
  #read = false;

  constructor(sql: Sql, rows: RunRows) {
    this.#sql = sql;
    this.#removed = new LazySchema(sql, [REMOVED], 'removed_runs');
    this.#rows = rows;
  }

  /** Has anybody asked? Until then nobody need tell what is written. */
  get isRead(): boolean {
    return this.#read;
  }

  /** A row took the place of another, or of none. */
  changed(before: RunFacts | undefined, after: RunFacts): void {
    if (!this.#read) return;
    if (before) this.#count(before, -1);
    this.#count(after, 1);
  }

  /** Right before or behind its deletion, in one transaction with it. */
  removed(row: RunFacts): void {
    this.left([row]);
  }

  /** Rows that are here no more: what they had counted stays. In one transaction with their deletion. */
  left(rows: readonly RunFacts[]): void {
    this.#keep(rows, 1);
    if (!this.#read) return;
    for (const row of rows) {
      // Only that it is open, and what it waits for, does not stay.
      if (row.open) this.#tally(row).open -= 1;
      this.#countBacklog(row.backlog, -1);
    }
  }

  /**
   * Rows that were written here and are counted elsewhere, for good: where they {@link left}. So no sum shrinks or grows
   * while rows move, whatever stands where.
   */
  arrived(rows: readonly RunFacts[]): void {
    this.#keep(rows, -1);
    if (!this.#read) return;
    for (const row of rows) countIn(this.#tally(row), { ...row, open: false }, -1, row.open);
  }

  /** Beside what the rows count. */
  #keep(rows: readonly RunFacts[], n: 1 | -1): void {
    if (rows.length === 0) return;
    this.#removed.create();
    const kept = this.#stored();
    const changed = new Set<string>();
    for (const row of rows) {
      const key = this.#keyFor(row, kept);
      const tally = kept.get(key) ?? newTally();
      kept.set(key, tally);
      countIn(tally, { ...row, open: false }, n, row.open);
      changed.add(key);
    }
    const upsert =
      'INSERT INTO removed_runs (series, tally) VALUES (?, ?) ON CONFLICT (series) DO UPDATE SET tally = excluded.tally';
    for (const key of changed) [...this.#sql.exec(upsert, key, JSON.stringify(kept.get(key)))];
  }

  samples(): Sample[] {
    this.#load();
    const samples: Sample[] = [];
    for (const [key, { starts, open, closes, duration }] of this.#tallies) {
      const labels = JSON.parse(key) as string[];
      samples.push({ name: 'perdure_workflow_starts_total', labels, value: starts });
      samples.push({ name: 'perdure_workflows_open', labels, value: open });
      for (const [status, n] of Object.entries(closes))
        samples.push({ name: 'perdure_workflow_closes_total', labels: [...labels, status], value: n });
      samples.push({ name: DURATION, labels, value: sumOf(undefined, duration) });
    }
    for (const [key, value] of this.#backlog)
      samples.push({ name: 'perdure_task_queue_backlog', labels: JSON.parse(key) as string[], value });
    return samples;
  }

  #load(): void {
    if (this.#read) return;
    this.#read = true;
    for (const [key, tally] of this.#stored()) this.#tallies.set(key, tally);
    for (const group of this.#rows.groups()) {
      const tally = this.#tally(group);
      tally.starts += group.count;
      if (group.open) tally.open += group.count;
      else {
        tally.closes[group.status] = (tally.closes[group.status] ?? 0) + group.count;
        tally.duration = sumOf(tally.duration, group.durations) as Distribution;
      }
    }
    for (const backlog of this.#rows.backlogs()) this.#countBacklog(backlog, 1);
  }

  #stored(): Map<string, Tally> {
    if (!this.#removed.created) return new Map();
    const rows = [...this.#sql.exec('SELECT series, tally FROM removed_runs')];
    return new Map(rows.map(({ series, tally }) => [series as string, JSON.parse(tally as string) as Tally]));
  }

  #count(row: RunFacts, n: 1 | -1): void {
    countIn(this.#tally(row), row, n);
    this.#countBacklog(row.backlog, n);
  }

  #countBacklog(backlog: Backlog, n: 1 | -1): void {
    for (const [taskQueue, kind, count] of backlog) {
      const own = JSON.stringify([taskQueue, kind]);
      const full = this.#backlog.size >= MAX_SERIES && !this.#backlog.has(own);
      const key = full ? JSON.stringify([OTHER, kind]) : own;
      this.#backlog.set(key, (this.#backlog.get(key) ?? 0) + n * count);
    }
  }

  #tally(row: Pick<RunFacts, 'type' | 'taskQueue'>): Tally {
    const key = this.#keyFor(row, this.#tallies);
    let tally = this.#tallies.get(key);
    if (!tally) {
      tally = newTally();
      this.#tallies.set(key, tally);
    }
    return tally;
  }

  #keyFor(
    { type, taskQueue }: Pick<RunFacts, 'type' | 'taskQueue'>,
    known: ReadonlyMap<string, Tally>,
  ): string {
    const key = JSON.stringify([type, taskQueue]);
    return known.has(key) || known.size < MAX_SERIES ? key : OTHERS;
  }
}

/** @param unfinished of an open row that is removed: no close is counted */
function countIn(tally: Tally, row: RunFacts, n: 1 | -1, unfinished = false): void {
  tally.starts += n;
  if (row.open) {
    tally.open += n;
    return;
  }
  if (unfinished) return;
  tally.closes[row.status] = (tally.closes[row.status] ?? 0) + n;
  if (n === 1) observe(tally.duration, RUN_BUCKETS, row.durationMs / 1_000);
  else unobserve(tally.duration, row.durationMs / 1_000);
}

/** A row of a closed run that is written once more. */
function unobserve(distribution: Distribution, seconds: number): void {
  const at = RUN_BUCKETS.findIndex((bound) => seconds <= bound);
  distribution.buckets[at < 0 ? RUN_BUCKETS.length : at]! -= 1;
  distribution.sum -= seconds;
}
