/** The store of a Durable Object: all SQL of a run stands here. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { firstSeq, piecesOf } from './log.ts';
import type { Commit, ExecutionStore, LogRow, ProgressRow, SnapshotRow } from './store.ts';

const SCHEMA = `
  CREATE TABLE log (seq INTEGER PRIMARY KEY, data TEXT NOT NULL);
  CREATE TABLE snapshot (piece INTEGER PRIMARY KEY, seq INTEGER NOT NULL, data TEXT NOT NULL);
  CREATE TABLE progress (scheduled_event_id INTEGER PRIMARY KEY, data TEXT NOT NULL);
`;

export class SqlStore implements ExecutionStore {
  readonly #storage: DurableObjectStorage;
  readonly #clockOffset: number;
  /** Known once asked: tables are made by the first commit, so that asking about an unknown id allocates nothing. */
  #hasTables: boolean | undefined;

  /** `clockOffset` is taken off alarm times: the platform's alarm knows only its own clock. */
  constructor(storage: DurableObjectStorage, clockOffset: number) {
    this.#storage = storage;
    this.#clockOffset = clockOffset;
  }

  lastSeq(runNumber?: number): number | undefined {
    if (!this.#tablesExist()) return undefined;
    const before = runNumber === undefined ? Number.MAX_SAFE_INTEGER : firstSeq(runNumber + 1);
    const sql = 'SELECT seq FROM log WHERE seq < ? ORDER BY seq DESC LIMIT 1';
    const seq = this.#storage.sql.exec<{ seq: number }>(sql, before).toArray()[0]?.seq;
    return seq !== undefined && runNumber !== undefined && seq < firstSeq(runNumber) ? undefined : seq;
  }

  rows(from: number, to: number): Iterable<LogRow> {
    if (!this.#tablesExist()) return [];
    const sql = 'SELECT seq, data FROM log WHERE seq >= ? AND seq < ? ORDER BY seq';
    return this.#storage.sql.exec<LogRow & Record<string, SqlStorageValue>>(sql, from, to);
  }

  snapshot(): SnapshotRow | undefined {
    if (!this.#tablesExist()) return undefined;
    const sql = 'SELECT seq, data FROM snapshot ORDER BY piece';
    const pieces = this.#storage.sql.exec<SnapshotRow & Record<string, SqlStorageValue>>(sql).toArray();
    return pieces[0] && { seq: pieces[0].seq, data: pieces.map(({ data }) => data).join('') };
  }

  progress(): ProgressRow[] {
    if (!this.#tablesExist()) return [];
    const sql = 'SELECT scheduled_event_id AS scheduledEventId, data FROM progress';
    return this.#storage.sql.exec<{ scheduledEventId: number; data: string }>(sql).toArray();
  }

  commit(commit: Commit): void {
    this.#storage.transactionSync(() => {
      const sql = this.#storage.sql;
      if (commit.rows.length > 0 && !this.#tablesExist()) sql.exec(SCHEMA);
      for (const row of commit.rows) sql.exec('INSERT INTO log (seq, data) VALUES (?, ?)', row.seq, row.data);
      for (const { scheduledEventId, data } of commit.progress) {
        if (data === null) sql.exec('DELETE FROM progress WHERE scheduled_event_id = ?', scheduledEventId);
        else sql.exec('INSERT OR REPLACE INTO progress VALUES (?, ?)', scheduledEventId, data);
      }
      if (commit.snapshot) {
        const { seq, data } = commit.snapshot;
        const pieces = piecesOf(data);
        for (const [piece, text] of pieces.entries())
          sql.exec('INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)', piece, seq, text);
        sql.exec('DELETE FROM snapshot WHERE piece >= ?', pieces.length);
      }
    });
    if (commit.rows.length > 0) this.#hasTables = true;
    // Same synchronous block as the transaction: the platform commits both together.
    if (commit.alarm !== undefined) this.#arm(commit.alarm);
  }

  #arm(time: EpochMs): void {
    void this.#storage.setAlarm(time - this.#clockOffset);
  }

  #tablesExist(): boolean {
    this.#hasTables ??=
      this.#storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'log'").toArray()
        .length > 0;
    return this.#hasTables;
  }
}
