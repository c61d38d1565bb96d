/** How many runs there are of each status. */

import { countByGroup, countWorkflows } from '../engine.ts';
import { countedBy } from './filter.ts';
import { withStuck } from './progress.ts';

/** By the filter's name of the status. The filter's own status does not count: the chips are there to change it. */
export async function countByStatus(
  namespace: string,
  query: string,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const groups = await countByGroup(namespace, countedBy(query), 'ExecutionStatus', signal);
  return Object.fromEntries(groups);
}

/** How many of the runs that the filter finds, status aside, do not go on although something is due. */
export const countStuck = (namespace: string, query: string, signal: AbortSignal): Promise<number> =>
  countWorkflows(namespace, withStuck(countedBy(query), true), signal);
