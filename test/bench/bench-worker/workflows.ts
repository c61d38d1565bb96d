/** Workflows of the benchmarks that run a real engine. */

import { proxyActivities } from 'perdure/workflow';

const { echo } = proxyActivities<{ echo(n: number): Promise<number> }>({ startToCloseTimeout: '1 minute' });

export async function oneActivity(n: number): Promise<number> {
  return echo(n);
}
