/** How many runs there are of each status. */

import { countByGroup } from '../engine.ts';
import { withoutStatus } from './filter.ts';

/** By the filter's name of the status. The filter's own status does not count: the chips are there to change it. */
export async function countByStatus(
  namespace: string,
  query: string,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const groups = await countByGroup(namespace, withoutStatus(query), 'ExecutionStatus', signal);
  return Object.fromEntries(groups);
}
