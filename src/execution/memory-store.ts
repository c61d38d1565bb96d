/** The store of tests and of `perdure/testing`: arrays, with the same all-or-nothing commit. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { firstSeq } from './log.ts';
import type { Commit, ExecutionStore, LogRow, ProgressRow, SnapshotRow } from './store.ts';

export class MemoryStore implements ExecutionStore {
  readonly log: LogRow[] = [];
  alarm: EpochMs | undefined;
  #snapshot: SnapshotRow | undefined;
  readonly #progress = new Map<number, string>();

  lastSeq(runNumber?: number): number | undefined {
    const before = runNumber === undefined ? Number.POSITIVE_INFINITY : firstSeq(runNumber + 1);
    const seq = this.log[this.#indexOf(before) - 1]?.seq;
    return seq !== undefined && runNumber !== undefined && seq < firstSeq(runNumber) ? undefined : seq;
  }

  rows(from: number, to: number): Iterable<LogRow> {
    return this.log.slice(this.#indexOf(from), this.#indexOf(to));
  }

  snapshot(): SnapshotRow | undefined {
    return this.#snapshot;
  }

  progress(): ProgressRow[] {
    return [...this.#progress].map(([scheduledEventId, data]) => ({ scheduledEventId, data }));
  }

  commit(commit: Commit): void {
    for (const { seq } of commit.rows) {
      if (this.log[this.#indexOf(seq)]?.seq === seq) throw new Error(`log row ${seq} exists already`);
    }
    for (const row of commit.rows) this.log.splice(this.#indexOf(row.seq), 0, row);
    for (const { scheduledEventId, data } of commit.progress) {
      if (data === null) this.#progress.delete(scheduledEventId);
      else this.#progress.set(scheduledEventId, data);
    }
    if (commit.snapshot) this.#snapshot = commit.snapshot;
    if (commit.alarm !== undefined) this.alarm = commit.alarm;
  }

  /** Index of the first row with `seq` or more. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.log[middle]!.seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
