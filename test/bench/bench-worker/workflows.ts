/** Workflows of the benchmarks that run a real engine. */

import { proxyActivities } from 'perdure/workflow';

const { echo } = proxyActivities<{ echo(n: number): Promise<number> }>({ startToCloseTimeout: '1 minute' });

export async function oneActivity(n: number): Promise<number> {
  return echo(n);
}

export async function noActivity(): Promise<void> {
  // What a first workflow task costs, and nothing else.
}

/** So many activities, one after another. */
export async function sequence(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await echo(n);
}
