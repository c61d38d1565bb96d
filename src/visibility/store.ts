/** The SQL of a visibility shard: one table, versioned upserts, one page, one count, and which rows are due for a look. */

import { type EpochMs, fromTimestampJson } from '../../sdk/common/duration.ts';
import type { VisibilityRecord, WorkflowExecutionInfo } from '../../sdk/common/service.ts';
import { LazySchema, type Sql, type SqlValue } from '../lazy-schema.ts';
import type { FilterColumn, ListFilter } from './list-filter.ts';
import type { ListPosition } from './position.ts';

export interface ListedRow {
  position: ListPosition;
  info: WorkflowExecutionInfo;
}

/** An open row whose time has come. `quiet`: how many looks in a row found nothing new. */
export interface DueRow {
  workflowId: string;
  runId: string;
  version: number;
  quiet: number;
}

/** SQLite rows are bounded to 2 MB on the platform; what a row loses beyond this is in describe. */
const MAX_INFO_LENGTH = 512 * 1024;
/** A page ends early rather than grow beyond this; an RPC message is bounded to 32 MiB. */
const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS executions (
     workflow_id TEXT NOT NULL, run_id TEXT NOT NULL, version INTEGER NOT NULL,
     type TEXT NOT NULL, status TEXT NOT NULL, task_queue TEXT NOT NULL,
     start_time INTEGER NOT NULL, close_time INTEGER, open INTEGER NOT NULL,
     check_at INTEGER NOT NULL, quiet INTEGER NOT NULL, record TEXT NOT NULL,
     PRIMARY KEY (workflow_id, run_id)) WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS by_start ON executions (start_time DESC, workflow_id, run_id)',
  'CREATE INDEX IF NOT EXISTS by_check ON executions (check_at) WHERE open = 1',
];

/** What counts: the override, where there is one, before what the run's last task said. */
const versioned = (field: string): string => `COALESCE(
  json_extract(record, '$.versioningInfo.versioningOverride.pinned.version.${field}'),
  json_extract(record, '$.versioningInfo.deploymentVersion.${field}'))`;
const deploymentVersion = `${versioned('deploymentName')} || ':' || ${versioned('buildId')}`;
const versioningBehavior = `CASE
  WHEN json_extract(record, '$.versioningInfo.versioningOverride.pinned') IS NOT NULL THEN 'Pinned'
  WHEN json_extract(record, '$.versioningInfo.versioningOverride.autoUpgrade') THEN 'AutoUpgrade'
  ELSE CASE json_extract(record, '$.versioningInfo.behavior')
    WHEN 'VERSIONING_BEHAVIOR_PINNED' THEN 'Pinned' WHEN 'VERSIONING_BEHAVIOR_AUTO_UPGRADE' THEN 'AutoUpgrade' END
  END`;

const columnOf: Record<FilterColumn, string> = {
  WorkflowId: 'workflow_id',
  RunId: 'run_id',
  WorkflowType: 'type',
  ExecutionStatus: 'status',
  TaskQueue: 'task_queue',
  ParentWorkflowId: "json_extract(record, '$.parentExecution.workflowId')",
  ParentRunId: "json_extract(record, '$.parentExecution.runId')",
  // A run without a parent is its own root.
  RootWorkflowId: "COALESCE(json_extract(record, '$.rootExecution.workflowId'), workflow_id)",
  RootRunId: "COALESCE(json_extract(record, '$.rootExecution.runId'), run_id)",
  // Temporal's, of a pinned run: `pinned:deployment:build`.
  BuildIds: `CASE (${versioningBehavior}) WHEN 'Pinned' THEN 'pinned:' || ${deploymentVersion} END`,
  TemporalWorkerDeployment: versioned('deploymentName'),
  TemporalWorkerDeploymentVersion: `(${deploymentVersion})`,
  TemporalWorkflowVersioningBehavior: `(${versioningBehavior})`,
};

export class VisibilityStore {
  readonly #sql: Sql;
  readonly #schema: LazySchema;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, SCHEMA, 'by_check');
  }

  /** Writes the row unless it already holds this version or a newer one. Answers whether it was written. */
  upsert(record: VisibilityRecord, checkAt: EpochMs): boolean {
    this.#schema.create();
    const { info } = record;
    const written = this.#sql.exec(
      `INSERT INTO executions (workflow_id, run_id, version, type, status, task_queue,
         start_time, close_time, open, check_at, quiet, record)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
       ON CONFLICT (workflow_id, run_id) DO UPDATE SET version = excluded.version, type = excluded.type,
         status = excluded.status, task_queue = excluded.task_queue, start_time = excluded.start_time,
         close_time = excluded.close_time, open = excluded.open, check_at = excluded.check_at, quiet = 0,
         record = excluded.record
       WHERE excluded.version > executions.version
       RETURNING version`,
      info.execution.workflowId,
      info.execution.runId,
      record.version,
      info.type.name,
      info.status,
      info.taskQueue,
      fromTimestampJson(info.startTime),
      info.closeTime ? fromTimestampJson(info.closeTime) : null,
      record.open ? 1 : 0,
      checkAt,
      infoText(info),
    );
    return [...written].length > 0;
  }

  /** Rows after a position, newest start first; `more` when there are others behind them. */
  page(
    filter: ListFilter,
    limit: number,
    after: ListPosition | undefined,
  ): { rows: ListedRow[]; more: boolean } {
    if (!this.#schema.created) return { rows: [], more: false };
    const { where, bindings } = whereOf(filter, after);
    const found = this.#sql.exec(
      `SELECT workflow_id, run_id, start_time, record FROM executions ${where}
       ORDER BY start_time DESC, workflow_id, run_id LIMIT ?`,
      ...bindings,
      limit + 1,
    );
    const rows: ListedRow[] = [];
    let length = 0;
    for (const row of found) {
      const { workflow_id, run_id, start_time, record } = row as Record<string, string> & {
        start_time: number;
      };
      length += record!.length;
      if (rows.length === limit || (rows.length > 0 && length > MAX_PAGE_LENGTH)) return { rows, more: true };
      const position = { startTime: start_time, workflowId: workflow_id!, runId: run_id! };
      rows.push({ position, info: JSON.parse(record!) as WorkflowExecutionInfo });
    }
    return { rows, more: false };
  }

  count(filter: ListFilter): number {
    if (!this.#schema.created) return 0;
    const { where, bindings } = whereOf(filter, undefined);
    const [row] = [...this.#sql.exec(`SELECT COUNT(*) AS n FROM executions ${where}`, ...bindings)];
    return row!.n as number;
  }

  due(now: EpochMs, limit: number): DueRow[] {
    if (!this.#schema.created) return [];
    const rows = this.#sql.exec(
      `SELECT workflow_id, run_id, version, quiet FROM executions
       WHERE open = 1 AND check_at <= ? ORDER BY check_at LIMIT ?`,
      now,
      limit,
    );
    return [...rows].map((row) => ({
      workflowId: row.workflow_id as string,
      runId: row.run_id as string,
      version: row.version as number,
      quiet: row.quiet as number,
    }));
  }

  /** When the next row is due; `undefined` when no run is open. */
  nextCheck(): EpochMs | undefined {
    if (!this.#schema.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT MIN(check_at) AS t FROM executions WHERE open = 1')];
    return (row!.t as number | null) ?? undefined;
  }

  defer(row: Pick<DueRow, 'workflowId' | 'runId' | 'quiet'>, checkAt: EpochMs): void {
    const update = 'UPDATE executions SET check_at = ?, quiet = ? WHERE workflow_id = ? AND run_id = ?';
    [...this.#sql.exec(update, checkAt, row.quiet, row.workflowId, row.runId)];
  }

  remove(row: Pick<DueRow, 'workflowId' | 'runId'>): void {
    [
      ...this.#sql.exec(
        'DELETE FROM executions WHERE workflow_id = ? AND run_id = ?',
        row.workflowId,
        row.runId,
      ),
    ];
  }
}

function whereOf(
  filter: ListFilter,
  after: ListPosition | undefined,
): { where: string; bindings: SqlValue[] } {
  const conditions = filter.map(({ column }) => `${columnOf[column]} = ?`);
  const bindings: SqlValue[] = filter.map(({ value }) => value);
  if (after) {
    // The first half bounds the index range; the second breaks ties as the ORDER BY does.
    conditions.push('start_time <= ? AND (start_time < ? OR (workflow_id, run_id) > (?, ?))');
    bindings.push(after.startTime, after.startTime, after.workflowId, after.runId);
  }
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, bindings };
}

function infoText(info: WorkflowExecutionInfo): string {
  let text = JSON.stringify(info);
  if (text.length > MAX_INFO_LENGTH) text = JSON.stringify({ ...info, memo: undefined });
  if (text.length > MAX_INFO_LENGTH)
    text = JSON.stringify({ ...info, memo: undefined, searchAttributes: undefined });
  return text;
}
