/** Workflows that need the same machine, which can do one thing at a time. */

import { proxyActivities, workflowInfo } from 'perdure/workflow';
import type * as activities from './activities.ts';
import { withLock } from './lock.ts';

export { resourceLock } from './lock.ts';

const { workOn } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** Prints a model on a printer that others use too. */
export async function print(printer: string, model: string): Promise<string> {
  const { workflowId } = workflowInfo();
  return withLock(printer, 10 * 60_000, () => workOn(printer, `${workflowId}: ${model}`));
}
