/** The SQL of a namespace's batch jobs: one row per job, one row per run that a running job still has to do with. */

import type { StartBatchOperationRequest } from '../../sdk/common/batch.ts';
import type { EpochMs } from '../../sdk/common/duration.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';

export interface Target {
  workflowId: string;
  /** Empty: the newest run. */
  runId: string;
}
export interface PendingTarget extends Target {
  attempts: number;
}
export interface Failure extends Target {
  message: string;
}

export interface JobRecord {
  jobId: string;
  /** Of a job that is over, only what is told of it. */
  request: StartBatchOperationRequest;
  /** By which the same request is known again. */
  digest?: string;
  state: 'RUNNING' | 'COMPLETED' | 'FAILED';
  startTime: EpochMs;
  closeTime?: EpochMs;
  closeReason?: string;
  /** All runs have been looked up. */
  collected: boolean;
  /** Where the look-up stands. */
  nextPageToken?: string;
  total: number;
  completed: number;
  failed: number;
  failures: Failure[];
}

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS targets (
     job_id TEXT NOT NULL, workflow_id TEXT NOT NULL, run_id TEXT NOT NULL, attempts INTEGER NOT NULL,
     PRIMARY KEY (job_id, workflow_id, run_id)) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS jobs (
     job_id TEXT PRIMARY KEY, running INTEGER NOT NULL, start_time INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID`,
];

export class BatchStore {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #transaction: (work: () => void) => void;

  /** `transaction`: all that `work` writes, or nothing. */
  constructor(sql: Sql, transaction: (work: () => void) => void) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, SCHEMA, 'jobs');
    this.#transaction = transaction;
  }

  transaction(work: () => void): void {
    this.#schema.create();
    this.#transaction(work);
  }

  job(jobId: string): JobRecord | undefined {
    return this.#jobs('WHERE job_id = ?', jobId)[0];
  }

  running(): JobRecord[] {
    return this.#jobs('WHERE running = 1 ORDER BY start_time, job_id');
  }

  /** Newest first, behind a place. */
  list(limit: number, after?: { startTime: EpochMs; jobId: string }): JobRecord[] {
    const order = 'ORDER BY start_time DESC, job_id';
    if (!after) return this.#jobs(`${order} LIMIT ?`, limit);
    const behind = 'WHERE start_time < ? OR (start_time = ? AND job_id > ?)';
    return this.#jobs(`${behind} ${order} LIMIT ?`, after.startTime, after.startTime, after.jobId, limit);
  }

  put(job: JobRecord): void {
    const upsert = `INSERT INTO jobs (job_id, running, start_time, record) VALUES (?, ?, ?, ?)
      ON CONFLICT (job_id) DO UPDATE SET running = excluded.running, record = excluded.record`;
    const running = job.state === 'RUNNING' ? 1 : 0;
    [...this.#sql.exec(upsert, job.jobId, running, job.startTime, JSON.stringify(job))];
  }

  /** Forgets closed jobs beyond the newest so many. */
  prune(keep: number): void {
    const old =
      'SELECT job_id FROM jobs WHERE running = 0 ORDER BY start_time DESC, job_id LIMIT -1 OFFSET ?';
    [...this.#sql.exec(`DELETE FROM jobs WHERE job_id IN (${old})`, keep)];
  }

  /** Answers whether it is new to the job. */
  addTarget(jobId: string, { workflowId, runId }: Target): boolean {
    const insert = `INSERT INTO targets (job_id, workflow_id, run_id, attempts) VALUES (?, ?, ?, 0)
      ON CONFLICT DO NOTHING RETURNING 1`;
    return [...this.#sql.exec(insert, jobId, workflowId, runId)].length > 0;
  }

  /** Those tried least often come first: one that keeps failing holds up nobody. */
  targets(jobId: string, limit: number): PendingTarget[] {
    const rows = this.#sql.exec(
      'SELECT workflow_id, run_id, attempts FROM targets WHERE job_id = ? ORDER BY attempts, workflow_id LIMIT ?',
      jobId,
      limit,
    );
    return [...rows].map(({ workflow_id, run_id, attempts }) => ({
      workflowId: workflow_id as string,
      runId: run_id as string,
      attempts: attempts as number,
    }));
  }

  /** Names the run of a target that had none; answers false where that run is a target already. */
  pin(jobId: string, { workflowId }: Target, runId: string): boolean {
    const there = 'SELECT 1 FROM targets WHERE job_id = ? AND workflow_id = ? AND run_id = ?';
    if ([...this.#sql.exec(there, jobId, workflowId, runId)].length > 0) return false;
    const update = `UPDATE targets SET run_id = ? WHERE job_id = ? AND workflow_id = ? AND run_id = ''`;
    [...this.#sql.exec(update, runId, jobId, workflowId)];
    return true;
  }

  /** Answers whether it was still to do. */
  removeTarget(jobId: string, { workflowId, runId }: Target): boolean {
    const remove = 'DELETE FROM targets WHERE job_id = ? AND workflow_id = ? AND run_id = ? RETURNING 1';
    return [...this.#sql.exec(remove, jobId, workflowId, runId)].length > 0;
  }

  countAttempt(jobId: string, { workflowId, runId }: Target): void {
    const update =
      'UPDATE targets SET attempts = attempts + 1 WHERE job_id = ? AND workflow_id = ? AND run_id = ?';
    [...this.#sql.exec(update, jobId, workflowId, runId)];
  }

  removeTargets(jobId: string): void {
    [...this.#sql.exec('DELETE FROM targets WHERE job_id = ?', jobId)];
  }

  #jobs(where: string, ...bindings: Array<string | number>): JobRecord[] {
    if (!this.#schema.created) return [];
    const rows = [...this.#sql.exec(`SELECT record FROM jobs ${where}`, ...bindings)];
    return rows.map(({ record }) => JSON.parse(record as string) as JobRecord);
  }
}
