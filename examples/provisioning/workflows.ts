/**
 * An environment of servers: a network, then a database and servers side by side, then an address. All of it or nothing: what
 * was built is taken down in reverse when something fails or somebody cancels.
 */

import {
  ActivityCancellationType,
  CancellationScope,
  defineQuery,
  log,
  proxyActivities,
  rootCause,
  setHandler,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Environment, Inventory, Kind, Resource } from './shared.ts';

const { create } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { maximumAttempts: 3, nonRetryableErrorTypes: ['QuotaExceeded'] },
  // What is being created is known only when that is over: the rollback waits for it.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
/** Rolling back does not give up: what is left running costs money. */
const { destroy } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 minutes',
  retry: { maximumInterval: '5 minutes' },
});

export const getInventory = defineQuery<Inventory>('inventory');

export async function provision({ name, servers }: Environment): Promise<Inventory> {
  const inventory: Inventory = { phase: 'building', resources: [] };
  setHandler(getInventory, () => inventory);

  const build = async (kind: Kind, id: string): Promise<void> => {
    // Noted before: a creation that failed may have left something behind.
    inventory.resources.push({ kind, id: `${name}/${id}` });
    await create(inventory.resources.at(-1)!);
  };
  try {
    await build('network', 'network');
    await allOrFirstFailure([
      () => build('database', 'database'),
      ...Array.from({ length: servers }, (_, i) => () => build('server', `server-${i}`)),
    ]);
    await build('address', 'address');
    inventory.phase = 'ready';
    return inventory;
  } catch (error) {
    log.warn('Rolling back', { environment: name, reason: rootCause(error) });
    inventory.phase = 'rolling back';
    await CancellationScope.nonCancellable(() => rollBack(inventory.resources));
    inventory.phase = 'rolled back';
    throw error;
  }
}

/** Side by side. When one fails the others are cancelled, and all are over before anything is rolled back. */
async function allOrFirstFailure(works: Array<() => Promise<void>>): Promise<void> {
  const failures: unknown[] = [];
  const scope = new CancellationScope();
  await scope.run(() =>
    Promise.all(
      works.map((work) =>
        work().catch((error) => {
          failures.push(error);
          scope.cancel();
        }),
      ),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

async function rollBack(resources: Resource[]): Promise<void> {
  for (let last = resources.at(-1); last; last = resources.at(-1)) {
    await destroy(last);
    resources.pop();
  }
}
