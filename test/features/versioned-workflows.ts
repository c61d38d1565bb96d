/** Workflows that say which build runs them. The same code on all builds, so that every build replays them. */

import {
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  makeContinueAsNewFunc,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from 'perdure/workflow';

const next = defineSignal('next');
const { buildOfActivity } = proxyActivities<{ buildOfActivity(): Promise<string> }>({
  startToCloseTimeout: '10s',
});

const build = (): string => workflowInfo().currentDeploymentVersion?.buildId ?? 'none';

/** Looks at its build, and that of an activity, at the start and after each of `signals` signals. */
async function look(signals: number): Promise<string[]> {
  let got = 0;
  setHandler(next, () => void got++);
  const seen = [build(), await buildOfActivity()];
  for (let i = 1; i <= signals; i++) {
    await condition(() => got >= i);
    seen.push(build(), await buildOfActivity());
  }
  return seen;
}

/** What the Worker says by default decides. */
export async function byDefault(signals: number): Promise<string[]> {
  return look(signals);
}

export async function pinned(signals: number): Promise<string[]> {
  return look(signals);
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, pinned);

export async function autoUpgrade(signals: number): Promise<string[]> {
  return look(signals);
}
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, autoUpgrade);

/** Its children tell their builds: one on its task queue, one where nobody has a version. */
export async function pinnedParent(otherQueue: string): Promise<string[]> {
  let go = false;
  setHandler(next, () => {
    go = true;
  });
  await condition(() => go);
  const child = await executeChild(byDefault, { args: [0] });
  const other = await executeChild(byDefault, { args: [0], taskQueue: otherQueue });
  return [build(), child[0]!, other[0]!];
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, pinnedParent);

/** Continues as new after a signal, staying or leaving, and says where it was and whether it was told to leave. */
export async function pinnedChain(how: 'stay' | 'leave', seen: string[] = []): Promise<string[]> {
  let go = false;
  setHandler(next, () => {
    go = true;
  });
  const here = [...seen, build()];
  if (seen.length > 0) return here;
  await condition(() => go);
  here.push(`changed ${workflowInfo().targetWorkerDeploymentVersionChanged}`);
  if (how === 'stay') return continueAsNew<typeof pinnedChain>(how, here);
  const leave = makeContinueAsNewFunc<typeof pinnedChain>({ initialVersioningBehavior: 'AUTO_UPGRADE' });
  return leave(how, here);
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, pinnedChain);
