/** The store of tests and of `perdure/testing`: arrays, with the same all-or-nothing commit. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { firstSeq } from './log.ts';
import type { Commit, ExecutionStore, LogRow, ProgressRow, SnapshotRow } from './store.ts';

export class MemoryStore implements ExecutionStore {
  readonly log: LogRow[] = [];
  alarm: EpochMs | undefined;
  #snapshot: SnapshotRow | undefined;
  readonly #progress = new Map<number, string>();
  /** By owner, then by hash. An owner is a run or a heartbeat, named as in the SqlStore. */
  readonly payloads = new Map<string, Map<string, string>>();

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

  hasPayload(runNumber: number, sha256: string): boolean {
    return this.payloads.get(`run/${runNumber}`)?.has(sha256) ?? false;
  }

  payload(runNumber: number, sha256: string): string | undefined {
    const own = this.payloads.get(`run/${runNumber}`)?.get(sha256);
    if (own !== undefined) return own;
    for (const id of this.#progress.keys()) {
      const text = this.payloads.get(`progress/${id}`)?.get(sha256);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  commit(commit: Commit): void {
    if (commit.everything) {
      this.#clear();
      return;
    }
    if (commit.deletedRun !== undefined) {
      const from = this.#indexOf(firstSeq(commit.deletedRun));
      this.log.splice(from, this.#indexOf(firstSeq(commit.deletedRun + 1)) - from);
      this.payloads.delete(`run/${commit.deletedRun}`);
    }
    for (const { seq } of commit.rows) {
      if (this.log[this.#indexOf(seq)]?.seq === seq) throw new Error(`log row ${seq} exists already`);
    }
    for (const row of commit.rows) this.log.splice(this.#indexOf(row.seq), 0, row);
    for (const { runNumber, sha256, data } of commit.payloads ?? [])
      this.#keep(`run/${runNumber}`, sha256, data);
    for (const { scheduledEventId, data, payloads } of commit.progress) {
      this.payloads.delete(`progress/${scheduledEventId}`);
      for (const { sha256, data } of payloads ?? []) this.#keep(`progress/${scheduledEventId}`, sha256, data);
      if (data === null) this.#progress.delete(scheduledEventId);
      else this.#progress.set(scheduledEventId, data);
    }
    if (commit.snapshot) this.#snapshot = commit.snapshot;
    if (commit.alarm !== undefined) this.alarm = commit.alarm;
  }

  #clear(): void {
    this.log.length = 0;
    this.alarm = undefined;
    this.#snapshot = undefined;
    this.#progress.clear();
    this.payloads.clear();
  }

  #keep(owner: string, sha256: string, data: string): void {
    const texts = this.payloads.get(owner) ?? new Map<string, string>();
    this.payloads.set(owner, texts.set(sha256, data));
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
