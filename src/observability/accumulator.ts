/**
 * What isolates have told a shard, added up and kept: one row per series. Sums stand in memory and are written a little
 * later, together; the time until then is what a crash can cost.
 */

import { LazySchema, type Sql } from '../lazy-schema.ts';
import { type Sample, SeriesSet } from './families.ts';
import type { MetricsDelta } from './measures.ts';

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS metrics (series TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID';
const MAX_IDS = 2_000;

export class MetricsAccumulator {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  /** Of deltas that were added lately. */
  readonly #ids = new Set<string>();
  #series: SeriesSet | undefined;
  readonly #changed = new Set<Sample>();

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'metrics');
  }

  /** Is there something to be written? */
  get dirty(): boolean {
    return this.#changed.size > 0;
  }

  add(deltas: MetricsDelta[]): void {
    for (const { id, samples } of deltas) {
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      for (const { name, labels, value } of samples)
        this.#changed.add(this.#all().add({ name, labels, value }));
    }
    for (const id of this.#ids) {
      if (this.#ids.size <= MAX_IDS) break;
      this.#ids.delete(id);
    }
  }

  write(): void {
    if (!this.dirty) return;
    this.#schema.create();
    const upsert =
      'INSERT INTO metrics (series, value) VALUES (?, ?) ON CONFLICT (series) DO UPDATE SET value = excluded.value';
    for (const { name, labels, value } of this.#changed)
      [...this.#sql.exec(upsert, JSON.stringify([name, labels]), JSON.stringify(value))];
    this.#changed.clear();
  }

  read(): Sample[] {
    return this.#all().all();
  }

  #all(): SeriesSet {
    if (this.#series) return this.#series;
    this.#series = new SeriesSet();
    if (this.#schema.created)
      for (const { series, value } of this.#sql.exec('SELECT series, value FROM metrics')) {
        const [name, labels] = JSON.parse(series as string) as [Sample['name'], string[]];
        this.#series.add({ name, labels, value: JSON.parse(value as string) as Sample['value'] });
      }
    return this.#series;
  }
}
