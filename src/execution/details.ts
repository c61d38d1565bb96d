/**
 * What a run waits for, told to visibility: some time after it changed, off every request's path, once for whatever
 * changed meanwhile. Nothing is owed: what is lost comes with the next change, the next row, or the sweep.
 */

import type { VisibilityRecord } from '../../sdk/common/service.ts';
import type { Outside } from './outside.ts';

/** Of a run that has been as it was for some time. The row of its start comes before, and says as much. */
const SOON_MS = 600;

export class DetailsWriter {
  readonly #outside: Outside;
  /** The committed row of the newest run, while it is open. */
  readonly #row: () => Promise<VisibilityRecord | undefined>;
  #stopWaiting: (() => void) | undefined;
  #written: string | undefined;
  /** When visibility was told something. */
  #lastTime = 0;
  /** So often did something change. */
  #changes = 0;

  constructor(outside: Outside, row: () => Promise<VisibilityRecord | undefined>) {
    this.#outside = outside;
    this.#row = row;
  }

  /** Something was committed, or waits for a Worker. */
  changed(): void {
    this.#changes++;
    const { detailsPauseMs } = this.#outside;
    if (detailsPauseMs === undefined || this.#stopWaiting) return;
    // An object that waits is paid for: only a run that changes all the time waits for the whole pause.
    // Never for more: the clock may have been set back since.
    const rest = Math.min(this.#lastTime + detailsPauseMs - this.#outside.now(), detailsPauseMs);
    this.#stopWaiting = this.#outside.after(Math.max(rest, Math.min(SOON_MS, detailsPauseMs)), () => {
      this.#stopWaiting = undefined;
      this.#outside.keepAlive(this.#write());
    });
  }

  /** The run is closed: its row is owed, and says all of it. */
  over(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
  }

  /** To be asked before a row is made that is then {@link told}. */
  get changes(): number {
    return this.#changes;
  }

  /** Visibility has this row, for a reason of its own: an object that has no more to tell may sleep. */
  told(row: VisibilityRecord, changes: number): void {
    this.#written = textOf(row);
    this.#lastTime = this.#outside.now();
    if (changes === this.#changes) this.over();
  }

  async #write(): Promise<void> {
    try {
      const row = await this.#row();
      if (!row?.details) return;
      const text = textOf(row);
      if (text === this.#written) return;
      await this.#outside.recordVisibility(row);
      this.#written = text;
      this.#lastTime = this.#outside.now();
    } catch (error) {
      this.#outside.log('details not written to visibility', { reason: String(error) });
    }
  }
}

function textOf({ info, details }: VisibilityRecord): string {
  return JSON.stringify([info.execution.runId, { ...details, sequence: undefined }]);
}
