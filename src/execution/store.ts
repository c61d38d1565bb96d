/** What a turn needs of storage. Everything is synchronous; `commit` is one transaction. */

import type { EpochMs } from '../../sdk/common/duration.ts';

export interface LogRow {
  seq: number;
  /** JSON of one turn's events, see log.ts. */
  data: string;
}

/** The newest run's state after row `seq`; older snapshots are overwritten. */
export interface SnapshotRow {
  seq: number;
  data: string;
}

/** The last heartbeat of a pending activity of the newest run: JSON, overwritten; `null` removes it. */
export interface ProgressRow {
  scheduledEventId: number;
  data: string | null;
}

export interface Commit {
  rows: LogRow[];
  progress: ProgressRow[];
  snapshot?: SnapshotRow;
  /** Arm the alarm for this time, in the same transaction. Absent: leave it as it is. */
  alarm?: EpochMs;
}

export interface ExecutionStore {
  /** The last seq of all, or of one run; `undefined` when there is none (nothing is allocated by asking). */
  lastSeq(runNumber?: number): number | undefined;
  /** Rows with `from ≤ seq < to`, in order. */
  rows(from: number, to: number): Iterable<LogRow>;
  snapshot(): SnapshotRow | undefined;
  progress(): ProgressRow[];
  /** All or nothing. */
  commit(commit: Commit): void;
}
