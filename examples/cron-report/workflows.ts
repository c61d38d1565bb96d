/** The daily report: what was sold, against the report before. */

import { proxyActivities, workflowInfo } from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Report } from './shared.ts';

const { salesOf, publish } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** Reports on the day before its time, and compares it with the report before. */
export async function report(): Promise<Report> {
  const { searchAttributes, startTime, lastResult } = workflowInfo();
  // A run that is late or backfilled reports on the day that it was meant for.
  const [time = startTime] = (searchAttributes.TemporalScheduledStartTime ?? []) as Date[];
  const day = new Date(time.getTime() - 86_400_000).toISOString().slice(0, 10);
  const total = (await salesOf(day)).reduce((sum, { amount }) => sum + amount, 0);
  const before = lastResult as Report | undefined;
  const change = before && Math.round((100 * (total - before.total)) / before.total);
  const made: Report = { day, total, ...(change !== undefined && { change }) };
  await publish(made);
  return made;
}
