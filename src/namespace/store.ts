/** The SQL of a Namespace object: its registered Workers, one row per URL. */

import { LazySchema, type Sql } from '../lazy-schema.ts';
import type { RegisteredWorker } from './registry.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS workers (url TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID`;

export class WorkerStore {
  readonly #sql: Sql;
  readonly #schema: LazySchema;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'workers');
  }

  put(worker: RegisteredWorker): void {
    this.#schema.create();
    const upsert =
      'INSERT INTO workers (url, record) VALUES (?, ?) ON CONFLICT (url) DO UPDATE SET record = excluded.record';
    [...this.#sql.exec(upsert, worker.url, JSON.stringify(worker))];
  }

  /** Answers whether there was one. */
  delete(url: string): boolean {
    if (!this.#schema.created) return false;
    return [...this.#sql.exec('DELETE FROM workers WHERE url = ? RETURNING url', url)].length > 0;
  }

  /** By URL. */
  all(): RegisteredWorker[] {
    if (!this.#schema.created) return [];
    const rows = [...this.#sql.exec('SELECT record FROM workers ORDER BY url')];
    return rows.map((row) => JSON.parse(row.record as string) as RegisteredWorker);
  }
}
