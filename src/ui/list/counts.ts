/** How many runs there are of each status. */

import { countWorkflows } from '../engine.ts';
import { RUN_STATUSES } from '../status.ts';
import { both, quoted, withoutStatus } from './filter.ts';

/** By the filter's name of the status. The filter's own status does not count: the chips are there to change it. */
export async function countByStatus(
  namespace: string,
  query: string,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const rest = withoutStatus(query);
  const counted = await Promise.all(
    RUN_STATUSES.filter(({ name }) => name !== 'Paused').map(async ({ name }) => {
      const condition = both(rest, `ExecutionStatus = ${quoted(name)}`);
      return [name, await countWorkflows(namespace, condition, signal)] as const;
    }),
  );
  return Object.fromEntries(counted);
}
