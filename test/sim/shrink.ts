/** A failing seed with less in it: as few operations as it takes, and only those faults that it needs. */

import { faultNames } from './settings.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

/** Runs that may be spent on one seed. */
const MOST_RUNS = 80;

export async function shrink(
  options: SimulationOptions,
  failing: (options: SimulationOptions) => Promise<boolean> = isViolated,
): Promise<SimulationOptions & { without: readonly string[] }> {
  let runs = 0;
  const fails = async (changed: SimulationOptions): Promise<boolean> =>
    runs++ < MOST_RUNS && (await failing(changed));
  let best = { ...options, without: options.without ?? [] };
  for (let half = Math.floor(best.ops / 2); half > 0; half = Math.floor(half / 2)) {
    while (best.ops > half && (await fails({ ...best, ops: best.ops - half })))
      best = { ...best, ops: best.ops - half };
  }
  for (const fault of faultNames) {
    if (best.without.includes(fault)) continue;
    const fewer = { ...best, without: [...best.without, fault] };
    if (await fails(fewer)) best = fewer;
  }
  return best;
}

async function isViolated(options: SimulationOptions): Promise<boolean> {
  return (await new Simulation(options).run()).violations.length > 0;
}
