/** Workflows that look at the version of their Worker. Types of activities tell what was observed. */

import {
  continueAsNew,
  defineSignal,
  makeContinueAsNewFunc,
  condition,
  scheduleActivity,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from 'perdure/workflow';

const go = defineSignal('go');

const tell = (...facts: unknown[]): Promise<unknown> =>
  scheduleActivity(`tell:${facts.join(',')}`, [], { startToCloseTimeout: '10s' });
const build = (): string => workflowInfo().currentDeploymentVersion?.buildId ?? 'none';

async function look(rounds: number): Promise<void> {
  let got = 0;
  setHandler(go, () => void got++);
  await tell(0, build());
  for (let round = 1; round <= rounds; round++) {
    await condition(() => got >= round);
    await tell(round, build());
  }
}

export async function pinnedLooks(rounds: number): Promise<void> {
  await look(rounds);
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, pinnedLooks);

export async function movingLooks(rounds: number): Promise<void> {
  await look(rounds);
}
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, movingLooks);

/** Says nothing of versions: its Worker's default decides. */
export async function looks(rounds: number): Promise<void> {
  await look(rounds);
}

/** Continues as new where it is, or leaves once it is told that another version is the target. */
export async function leavesWhenTold(): Promise<void> {
  let got = false;
  setHandler(go, () => {
    got = true;
  });
  await condition(() => got);
  const changed = workflowInfo().targetWorkerDeploymentVersionChanged;
  await tell('changed', changed);
  if (!changed) return continueAsNew<typeof leavesWhenTold>();
  const leave = makeContinueAsNewFunc<typeof leavesWhenTold>({ initialVersioningBehavior: 'AUTO_UPGRADE' });
  return leave();
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, leavesWhenTold);
