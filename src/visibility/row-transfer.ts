/** The SQL of rows that go from one shard to another, as they are stored. */

import type { WorkflowExecution } from '../../sdk/common/history.ts';
import type { Sql, SqlValue } from '../lazy-schema.ts';
import type { RunFacts } from '../observability/run-counts.ts';
import { UPSERT, type VisibilityStore, WRITTEN } from './store.ts';

/** By column. */
export type StoredRow = Record<string, SqlValue>;

export interface RowKey {
  workflowId: string;
  runId: string;
}
/** What a row was when it was copied. */
export interface CopiedRow extends RowKey {
  version: number;
  detail: number;
}

/** What travels together; an RPC message is bounded to 32 MiB, and several are under way at once. */
const MAX_LENGTH = 2 * 1024 * 1024;

export class RowTransfer {
  readonly #sql: Sql;
  readonly #store: VisibilityStore;

  constructor(sql: Sql, store: VisibilityStore) {
    this.#sql = sql;
    this.#store = store;
  }

  /** Of all rows, in their order, behind `after`. */
  keys(after: RowKey | undefined, limit: number): RowKey[] {
    if (!this.#store.created) return [];
    const sql = `SELECT workflow_id, run_id FROM runs WHERE (workflow_id, run_id) > (?, ?)
      ORDER BY workflow_id, run_id LIMIT ?`;
    const rows = [...this.#sql.exec(sql, after?.workflowId ?? '', after?.runId ?? '', limit)];
    return rows.map((row) => ({ workflowId: row.workflow_id as string, runId: row.run_id as string }));
  }

  /** As many rows of these as may travel together; how many keys are done with, the rows that are gone included. */
  copy(keys: readonly RowKey[]): { rows: StoredRow[]; done: number } {
    const rows: StoredRow[] = [];
    let length = 0;
    for (const [done, key] of keys.entries()) {
      const row = this.#row(key);
      if (!row) continue;
      length += String(row.record).length + String(row.fields).length;
      if (rows.length > 0 && length > MAX_LENGTH) return { rows, done };
      rows.push(row);
    }
    return { rows, done: keys.length };
  }

  has({ workflowId, runId = '' }: WorkflowExecution): boolean {
    if (!this.#store.created) return false;
    const sql = 'SELECT 1 FROM runs WHERE workflow_id = ? AND run_id = ?';
    return [...this.#sql.exec(sql, workflowId, runId)].length > 0;
  }

  /** Those of which there is a newer version here. */
  newer(rows: readonly CopiedRow[]): RowKey[] {
    if (!this.#store.created) return [];
    const sql = 'SELECT 1 FROM runs WHERE workflow_id = ? AND run_id = ? AND (version, detail) > (?, ?)';
    const found = rows.filter(
      ({ workflowId, runId, version, detail }) =>
        [...this.#sql.exec(sql, workflowId, runId, version, detail)].length > 0,
    );
    return found.map(({ workflowId, runId }) => ({ workflowId, runId }));
  }

  /** Writes those that are newer than what stands here. What they counted was counted where they come from. */
  receive(rows: readonly StoredRow[]): void {
    const { counts } = this.#store;
    const arrived: RunFacts[] = [];
    if (rows.length > 0) this.#store.create(rows.map((row) => keyOf(row).workflowId));
    for (const row of rows) {
      if (this.#store.isDeleted(row.run_id as string)) continue;
      const { workflowId, runId } = keyOf(row);
      const before = counts.isRead ? this.#store.facts({ workflowId, runId }) : undefined;
      const values = WRITTEN.map((column) => row[column] ?? null);
      const written = [...this.#sql.exec(UPSERT, workflowId, runId, ...values)].length > 0;
      if (!written) continue;
      const facts = this.#store.facts({ workflowId, runId })!;
      counts.changed(before, facts);
      arrived.push(facts);
    }
    counts.arrived(arrived);
  }

  /** Deletes rows that now stand elsewhere, unless they have been written again since they were copied. */
  drop(rows: readonly CopiedRow[]): void {
    if (!this.#store.created) return;
    const left: RunFacts[] = [];
    for (const { workflowId, runId, version, detail } of rows) {
      const facts = this.#store.facts({ workflowId, runId });
      const sql = `DELETE FROM runs WHERE workflow_id = ? AND run_id = ? AND (version, detail) <= (?, ?)
        RETURNING run_id`;
      if ([...this.#sql.exec(sql, workflowId, runId, version, detail)].length > 0) left.push(facts!);
    }
    this.#store.counts.left(left);
  }

  #row({ workflowId, runId }: RowKey): StoredRow | undefined {
    const sql = 'SELECT * FROM runs WHERE workflow_id = ? AND run_id = ?';
    return [...this.#sql.exec(sql, workflowId, runId)][0] as StoredRow | undefined;
  }
}

const keyOf = (row: StoredRow): RowKey => ({
  workflowId: row.workflow_id as string,
  runId: row.run_id as string,
});

export const copied = (row: StoredRow): CopiedRow => ({
  ...keyOf(row),
  version: row.version as number,
  detail: row.detail as number,
});
