/** Answers of finished activity tasks, kept for a while so that a dispatch sent again is answered and not executed again. */

import type { EpochMs } from '../common/duration.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';

const MAX_ANSWERS = 1_000;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_AGE_MS = 10 * 60_000;

export interface FinishedTask {
  task: ActivityTask;
  /** `'async'`: will be completed by its task token. */
  answer: ActivityTaskAnswer | 'async';
  finishedTime: EpochMs;
  bytes: number;
  /** Every answer that is kept has another one. */
  serial: number;
}

export class AnswerStore {
  private readonly byDispatchId = new Map<string, FinishedTask>();
  /**
   * Oldest first, from `oldest` on: a Map from which the first is always taken is slow to walk. Of the answers themselves
   * it holds none: what is forgotten is free.
   */
  private order: Array<Pick<FinishedTask, 'serial'> & { dispatchId: string }> = [];
  private oldest = 0;
  private serial = 0;
  private bytes = 0;

  get(dispatchId: string, now: EpochMs): FinishedTask | undefined {
    this.forget(now);
    return this.byDispatchId.get(dispatchId);
  }

  add(task: ActivityTask, answer: ActivityTaskAnswer | 'async', now: EpochMs): FinishedTask {
    // The input is not needed any more; ids and token are.
    const { input: _, heartbeatDetails: __, ...rest } = task;
    const { dispatchId } = task;
    const serial = this.serial++;
    const finished = { task: rest, answer, finishedTime: now, bytes: JSON.stringify(answer).length, serial };
    // An attempt that was executed again is the newest, wherever its first answer stood.
    this.bytes += finished.bytes - (this.byDispatchId.get(dispatchId)?.bytes ?? 0);
    this.byDispatchId.set(dispatchId, finished);
    this.order.push({ dispatchId, serial });
    this.forget(now);
    return finished;
  }

  since(time: EpochMs): FinishedTask[] {
    return [...this.byDispatchId.values()].filter((finished) => finished.finishedTime >= time);
  }

  /** Oldest first; the newest is always kept. */
  private forget(now: EpochMs): void {
    for (; this.oldest < this.order.length; this.oldest++) {
      const { dispatchId, serial } = this.order[this.oldest]!;
      const first = this.byDispatchId.get(dispatchId);
      // One that was executed again stands further behind.
      if (first?.serial !== serial) continue;
      const tooMany = this.byDispatchId.size > MAX_ANSWERS || this.bytes > MAX_BYTES;
      if (this.byDispatchId.size === 1 && tooMany) break;
      if (!tooMany && now - first.finishedTime <= MAX_AGE_MS) break;
      this.byDispatchId.delete(dispatchId);
      this.bytes -= first.bytes;
    }
    if (this.oldest < MAX_ANSWERS) return;
    this.order = this.order.slice(this.oldest);
    this.oldest = 0;
  }
}
