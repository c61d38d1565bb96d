/**
 * Writes a run's row to visibility when the run owes it: a little later, off every request's path, so that a run that is
 * over soon is written once. The state owes the row until its confirmation is in the log, which costs no commit of its own
 * while the run goes on: what is lost here is sent again.
 */

import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { isOpen, type RunState } from '../core/state.ts';
import type { DetailsWriter } from './details.ts';
import type { Outside } from './outside.ts';
import type { Turn } from './turn.ts';

/** Long enough for whoever waits for the end to have it first. */
const CLOSED_PAUSE_MS = 100;

export interface RowWriterContext {
  readonly outside: Outside;
  readonly details: DetailsWriter;
  turn(): Turn;
  /** The committed row, if visibility does not have it yet. */
  row(runId: string): Promise<VisibilityRecord | undefined>;
}

export class RowWriter {
  readonly #context: RowWriterContext;
  /** Runs whose rows are about to be written. */
  readonly #waiting = new Set<string>();

  constructor(context: RowWriterContext) {
    this.#context = context;
  }

  /** Is the row of the run about to be written? */
  isWaiting(runId: string): boolean {
    return this.#waiting.has(runId);
  }

  owed(run: RunState | undefined): void {
    const { outside } = this.#context;
    if (!run || this.#waiting.has(run.runId)) return;
    const { runId, visibilityChangeTime } = run;
    const whole = outside.rowPauseMs ?? 0;
    // Nothing follows the end of a run: its object may sleep the sooner.
    const rowPause = isOpen(run) ? whole : Math.min(whole, CLOSED_PAUSE_MS);
    // One that was owed for long, and is loaded again, is written at once.
    const pause = visibilityChangeTime + rowPause - outside.now();
    if (pause <= 0) {
      outside.keepAlive(this.#write(runId));
      return;
    }
    this.#waiting.add(runId);
    outside.after(pause, () => {
      this.#waiting.delete(runId);
      outside.keepAlive(this.#write(runId));
    });
  }

  async #write(runId: string): Promise<void> {
    const { outside, turn, row, details } = this.#context;
    try {
      const { changes } = details;
      const record = await row(runId);
      if (!record) return;
      await outside.recordVisibility(record);
      if (record.open) details.told(record, changes);
      const written = { kind: 'RecordVisibilityWritten', runId, version: record.version } as const;
      // An open run goes on: what comes next takes it along. One that is closed has only this left to say.
      if (record.open) turn().note(written);
      else await turn().submit(written);
    } catch (error) {
      // The state still owes it: a later re-send will do.
      outside.log('visibility not written', { runId, reason: String(error) });
    }
  }
}
