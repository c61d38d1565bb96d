/** The SQL of a Namespace object: its registered Workers, one row per URL. */

import type { RegisteredWorker } from './registry.ts';

export interface Sql {
  exec(query: string, ...bindings: Array<string | number | null>): Iterable<Record<string, unknown>>;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS workers (url TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID`;

export class WorkerStore {
  readonly #sql: Sql;
  #exists = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Reads tolerate a namespace that never had a Worker: looking allocates nothing. */
  #hasTable(): boolean {
    if (!this.#exists) {
      const rows = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'workers'");
      this.#exists = [...rows].length > 0;
    }
    return this.#exists;
  }

  put(worker: RegisteredWorker): void {
    if (!this.#hasTable()) {
      [...this.#sql.exec(SCHEMA)];
      this.#exists = true;
    }
    const upsert =
      'INSERT INTO workers (url, record) VALUES (?, ?) ON CONFLICT (url) DO UPDATE SET record = excluded.record';
    [...this.#sql.exec(upsert, worker.url, JSON.stringify(worker))];
  }

  /** Answers whether there was one. */
  delete(url: string): boolean {
    if (!this.#hasTable()) return false;
    return [...this.#sql.exec('DELETE FROM workers WHERE url = ? RETURNING url', url)].length > 0;
  }

  /** By URL. */
  all(): RegisteredWorker[] {
    if (!this.#hasTable()) return [];
    const rows = [...this.#sql.exec('SELECT record FROM workers ORDER BY url')];
    return rows.map((row) => JSON.parse(row.record as string) as RegisteredWorker);
  }
}
