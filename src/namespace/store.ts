/** The SQL of a Namespace object: its registered Workers, one row per URL, and its deployments, one row per name. */

import { LazySchema, type Sql } from '../lazy-schema.ts';
import type { DeploymentRecord, DeploymentStore } from './deployments.ts';
import type { RegisteredWorker } from './registry.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS workers (url TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID`;
const DEPLOYMENTS =
  'CREATE TABLE IF NOT EXISTS deployments (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID';

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

export class SqlDeploymentStore implements DeploymentStore {
  readonly #sql: Sql;
  readonly #schema: LazySchema;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [DEPLOYMENTS], 'deployments');
  }

  putDeployment(record: DeploymentRecord): void {
    this.#schema.create();
    const upsert =
      'INSERT INTO deployments (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record';
    [...this.#sql.exec(upsert, record.name, JSON.stringify(record))];
  }

  deployment(name: string): DeploymentRecord | undefined {
    if (!this.#schema.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT record FROM deployments WHERE name = ?', name)];
    return row && (JSON.parse(row.record as string) as DeploymentRecord);
  }

  deleteDeployment(name: string): void {
    if (this.#schema.created) [...this.#sql.exec('DELETE FROM deployments WHERE name = ?', name)];
  }

  deployments(): DeploymentRecord[] {
    if (!this.#schema.created) return [];
    const rows = [...this.#sql.exec('SELECT record FROM deployments ORDER BY name')];
    return rows.map((row) => JSON.parse(row.record as string) as DeploymentRecord);
  }
}
