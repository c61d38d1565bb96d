/** Build `one` of workflows whose commands change with the next build. */

import {
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from 'perdure/workflow';

const { work } = proxyActivities<{ work(key: string, ms: number): Promise<string> }>({
  startToCloseTimeout: '1 minute',
});
const go = defineSignal('go');

async function told(): Promise<void> {
  let gone = false;
  setHandler(go, () => {
    gone = true;
  });
  await condition(() => gone);
}

/** Ships after one activity. */
export async function order(key: string): Promise<string> {
  await told();
  return `build one: ${await work(`${key}/ship`, 0)}`;
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, order);

/** The same in both builds: it says where it has been. */
export async function follow(): Promise<string[]> {
  const seen = [workflowInfo().currentDeploymentVersion?.buildId ?? 'none'];
  await told();
  return [...seen, workflowInfo().currentDeploymentVersion?.buildId ?? 'none'];
}
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, follow);

/** Says where it is. */
export async function where(): Promise<string> {
  return workflowInfo().currentDeploymentVersion?.buildId ?? 'none';
}
setWorkflowOptions({ versioningBehavior: 'PINNED' }, where);
