/** The SQL of a TaskQueue object: who waits, who has a permit, and what was granted last. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import { LazySchema, type Sql } from '../lazy-schema.ts';

export interface WaitingTask {
  /** In the order of asking. */
  seq: number;
  task: ActivityTaskRef;
  asked: EpochMs;
  priority: number;
  /** Its turn among those of the same priority. */
  tag: number;
  fairnessKey: string;
  weight: number;
  leaseMs: number;
}
export interface Permit {
  task: ActivityTaskRef;
  asked: EpochMs;
  granted: EpochMs;
  expires: EpochMs;
  /** When its holder said last that it is in use; 0: it has not been told. */
  checked: EpochMs;
}
export interface QueueState {
  limits: TaskQueueLimits;
  /** When the next one would be due if all were granted evenly. */
  theoretical: EpochMs;
}

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, limits TEXT NOT NULL, theoretical REAL NOT NULL)',
  `CREATE TABLE IF NOT EXISTS permits (task TEXT PRIMARY KEY, asked INTEGER NOT NULL, granted INTEGER NOT NULL, expires INTEGER NOT NULL,
     checked INTEGER NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY, task TEXT NOT NULL UNIQUE, asked INTEGER NOT NULL, priority INTEGER NOT NULL,
     tag REAL NOT NULL, fairness_key TEXT NOT NULL, weight REAL NOT NULL, lease INTEGER NOT NULL)`,
  'CREATE INDEX IF NOT EXISTS by_turn ON waiting (priority, tag, seq)',
];
/** Those that were made before fairness keys had a rate of their own are without: they are there all the same. */
const PACES_SCHEMA = [
  'CREATE INDEX IF NOT EXISTS by_lane ON waiting (priority, fairness_key, tag, seq)',
  'CREATE TABLE IF NOT EXISTS paces (fairness_key TEXT PRIMARY KEY, theoretical REAL NOT NULL, ready REAL NOT NULL) WITHOUT ROWID',
];
/**
 * The first one that waits of each priority and fairness key: as many rows are read, however many wait. The next one is
 * sought of the same priority and then of the next: compared as a pair, all of a priority would be read for each.
 */
const HEADS = `WITH RECURSIVE head (seq, priority, fairness_key) AS (
    SELECT seq, priority, fairness_key FROM (
      SELECT * FROM waiting ORDER BY priority, fairness_key, tag, seq LIMIT 1)
    UNION ALL
    SELECT next.seq, next.priority, next.fairness_key FROM head JOIN waiting AS next ON next.seq = coalesce(
      (SELECT seq FROM waiting WHERE priority = head.priority AND fairness_key > head.fairness_key
       ORDER BY fairness_key, tag, seq LIMIT 1),
      (SELECT seq FROM waiting WHERE priority > head.priority
       ORDER BY priority, fairness_key, tag, seq LIMIT 1)))`;
/** Paces that are of no use any more are looked for after so many were set. */
const PACES_BETWEEN_SWEEPS = 1_000;

export class TaskQueueStore {
  readonly #sql: Sql;
  readonly #schema: LazySchema;
  readonly #pacesSchema: LazySchema;
  readonly #transaction: (work: () => void) => void;
  #pacesSet = 0;

  /** `transaction`: all that `work` writes, or nothing. */
  constructor(sql: Sql, transaction: (work: () => void) => void) {
    this.#sql = sql;
    this.#schema = new LazySchema(sql, SCHEMA, 'by_turn');
    this.#pacesSchema = new LazySchema(sql, PACES_SCHEMA, 'paces');
    this.#transaction = transaction;
  }

  transaction(work: () => void): void {
    this.#schema.create();
    this.#pacesSchema.create();
    this.#transaction(work);
  }

  /** Was anything ever stored? */
  get created(): boolean {
    return this.#schema.created;
  }

  state(): QueueState | undefined {
    if (!this.created) return undefined;
    const [row] = this.#rows('SELECT limits, theoretical FROM state WHERE id = 1');
    if (!row) return undefined;
    const limits = JSON.parse(row.limits as string) as TaskQueueLimits;
    return { limits, theoretical: row.theoretical as number };
  }

  putState({ limits, theoretical }: QueueState): void {
    this.#rows('INSERT OR REPLACE INTO state VALUES (1, ?, ?)', JSON.stringify(limits), theoretical);
  }

  permit(task: ActivityTaskRef): Permit | undefined {
    return this.#permits('WHERE task = ?', keyOf(task))[0];
  }

  permitCount(): number {
    return this.#rows('SELECT COUNT(*) AS n FROM permits')[0]!.n as number;
  }

  putPermit({ task, asked, granted, expires, checked }: Permit): void {
    const insert = 'INSERT OR REPLACE INTO permits VALUES (?, ?, ?, ?, ?)';
    this.#rows(insert, keyOf(task), asked, granted, expires, checked);
  }

  /** @param asked not one that was asked for later */
  removePermit(task: ActivityTaskRef, asked = Number.MAX_SAFE_INTEGER): void {
    this.#rows('DELETE FROM permits WHERE task = ? AND asked <= ?', keyOf(task), asked);
  }

  removeExpired(now: EpochMs): void {
    this.#rows('DELETE FROM permits WHERE expires <= ?', now);
  }

  /** Those whose holders were asked longest ago, or never; or, by a clock that was set back since, in the future. */
  unchecked(before: EpochMs, now: EpochMs, limit: number): Permit[] {
    const where = 'WHERE checked <= ? OR checked > ? ORDER BY checked, task LIMIT ?';
    return this.#permits(where, before, now, limit);
  }

  /** One that waits already keeps its turn. Answers whether it does. */
  askedAgain({ task, asked }: Pick<WaitingTask, 'task' | 'asked'>): boolean {
    const update = 'UPDATE waiting SET asked = MAX(asked, ?) WHERE task = ? RETURNING 1';
    return this.#rows(update, asked, keyOf(task)).length > 0;
  }

  waitingCount(): number {
    return this.#rows('SELECT COUNT(*) AS n FROM waiting')[0]!.n as number;
  }

  addWaiting(waiting: Omit<WaitingTask, 'seq'>): void {
    const { task, asked, priority, tag, fairnessKey, weight, leaseMs } = waiting;
    const insert = `INSERT INTO waiting (task, asked, priority, tag, fairness_key, weight, lease)
      VALUES (?, ?, ?, ?, ?, ?, ?)`;
    this.#rows(insert, keyOf(task), asked, priority, tag, fairnessKey, weight, leaseMs);
  }

  removeWaiting(task: ActivityTaskRef, asked: EpochMs): void {
    this.#rows('DELETE FROM waiting WHERE task = ? AND asked <= ?', keyOf(task), asked);
  }

  /** Whose turn it is. */
  first(): WaitingTask | undefined {
    return this.#rows('SELECT * FROM waiting ORDER BY priority, tag, seq LIMIT 1').map(waitingTask)[0];
  }

  /** Whose turn it is among those whose fairness keys may go on: the first one of each priority and key, in their order. */
  firstReady(now: EpochMs, limit: number): WaitingTask[] {
    const query = `${HEADS} SELECT waiting.* FROM head JOIN waiting ON waiting.seq = head.seq
      LEFT JOIN paces ON paces.fairness_key = head.fairness_key
      WHERE paces.ready IS NULL OR paces.ready <= ?
      ORDER BY waiting.priority, waiting.tag, waiting.seq LIMIT ?`;
    return this.#rows(query, now, limit).map(waitingTask);
  }

  /** Of one priority and fairness key. */
  firstOf(priority: number, fairnessKey: string): WaitingTask | undefined {
    const query = 'SELECT * FROM waiting WHERE priority = ? AND fairness_key = ? ORDER BY tag, seq LIMIT 1';
    return this.#rows(query, priority, fairnessKey).map(waitingTask)[0];
  }

  /** When the next fairness key that waits may go on. */
  nextReady(now: EpochMs): EpochMs | undefined {
    const query = `${HEADS} SELECT MIN(paces.ready) AS ready FROM head
      JOIN paces ON paces.fairness_key = head.fairness_key WHERE paces.ready > ?`;
    return (this.#rows(query, now)[0]?.ready as number | null) ?? undefined;
  }

  /** When the next one of the fairness key would be due if all were granted evenly. */
  paceOf(fairnessKey: string): EpochMs {
    const [row] = this.#rows('SELECT theoretical FROM paces WHERE fairness_key = ?', fairnessKey);
    return (row?.theoretical as number | undefined) ?? 0;
  }

  isReady(fairnessKey: string, now: EpochMs): boolean {
    return (
      this.#rows('SELECT 1 FROM paces WHERE fairness_key = ? AND ready > ?', fairnessKey, now).length === 0
    );
  }

  putPace(fairnessKey: string, theoretical: EpochMs, ready: EpochMs, now: EpochMs): void {
    this.#rows('INSERT OR REPLACE INTO paces VALUES (?, ?, ?)', fairnessKey, theoretical, ready);
    if (++this.#pacesSet % PACES_BETWEEN_SWEEPS === 0)
      this.#rows('DELETE FROM paces WHERE theoretical <= ?', now);
  }

  /** Each fairness key begins anew. */
  removePaces(): void {
    this.#rows('DELETE FROM paces');
  }

  /** Behind the last one of each priority and fairness key, and the first one of each priority. */
  turns(): Array<{ priority: number; fairnessKey: string; first: number; next: number }> {
    if (!this.created) return [];
    const rows = this.#rows(
      `SELECT priority, fairness_key, MIN(tag) AS first, MAX(tag + 1 / weight) AS next
       FROM waiting GROUP BY priority, fairness_key`,
    );
    return rows.map((row) => ({
      priority: row.priority as number,
      fairnessKey: row.fairness_key as string,
      first: row.first as number,
      next: row.next as number,
    }));
  }

  #permits(where: string, ...bindings: Array<string | number>): Permit[] {
    const rows = this.#rows(`SELECT * FROM permits ${where}`, ...bindings);
    return rows.map(({ task, asked, granted, expires, checked }) => ({
      task: refOf(task as string),
      asked: asked as number,
      granted: granted as number,
      expires: expires as number,
      checked: checked as number,
    }));
  }

  #rows(query: string, ...bindings: Array<string | number>): Array<Record<string, unknown>> {
    return [...this.#sql.exec(query, ...bindings)];
  }
}

function waitingTask(row: Record<string, unknown>): WaitingTask {
  return {
    seq: row.seq as number,
    task: refOf(row.task as string),
    asked: row.asked as number,
    priority: row.priority as number,
    tag: row.tag as number,
    fairnessKey: row.fairness_key as string,
    weight: row.weight as number,
    leaseMs: row.lease as number,
  };
}

const keyOf = ({ namespace, workflowId, runId, scheduledEventId, attempt }: ActivityTaskRef): string =>
  JSON.stringify([namespace, workflowId, runId, scheduledEventId, attempt]);

function refOf(key: string): ActivityTaskRef {
  const [namespace, workflowId, runId, scheduledEventId, attempt] = JSON.parse(key) as [
    string,
    string,
    string,
    number,
    number,
  ];
  return { namespace, workflowId, runId, scheduledEventId, attempt };
}
