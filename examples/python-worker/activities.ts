/** What worker.py offers, as workflows in TypeScript see it. The code is there. */

import type { Simulation, Summary } from './shared.ts';

export interface Activities {
  /** @throws ApplicationFailure `TooFewNumbers`, which is not retried */
  summarize(numbers: number[]): Promise<Summary>;
  /** Long; it heartbeats. */
  simulate(summary: Summary, rounds: number): Promise<Simulation>;
  /** Completed later, by its task token. */
  approve(report: { summary: Summary; simulation: Simulation }): Promise<string>;
}
