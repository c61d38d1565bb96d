/** The SQL of a visibility shard: one table, versioned upserts, one page, one count, and which rows are due for a look. */

import { type EpochMs, fromTimestampJson } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import type { WorkflowExecution } from '../../sdk/common/history.ts';
import { standaloneActivityId } from '../../sdk/common/ids.ts';
import type { VisibilityRecord, WorkflowExecutionInfo } from '../../sdk/common/service.ts';
import type { TaskBacklog, TaskKind } from '../../sdk/common/workers.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';
import { RUN_BUCKETS } from '../observability/families.ts';
import { type Backlog, RunCounts, type RunFacts, type RunGroup } from '../observability/run-counts.ts';
import { type ListedKind, rowsOf, splitOrder } from './activity-lists.ts';
import { type AttributeTypes, type FieldValues, fieldValues } from './fields.ts';
import { Bindings, fieldSql, filterSql } from './filter-sql.ts';
import type { ListQuery } from './list-filter.ts';
import { directions, ORDER, orderSql, STILL_OPEN } from './order.ts';
import type { ListPosition } from './position.ts';

export interface ListedRow {
  position: ListPosition;
  version: number;
  /** Among the details of a version. */
  detail: number;
  info: WorkflowExecutionInfo;
}

/** How many rows match, and with GROUP BY how many of each value. */
export interface RowCount {
  count: number;
  groups: Array<{ value: string | number | null; count: number }>;
}

/** A row whose time has come. `quiet`: how many looks in a row found nothing new. */
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
/** Of a field, in a row that is too long. */
const MAX_FIELD_LENGTH = 4_096;
const MAX_GROUPS = 1_000;

/** `fields`: JSON of what a filter can name, beside the columns. `detail`: the place among the details of a version. */
const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS runs (
     workflow_id TEXT NOT NULL, run_id TEXT NOT NULL, version INTEGER NOT NULL, detail INTEGER NOT NULL,
     type TEXT NOT NULL, task_queue TEXT NOT NULL,
     start_time INTEGER NOT NULL, close_time INTEGER, order_time INTEGER NOT NULL, open INTEGER NOT NULL,
     check_at INTEGER NOT NULL, quiet INTEGER NOT NULL, fields TEXT NOT NULL, record TEXT NOT NULL,
     PRIMARY KEY (workflow_id, run_id)) WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS by_order ON runs (${ORDER})`,
  'CREATE INDEX IF NOT EXISTS by_look ON runs (check_at) WHERE open = 1',
];

/** Runs that were deleted: a row of theirs that comes late is not taken. */
const DELETED = `CREATE TABLE IF NOT EXISTS deleted (run_id TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID`;
/** No message is under way for longer. */
const DELETED_FOR_MS = 24 * 3_600_000;

/** Columns that a newer version of a row overwrites. */
export const WRITTEN = [
  'version',
  'detail',
  'type',
  'task_queue',
  'start_time',
  'close_time',
  'order_time',
  'open',
  'check_at',
  'quiet',
  'fields',
  'record',
];
/** Not a field that a filter can name. */
const BACKLOG = '(backlog)';
const BACKLOG_SQL = `json_extract(fields, '$."${BACKLOG}"')`;
const STATUS_SQL = "json_extract(fields, '$.ExecutionStatus')";
const FACTS = `SELECT type, task_queue, open, start_time, close_time,
  ${STATUS_SQL} AS status, ${BACKLOG_SQL} AS backlog FROM runs`;
/** Of an open run no duration counts. */
const DURATION_SQL = 'MAX(COALESCE(close_time, start_time) - start_time, 0)';
const GROUPS = `SELECT type, task_queue, open, ${STATUS_SQL} AS status, COUNT(*) AS count, SUM(${DURATION_SQL}) AS sum_ms,
  ${RUN_BUCKETS.map((seconds, i) => `SUM(${DURATION_SQL} <= ${seconds * 1_000}) AS b${i}`).join(', ')}
  FROM runs GROUP BY type, task_queue, open, status`;
/** The ids, then what is {@link WRITTEN}. Answers a row if it was written. */
export const UPSERT = `INSERT INTO runs (workflow_id, run_id, ${WRITTEN.join(', ')})
  VALUES (${Array(WRITTEN.length + 2)
    .fill('?')
    .join(', ')})
  ON CONFLICT (workflow_id, run_id) DO UPDATE SET ${WRITTEN.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE (excluded.version, excluded.detail) > (runs.version, runs.detail)
  RETURNING version`;

export class VisibilityStore {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  /** From the first row of an activity on. */
  readonly #split: LazySchema;
  readonly #deleted: LazySchema;
  /** For metrics. */
  readonly counts: RunCounts;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, SCHEMA, 'by_look');
    this.#split = new LazySchema(sql, splitOrder(ORDER), 'activities_by_order');
    this.#deleted = new LazySchema(sql, [DELETED], 'deleted');
    this.counts = new RunCounts(sql, { groups: () => this.#groups(), backlogs: () => this.#backlogs() });
  }

  /** Was there ever a row? */
  get created(): boolean {
    return this.#schema.created;
  }

  /**
   * Writes the row unless it already holds this version or a newer one. Answers whether it was written.
   * @param custom the namespace's search attributes: their types say how values are compared
   */
  upsert(record: VisibilityRecord, checkAt: EpochMs, custom: AttributeTypes = {}): boolean {
    const { info } = record;
    this.create([info.execution.workflowId]);
    if (this.isDeleted(info.execution.runId)) return false;
    const closeTime = info.closeTime ? fromTimestampJson(info.closeTime) : null;
    const { isRead } = this.counts;
    const before = isRead ? this.facts(info.execution) : undefined;
    const found = this.#sql.exec(
      UPSERT,
      info.execution.workflowId,
      info.execution.runId,
      record.version,
      record.details?.sequence ?? 0,
      info.type.name,
      info.taskQueue,
      fromTimestampJson(info.startTime),
      closeTime,
      closeTime ?? STILL_OPEN,
      record.open ? 1 : 0,
      checkAt,
      0,
      fieldsText({ ...fieldValues(record, custom), ...backlogField(record) }),
      infoText(listedInfo(record)),
    );
    const written = [...found].length > 0;
    if (written && isRead) this.counts.changed(before, this.facts(info.execution)!);
    return written;
  }

  /** Before rows of these are written. */
  create(workflowIds: readonly string[]): void {
    this.#schema.create();
    if (workflowIds.some((id) => standaloneActivityId(id) !== undefined)) this.#split.create();
  }

  #has(kind: ListedKind): boolean {
    return kind === 'activities' ? this.#split.created : this.#schema.created;
  }

  /** Rows after a position, in the order of the query; `more` when there are others behind them. */
  page(
    query: ListQuery,
    limit: number,
    after: ListPosition | undefined,
  ): { rows: ListedRow[]; more: boolean } {
    if (!this.#has(query.kind ?? 'workflows')) return { rows: [], more: false };
    const bindings = new Bindings();
    const order = orderSql(query, after, bindings);
    const where = whereOf(query, bindings, order.after);
    const keyCount = directions(query).length;
    const found = this.#sql.exec(
      `SELECT workflow_id, run_id, version, detail, record, ${order.select} FROM runs ${where}
       ORDER BY ${order.orderBy} LIMIT ${bindings.add(limit + 1)}`,
      ...bindings.values,
    );
    const rows: ListedRow[] = [];
    let length = 0;
    for (const row of found) {
      const { workflow_id, run_id, record } = row as Record<string, string>;
      length += record!.length;
      if (rows.length === limit || (rows.length > 0 && length > MAX_PAGE_LENGTH)) return { rows, more: true };
      const keys = Array.from({ length: keyCount }, (_, i) => row[`k${i}`] as number | string);
      const position = { keys, workflowId: workflow_id!, runId: run_id! };
      const { version, detail } = row as Record<string, number>;
      rows.push({
        position,
        version: version!,
        detail: detail!,
        info: JSON.parse(record!) as WorkflowExecutionInfo,
      });
    }
    return { rows, more: false };
  }

  /** @throws ServiceError INVALID_ARGUMENT when there are more than {@link MAX_GROUPS} groups. */
  count(query: ListQuery): RowCount {
    if (!this.#has(query.kind ?? 'workflows')) return { count: 0, groups: [] };
    const bindings = new Bindings();
    const { groupBy } = query;
    if (!groupBy) {
      const where = whereOf(query, bindings);
      const [row] = [...this.#sql.exec(`SELECT COUNT(*) AS n FROM runs ${where}`, ...bindings.values)];
      return { count: row!.n as number, groups: [] };
    }
    const value = fieldSql(groupBy, bindings);
    const found = this.#sql.exec(
      `SELECT ${value} AS v, COUNT(*) AS n FROM runs ${whereOf(query, bindings)}
       GROUP BY v LIMIT ${bindings.add(MAX_GROUPS + 1)}`,
      ...bindings.values,
    );
    const groups = [...found].map((row) => ({
      value: row.v as string | number | null,
      count: row.n as number,
    }));
    if (groups.length > MAX_GROUPS)
      throw invalidArgument(`query: more than ${MAX_GROUPS} groups of ${groupBy.name}`);
    return { count: groups.reduce((sum, group) => sum + group.count, 0), groups };
  }

  due(now: EpochMs, limit: number): DueRow[] {
    if (!this.#schema.created) return [];
    const rows = this.#sql.exec(
      `SELECT workflow_id, run_id, version, quiet FROM runs
       WHERE open = 1 AND check_at <= ? ORDER BY check_at LIMIT ?`,
      now,
      limit,
    );
    return [...rows].map(dueRow);
  }

  /** When the next row is due; `undefined` when no run is open. */
  nextCheck(): EpochMs | undefined {
    if (!this.#schema.created) return undefined;
    const [row] = [...this.#sql.exec('SELECT MIN(check_at) AS t FROM runs WHERE open = 1')];
    return (row!.t as number | null) ?? undefined;
  }

  /** How many open rows are due for a look. */
  countDue(now: EpochMs): number {
    if (!this.#schema.created) return 0;
    const count = 'SELECT COUNT(*) AS n FROM runs WHERE open = 1 AND check_at <= ?';
    const [row] = [...this.#sql.exec(count, now)];
    return row!.n as number;
  }

  /** What the row of this run counts as; `undefined`: there is none. */
  facts({ workflowId, runId }: { workflowId: string; runId?: string }): RunFacts | undefined {
    const select = `${FACTS} WHERE workflow_id = ? AND run_id = ?`;
    const [row] = [...this.#sql.exec(select, workflowId, runId ?? '')];
    return row && factsOf(row);
  }

  *#groups(): Iterable<RunGroup> {
    if (!this.#schema.created) return;
    for (const row of this.#sql.exec(GROUPS)) {
      const { count, sum_ms } = row as Record<string, number>;
      const within = RUN_BUCKETS.map((_, i) => row[`b${i}`] as number);
      // How many are within each bound includes those within the ones before.
      const buckets = [...within, count!].map((n, i) => n - (within[i - 1] ?? 0));
      yield { ...factsOf(row), count: count!, durations: { buckets, sum: sum_ms! / 1_000 } };
    }
  }

  *#backlogs(): Iterable<Backlog> {
    if (!this.#schema.created) return;
    const select = `SELECT ${BACKLOG_SQL} AS backlog FROM runs WHERE open = 1 AND backlog IS NOT NULL`;
    for (const { backlog } of this.#sql.exec(select)) yield JSON.parse(backlog as string) as Backlog;
  }

  /** Tasks that wait on a task queue. */
  backlog(kind: TaskKind, taskQueue: string): TaskBacklog {
    const own = [...this.#backlogs()].flat().filter(([queue, of]) => queue === taskQueue && of === kind);
    const times = own.flatMap(([, , , since]) => since ?? []);
    const count = own.reduce((sum, [, , n]) => sum + n, 0);
    return { count, ...(times.length > 0 && { since: Math.min(...times) }) };
  }

  defer(row: Pick<DueRow, 'workflowId' | 'runId' | 'quiet'>, checkAt: EpochMs): void {
    const update = 'UPDATE runs SET check_at = ?, quiet = ? WHERE workflow_id = ? AND run_id = ?';
    [...this.#sql.exec(update, checkAt, row.quiet, row.workflowId, row.runId)];
  }

  remove(row: Pick<DueRow, 'workflowId' | 'runId'>): void {
    if (!this.#schema.created) return;
    const facts = this.facts(row);
    if (!facts) return;
    this.counts.removed(facts);
    [...this.#sql.exec('DELETE FROM runs WHERE workflow_id = ? AND run_id = ?', row.workflowId, row.runId)];
  }

  /** Removes the row of a run that was deleted, for good. */
  forget(run: WorkflowExecution, now: EpochMs): void {
    this.#deleted.create();
    [...this.#sql.exec('INSERT OR REPLACE INTO deleted VALUES (?, ?)', run.runId!, now)];
    this.remove({ workflowId: run.workflowId, runId: run.runId! });
  }

  /** Those who may send a row late have had their time. */
  pruneDeleted(now: EpochMs): void {
    if (this.#deleted.created)
      [...this.#sql.exec('DELETE FROM deleted WHERE time < ?', now - DELETED_FOR_MS)];
  }

  /** In their order, behind `after`; only those with a run that was started since. */
  workflowIds(after: string, limit: number, startedSince = Number.NEGATIVE_INFINITY): string[] {
    if (!this.#schema.created) return [];
    const sql = `SELECT DISTINCT workflow_id FROM runs WHERE workflow_id > ? AND start_time >= ?
      ORDER BY workflow_id LIMIT ?`;
    const rows = [...this.#sql.exec(sql, after, Math.max(startedSince, 0), limit)];
    return rows.map((row) => row.workflow_id as string);
  }

  /** Was the run deleted lately? */
  isDeleted(runId: string): boolean {
    if (!this.#deleted.created) return false;
    return [...this.#sql.exec('SELECT 1 FROM deleted WHERE run_id = ?', runId)].length > 0;
  }

  /** Rows of runs that closed before this time and may be looked at again: they should be gone. */
  expired(closedBefore: EpochMs, now: EpochMs, limit: number): DueRow[] {
    const found: DueRow[] = [];
    for (const kind of ['workflows', 'activities'] as const) {
      if (!this.#has(kind)) continue;
      const select = `SELECT workflow_id, run_id, version, quiet FROM runs
        WHERE ${rowsOf[kind]} AND order_time <= ? AND open = 0 AND check_at <= ? ORDER BY order_time LIMIT ?`;
      const rows = this.#sql.exec(select, closedBefore, now, limit - found.length);
      found.push(...[...rows].map(dueRow));
    }
    return found;
  }
}

function dueRow(row: Record<string, unknown>): DueRow {
  const { workflow_id, run_id, version, quiet } = row as Record<string, string & number>;
  return { workflowId: workflow_id!, runId: run_id!, version: version!, quiet: quiet! };
}

function backlogField({ details }: VisibilityRecord): FieldValues {
  return details?.backlog ? { [BACKLOG]: JSON.stringify(details.backlog) } : {};
}

function factsOf(row: Record<string, unknown>): RunFacts {
  const { type, task_queue, open, status, start_time, close_time, backlog } = row as Record<string, string>;
  return {
    type: type!,
    taskQueue: task_queue!,
    open: Number(open) === 1,
    status: status ?? '',
    durationMs: Math.max(Number(close_time ?? 0) - Number(start_time), 0),
    backlog: backlog && Number(open) === 1 ? (JSON.parse(backlog) as Backlog) : [],
  };
}

function whereOf({ kind = 'workflows', filter }: ListQuery, bindings: Bindings, after?: string): string {
  const conditions = [rowsOf[kind]];
  if (filter) conditions.push(filterSql(filter, bindings));
  if (after) conditions.push(after);
  return `WHERE ${conditions.join(' AND ')}`;
}

/** A run's lists of words may be long; what does not fit cannot be found by. */
function fieldsText(fields: FieldValues): string {
  const text = JSON.stringify(fields);
  if (text.length <= MAX_INFO_LENGTH) return text;
  const short = Object.entries(fields).filter(
    ([, value]) => JSON.stringify(value).length <= MAX_FIELD_LENGTH,
  );
  return JSON.stringify(Object.fromEntries(short));
}

/** Names that a list shows of what a run waits for: filters know them all. */
const LISTED_NAMES = 12;

/** What lists answer: the run, and while it is open how it fares; once it is closed, what it failed with. */
function listedInfo({ info, details, open }: VisibilityRecord): WorkflowExecutionInfo {
  if (!details || (!open && details.lastFailure === undefined)) return info;
  const { sequence: _, backlog: __, ...progress } = details;
  return { ...info, progress: { ...progress, waitingOn: progress.waitingOn.slice(0, LISTED_NAMES) } };
}

function infoText(info: WorkflowExecutionInfo): string {
  let text = JSON.stringify(info);
  if (text.length > MAX_INFO_LENGTH) text = JSON.stringify({ ...info, memo: undefined });
  if (text.length > MAX_INFO_LENGTH)
    text = JSON.stringify({ ...info, memo: undefined, searchAttributes: undefined });
  return text;
}
