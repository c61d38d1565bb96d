/** The SQL of a Namespace object: its registered Workers, one row per URL, and its deployments, one row per name. */

import { LazySchema, type Sql } from '../lazy-schema.ts';
import type { DeploymentRecord, DeploymentStore } from './deployments.ts';
import type { RegisteredWorker } from './registry.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS workers (url TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID`;
/** Apart from the rest, which is shown to whoever may list Workers. */
const SECRETS =
  'CREATE TABLE IF NOT EXISTS worker_secrets (url TEXT PRIMARY KEY, secret TEXT NOT NULL) WITHOUT ROWID';
const DEPLOYMENTS =
  'CREATE TABLE IF NOT EXISTS deployments (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID';

export class WorkerStore {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #secretsSchema: LazySchema;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, [SCHEMA], 'workers');
    this.#secretsSchema = new LazySchema(sql, [SECRETS], 'worker_secrets');
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
    if (this.#secretsSchema.created) [...this.#sql.exec('DELETE FROM worker_secrets WHERE url = ?', url)];
    return [...this.#sql.exec('DELETE FROM workers WHERE url = ? RETURNING url', url)].length > 0;
  }

  putSecret(url: string, secret: string): void {
    this.#secretsSchema.create();
    const upsert =
      'INSERT INTO worker_secrets (url, secret) VALUES (?, ?) ON CONFLICT (url) DO UPDATE SET secret = excluded.secret';
    [...this.#sql.exec(upsert, url, secret)];
  }

  /** By URL. */
  secrets(): Map<string, string> {
    if (!this.#secretsSchema.created) return new Map();
    const rows = [...this.#sql.exec('SELECT url, secret FROM worker_secrets')];
    return new Map(rows.map(({ url, secret }) => [url as string, secret as string]));
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
