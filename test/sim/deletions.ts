/**
 * Workflows that are deleted, of ids of their own, which are used again and again. I48: what was deleted is in nobody's storage
 * and in no list, whatever came late; nothing but what was named is gone.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { Request } from '../../sdk/common/service.ts';
import type { Owner } from './objects.ts';
import type { Doing } from './operators.ts';
import { NAMESPACE, type World } from './world.ts';

const IDS = 2;
export const isDeleted = ({ workflowId }: Owner): boolean => workflowId.startsWith('gone-');

/** Starts one (or goes on with the one that is there), lets it live for a while, and deletes it: open or closed, the newest run or an older one. */
export async function deletion(
  { ports, persist, untilKnown }: Doing,
  start: (workflowId: string) => Request<'StartWorkflowExecution'> | Request<'StartActivityExecution'>,
  given?: string,
): Promise<void> {
  const { world, ledger, owner } = ports;
  const { random, scheduler } = world;
  const workflowId = given ?? `gone-${random.int(IDS)}`;
  const { runId } = await persist(workflowId, start(workflowId) as Request<'StartWorkflowExecution'>);
  ledger.started(workflowId, runId);
  await scheduler.wait(random.int(random.pick([50, 5_000, 60_000])), `${workflowId} lives`);
  const kept = owner(workflowId).runs.filter((run) => !owner(workflowId).deletedRuns.has(run.runId));
  const which = random.chance(0.7) || kept.length === 0 ? runId : random.pick(kept).runId;
  owner(workflowId).mayBeGone.add(which);
  let tries = 0;
  await untilKnown(async () => {
    tries++;
    await ports.api
      .request(workflowId, {
        kind: 'DeleteWorkflowExecution',
        namespace: NAMESPACE,
        workflowExecution: { workflowId, runId: which },
      })
      .catch((error: unknown) => {
        // It is gone already: by the try whose answer was lost, or by another client.
        if (!(error instanceof ServiceError && error.code === 'NOT_FOUND')) throw error;
      });
  });
  owner(workflowId).wantedGone.add(which);
  scheduler.say(`${workflowId} ${which} is deleted (${tries} tries)`);
}

/** When all is over. */
export function checkDeleted(world: World, owner: Owner): void {
  for (const runId of owner.wantedGone) {
    if (!owner.deletedRuns.has(runId))
      world.violate(`I48: ${owner.workflowId}, run ${runId}, was deleted, and is stored`);
    if (world.visibility.has(runId))
      world.violate(`I48: ${owner.workflowId}, run ${runId}, was deleted, and is listed`);
  }
  for (const runId of owner.deletedRuns)
    if (!owner.wantedGone.has(runId) && !owner.mayBeGone.has(runId))
      world.violate(`I48: nobody deleted run ${runId} of ${owner.workflowId}, and it is gone`);
  const left = owner.runs.filter(({ runId }) => !owner.deletedRuns.has(runId));
  if (left.length === 0 && owner.runs.length > 0 && owner.store.lastSeq() !== undefined)
    world.violate(`I48: all runs of ${owner.workflowId} are deleted, and its object is not empty`);
}
