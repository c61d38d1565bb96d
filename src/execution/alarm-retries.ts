/** After an alarm that failed the object tries again by itself: the platform would give up after six times. */

import type { Measures } from '../observability/measures.ts';
import { isCorruption } from './seal.ts';

const FIRST_MS = 5_000;
const LONGEST_MS = 60_000;
/** What is stored is not what was written: only a restore mends that, and it wakes the object itself. */
const CORRUPT_MS = 3_600_000;

export class AlarmRetries {
  readonly #measures: Measures | undefined;
  #failed = 0;

  constructor(measures: Measures | undefined) {
    this.#measures = measures;
  }

  succeeded(): void {
    this.#failed = 0;
  }

  /** How long until the next try. */
  failed(error: unknown): number {
    const corrupt = isCorruption(error);
    this.#measures?.count('perdure_alarm_failures_total', [corrupt ? 'corrupt' : 'failed']);
    return corrupt ? CORRUPT_MS : Math.min(FIRST_MS * 2 ** this.#failed++, LONGEST_MS);
  }
}
