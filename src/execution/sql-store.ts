/** The store of a Durable Object: all SQL of a run stands here. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { alarmTime } from '../alarm.ts';
import { firstSeq, runNumberOf } from './log.ts';
import { Pieces, piecesOf } from './pieces.ts';
import type { Commit, ExecutionStore, LogRow, ProgressRow, SnapshotRow } from './store.ts';

/** Each is made with its first row: most runs need only the first, and asking about an unknown id allocates nothing. */
const TABLES = {
  log: '(seq INTEGER PRIMARY KEY, data TEXT NOT NULL)',
  snapshot: '(id INTEGER PRIMARY KEY CHECK (id = 0), seq INTEGER NOT NULL, data TEXT NOT NULL)',
  progress: '(scheduled_event_id INTEGER PRIMARY KEY, data TEXT NOT NULL)',
};
type Table = keyof typeof TABLES;

/** Those that a commit needs. */
const tablesOf = ({ rows, snapshot, progress }: Commit): Table[] => [
  ...(rows.length > 0 ? (['log'] as const) : []),
  ...(snapshot ? (['snapshot'] as const) : []),
  ...(progress.length > 0 ? (['progress'] as const) : []),
];

/** Which is carried out or is not: without a transaction of its own it costs half as much, and most commits are so. */
const isOneStatement = ({ rows, payloads = [], progress, snapshot, deletedRun }: Commit): boolean =>
  rows.length === 1 &&
  piecesOf(rows[0]!.data) === 1 &&
  payloads.length + progress.length === 0 &&
  !snapshot &&
  deletedRun === undefined;

export class SqlStore implements ExecutionStore {
  readonly #storage: DurableObjectStorage;
  readonly #clockOffset: number;
  readonly #pieces: Pieces;
  /** Whether they are there, as far as it is known. */
  readonly #tables = new Map<Table, boolean>();
  /** Of all rows, once one is known: each statement is compiled anew for each object. */
  #lastSeq: number | undefined;

  /** `clockOffset` is taken off alarm times: the platform's alarm knows only its own clock. */
  constructor(storage: DurableObjectStorage, clockOffset: number) {
    this.#storage = storage;
    this.#clockOffset = clockOffset;
    this.#pieces = new Pieces(storage.sql);
  }

  lastSeq(runNumber?: number): number | undefined {
    const last = this.#lastSeq;
    if (last !== undefined && (runNumber === undefined || runNumber === runNumberOf(last))) return last;
    const seq = this.#readLastSeq(runNumber);
    if (runNumber === undefined) this.#lastSeq = seq;
    return seq;
  }

  #readLastSeq(runNumber: number | undefined): number | undefined {
    if (!this.#exists('log')) return undefined;
    const before = runNumber === undefined ? Number.MAX_SAFE_INTEGER : firstSeq(runNumber + 1);
    const sql = 'SELECT seq FROM log WHERE seq < ? ORDER BY seq DESC LIMIT 1';
    const seq = this.#storage.sql.exec<{ seq: number }>(sql, before).toArray()[0]?.seq;
    return seq !== undefined && runNumber !== undefined && seq < firstSeq(runNumber) ? undefined : seq;
  }

  *rows(from: number, to: number): Iterable<LogRow> {
    if (!this.#exists('log')) return;
    const sql = 'SELECT seq, data FROM log WHERE seq >= ? AND seq < ? ORDER BY seq';
    for (const { seq, data } of this.#storage.sql.exec<{ seq: number; data: string }>(sql, from, to)) {
      yield { seq, data: this.#pieces.get(`log/${seq}`, data) };
    }
  }

  snapshot(): SnapshotRow | undefined {
    if (!this.#exists('snapshot')) return undefined;
    const sql = 'SELECT seq, data FROM snapshot WHERE id = 0';
    const [row] = this.#storage.sql.exec<{ seq: number; data: string }>(sql).toArray();
    return row && { seq: row.seq, data: this.#pieces.get('snapshot', row.data) };
  }

  progress(): ProgressRow[] {
    if (!this.#exists('progress')) return [];
    const sql = 'SELECT scheduled_event_id AS scheduledEventId, data FROM progress';
    const rows = this.#storage.sql.exec<{ scheduledEventId: number; data: string }>(sql).toArray();
    return rows.map(({ scheduledEventId, data }) => {
      return { scheduledEventId, data: this.#pieces.get(`progress/${scheduledEventId}`, data) };
    });
  }

  hasPayload(runNumber: number, sha256: string): boolean {
    return this.#pieces.has(`run/${runNumber}/${sha256}`);
  }

  payload(runNumber: number, sha256: string): string | undefined {
    const own = this.#pieces.kept(`run/${runNumber}/${sha256}`);
    if (own !== undefined) return own;
    const owner = this.#pieces.find('progress/', `/${sha256}`);
    return owner && this.#pieces.kept(owner);
  }

  commit(commit: Commit): void {
    // What throws may have been carried out all the same.
    const known = this.#lastSeq;
    this.#lastSeq = undefined;
    if (commit.everything) {
      // Takes effect here and now; the promise is about the disk, and nothing leaves the object before it.
      void this.#storage.deleteAll();
      this.#tables.clear();
      return;
    }
    const missing = tablesOf(commit).filter((table) => !this.#exists(table));
    for (const [table, exists] of this.#tables) if (!exists) this.#tables.delete(table);
    if (missing.length === 0 && isOneStatement(commit)) this.#write(commit, missing);
    else this.#storage.transactionSync(() => this.#write(commit, missing));
    for (const table of missing) this.#tables.set(table, true);
    const last = missing.includes('log') ? -1 : known;
    if (last !== undefined && commit.deletedRun === undefined)
      this.#lastSeq = commit.rows.reduce((newest, { seq }) => Math.max(newest, seq), last);
    // Same synchronous block as the transaction: the platform commits both together.
    if (commit.alarm !== undefined) this.#arm(commit.alarm);
  }

  #write(commit: Commit, missing: Table[]): void {
    const { sql } = this.#storage;
    for (const table of missing) sql.exec(`CREATE TABLE ${table} ${TABLES[table]}`);
    if (commit.deletedRun !== undefined) this.#deleteRun(commit.deletedRun);
    for (const { seq, data } of commit.rows) {
      sql.exec('INSERT INTO log (seq, data) VALUES (?, ?)', seq, this.#pieces.put(`log/${seq}`, data));
    }
    for (const { runNumber, sha256, data } of commit.payloads ?? [])
      this.#pieces.keep(`run/${runNumber}/${sha256}`, data);
    for (const { scheduledEventId, data, payloads } of commit.progress) {
      const owner = `progress/${scheduledEventId}`;
      this.#pieces.remove(owner);
      if (data === null) {
        sql.exec('DELETE FROM progress WHERE scheduled_event_id = ?', scheduledEventId);
      } else {
        const text = this.#pieces.put(owner, data);
        sql.exec('INSERT OR REPLACE INTO progress VALUES (?, ?)', scheduledEventId, text);
        for (const { sha256, data } of payloads ?? []) this.#pieces.keep(`${owner}/${sha256}`, data);
      }
    }
    if (commit.snapshot) {
      const { seq, data } = commit.snapshot;
      this.#pieces.remove('snapshot');
      sql.exec('INSERT OR REPLACE INTO snapshot VALUES (0, ?, ?)', seq, this.#pieces.put('snapshot', data));
    }
  }

  #deleteRun(runNumber: number): void {
    const { sql } = this.#storage;
    const range = [firstSeq(runNumber), firstSeq(runNumber + 1)];
    const long = sql.exec<{ seq: number }>(
      "SELECT seq FROM log WHERE seq >= ? AND seq < ? AND data = ''",
      ...range,
    );
    for (const { seq } of long.toArray()) this.#pieces.remove(`log/${seq}`);
    sql.exec('DELETE FROM log WHERE seq >= ? AND seq < ?', ...range);
    this.#pieces.remove(`run/${runNumber}`);
  }

  #arm(time: EpochMs): void {
    void this.#storage.setAlarm(alarmTime(time, this.#clockOffset));
  }

  /** A no is remembered until the next commit: whoever makes the table may not hear of it. */
  #exists(table: Table): boolean {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
    const exists = this.#storage.sql.exec(sql, table).toArray().length > 0;
    this.#tables.set(table, exists);
    return exists;
  }
}
