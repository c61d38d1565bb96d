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

/** The text of a large payload that the log of a run refers to. */
export interface PayloadRow {
  runNumber: number;
  sha256: string;
  data: string;
}

/** The last heartbeat of a pending activity of the newest run: JSON, overwritten; `null` removes it. */
export interface ProgressRow {
  scheduledEventId: number;
  data: string | null;
  /** Texts of its large payloads: they come and go with it. */
  payloads?: Array<Pick<PayloadRow, 'sha256' | 'data'>>;
}

export interface Commit {
  rows: LogRow[];
  progress: ProgressRow[];
  payloads?: PayloadRow[];
  snapshot?: SnapshotRow;
  /** All that is stored of this run goes; the snapshot that comes with it knows nothing of it any more. */
  deletedRun?: number;
  /** It was the last one: everything goes, the alarm too, as if the id had never been used. */
  everything?: true;
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
  /** Does the log of the run refer to it already? */
  hasPayload(runNumber: number, sha256: string): boolean;
  /** The text of a payload of the run or of a heartbeat. */
  payload(runNumber: number, sha256: string): string | undefined;
  /** All or nothing. */
  commit(commit: Commit): void;
}
