/**
 * What a run waits for, told to visibility: some time after it changed, off every request's path, once for whatever
 * changed meanwhile. Nothing is owed: what is lost comes with the next change, the next row, or the sweep.
 */

import type { VisibilityRecord } from '../../sdk/common/service.ts';
import type { Outside } from './outside.ts';

export class DetailsWriter {
  readonly #outside: Outside;
  /** The committed row of the newest run, while it is open. */
  readonly #row: () => Promise<VisibilityRecord | undefined>;
  #waiting = false;
  #written: string | undefined;

  constructor(outside: Outside, row: () => Promise<VisibilityRecord | undefined>) {
    this.#outside = outside;
    this.#row = row;
  }

  /** Something was committed, or waits for a Worker. */
  changed(): void {
    const { detailsPauseMs } = this.#outside;
    if (detailsPauseMs === undefined || this.#waiting) return;
    this.#waiting = true;
    this.#outside.after(detailsPauseMs, () => {
      this.#waiting = false;
      this.#outside.keepAlive(this.#write());
    });
  }

  async #write(): Promise<void> {
    try {
      const row = await this.#row();
      if (!row?.details) return;
      const { sequence: _, ...details } = row.details;
      const text = JSON.stringify([row.info.execution.runId, details]);
      if (text === this.#written) return;
      await this.#outside.recordVisibility(row);
      this.#written = text;
    } catch (error) {
      this.#outside.log('details not written to visibility', { reason: String(error) });
    }
  }
}
