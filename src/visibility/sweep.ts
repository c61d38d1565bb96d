/**
 * The sweep: looks after open runs whose own wake-up may have been lost. Every open row has a time by which the run
 * should have been heard of; when it passes, the run is poked (an idempotent turn) and its row refreshed from the
 * answer. A run that is well is asked less and less often, down to once a day.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import type { DueRow, VisibilityStore } from './store.ts';

/** How long after its own deadline a run may stay silent. */
const GRACE_MS = 30_000;
/** How long a run that expects nothing may stay silent. */
const IDLE_MS = 15 * 60_000;
const LONGEST_MS = 24 * 3_600_000;
/** A poke that failed is tried again after this. */
const RETRY_MS = 60_000;
const BATCH = 100;
const AT_A_TIME = 10;

export interface SweepPorts {
  /**
   * Pokes the run and answers what the engine then knows: the row of this run and, where a newer run of the same
   * workflow id follows it, that one's too. Nothing about this run: it does not exist.
   */
  poke(row: DueRow): Promise<VisibilityRecord[]>;
  /** Rows whose home is another shard: it looks after them. Those that it could not take are tried again. */
  away?: { is(workflowId: string): boolean; send(rows: readonly DueRow[]): Promise<void> };
  now(): EpochMs;
  /** `revived`: the run had news; `gone`: there is no such run. */
  looked?(outcome: 'quiet' | 'revived' | 'gone' | 'failed'): void;
  /** Told of pokes that failed; they are tried again. */
  failed(row: DueRow, error: unknown): void;
}

/** When to look at a run: `quiet` looks in a row found nothing new, and each doubles the pause. */
export function checkTime(now: EpochMs, nextDeadline: EpochMs | undefined, quiet: number): EpochMs {
  const first = nextDeadline === undefined ? IDLE_MS : GRACE_MS;
  const pause = Math.min(first * 2 ** Math.min(quiet, 20), LONGEST_MS);
  return Math.max(now, nextDeadline ?? now) + pause;
}

/** Looks at the rows that are due, at most {@link BATCH} of them. Answers how many there were; never rejects for a poke. */
export async function sweepDue(store: VisibilityStore, ports: SweepPorts): Promise<number> {
  const due = store.due(ports.now(), BATCH);
  await lookAtAll(due, store, ports);
  return due.length;
}

/**
 * Looks at closed rows that the namespace keeps no longer: the run's own alarm should have removed them, but may be set
 * for what retention was before, or be lost.
 */
export async function sweepExpired(
  store: VisibilityStore,
  ports: SweepPorts,
  retentionMs: number,
): Promise<void> {
  const now = ports.now();
  await lookAtAll(store.expired(now - retentionMs - GRACE_MS, now, BATCH), store, ports);
}

async function lookAtAll(due: DueRow[], store: VisibilityStore, ports: SweepPorts): Promise<void> {
  const away = due.filter(({ workflowId }) => ports.away?.is(workflowId));
  if (away.length > 0) {
    await ports.away!.send(away);
    for (const row of away) store.defer(row, ports.now() + RETRY_MS);
  }
  const rows = away.length > 0 ? due.filter((row) => !away.includes(row)) : due;
  for (let i = 0; i < rows.length; i += AT_A_TIME) {
    await Promise.all(rows.slice(i, i + AT_A_TIME).map((row) => lookAt(row, store, ports)));
  }
}

async function lookAt(row: DueRow, store: VisibilityStore, ports: SweepPorts): Promise<void> {
  try {
    const records = await ports.poke(row);
    const now = ports.now();
    const own = records.find((record) => record.info.execution.runId === row.runId);
    for (const record of records) {
      if (record !== own) store.upsert(record, checkTime(now, record.nextDeadline, 0));
    }
    // The object owns its runs: what it does not know, does not exist.
    if (!own) {
      ports.looked?.('gone');
      return store.remove(row);
    }
    const news = own.version > row.version;
    ports.looked?.(news ? 'revived' : 'quiet');
    const quiet = news ? 0 : row.quiet + 1;
    const checkAt = checkTime(now, own.nextDeadline, quiet);
    // The run may have written a newer row itself meanwhile; then that row keeps its own time.
    if (!store.upsert(own, checkAt) && !news) store.defer({ ...row, quiet }, checkAt);
  } catch (error) {
    ports.looked?.('failed');
    ports.failed(row, error);
    store.defer(row, ports.now() + RETRY_MS);
  }
}
