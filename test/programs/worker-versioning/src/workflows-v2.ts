import {
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { someActivity } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });
export const doNextSignal = defineSignal<[string]>('doNext');

setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, AutoUpgrading);
export async function AutoUpgrading(): Promise<string> {
  return await untilConcluded('v2');
}

setWorkflowOptions({ versioningBehavior: 'PINNED' }, Pinned);
export async function Pinned(): Promise<string> {
  return await untilConcluded('v2');
}

async function untilConcluded(version: string): Promise<string> {
  const signals: string[] = [];
  setHandler(doNextSignal, (what) => void signals.push(what));
  const seen: string[] = [];
  for (;;) {
    await condition(() => signals.length > 0);
    const next = signals.shift()!;
    seen.push(`${version}/${workflowInfo().currentDeploymentVersion?.buildId}`);
    if (next === 'conclude') return `${seen.join()} ${await someActivity(version)}`;
  }
}
