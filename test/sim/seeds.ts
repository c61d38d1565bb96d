/** A worker thread of `main.ts`: runs the seeds that it is given, one after the other. */

import { parentPort } from 'node:worker_threads';
import type { Counts } from './coverage.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

export interface SeedReport {
  seed: number;
  violations: string[];
  steps: number;
  counts: Counts;
}

parentPort!.on('message', async (options: SimulationOptions | undefined) => {
  if (!options) return parentPort!.close();
  const { seed, violations, steps, coverage } = await new Simulation(options).run();
  parentPort!.postMessage({ seed, violations, steps, counts: coverage.counts } satisfies SeedReport);
});
