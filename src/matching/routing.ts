/**
 * Which version's Workers a task belongs to. Pure: decided from what the namespace's object says of its deployments. A
 * task queue follows the deployment whose current version serves it; where several do, the one that was set last.
 */

import {
  type DeploymentRouting,
  sameVersion,
  type VersionRoute,
  type WorkerDeploymentVersion,
} from '../../sdk/common/versioning.ts';
import type { TaskKind } from '../../sdk/common/workers.ts';

export interface Destination {
  /** Absent: Workers without a version. */
  version?: WorkerDeploymentVersion;
  /** The run is pinned, and new runs go to another version. */
  targetChanged?: true;
}

export function destinationOf(
  deployments: readonly DeploymentRouting[],
  kind: TaskKind,
  taskQueue: string,
  route: VersionRoute,
): Destination {
  const { pinnedTo } = route;
  const target = targetOf(deployments, kind, taskQueue, route);
  const named = target && { version: target };
  if (!pinnedTo) return named ?? {};
  // An activity on a task queue that the version does not serve is somebody else's: it goes where all go. Of one that was
  // never seen nobody knows what it serves.
  const elsewhere =
    kind === 'activity' && queuesOf(deployments, pinnedTo, kind)?.includes(taskQueue) === false;
  if (elsewhere) return named ?? {};
  const targetChanged = target && !sameVersion(target, pinnedTo);
  return { version: pinnedTo, ...(targetChanged && { targetChanged }) };
}

/** Where a new run would go. */
function targetOf(
  deployments: readonly DeploymentRouting[],
  kind: TaskKind,
  taskQueue: string,
  { workflowId, useRamping }: VersionRoute,
): WorkerDeploymentVersion | undefined {
  const serves = (name: string, buildId: string | undefined): boolean =>
    buildId !== undefined && servesQueue(deployments, { deploymentName: name, buildId }, kind, taskQueue);
  const newest = deployments
    .filter(
      ({ name, currentBuildId, ramping }) => serves(name, currentBuildId) || serves(name, ramping?.buildId),
    )
    .reduce<DeploymentRouting | undefined>(
      (a, b) => (a && changeTime(a) >= changeTime(b) ? a : b),
      undefined,
    );
  if (!newest) return undefined;
  const { name, currentBuildId, ramping } = newest;
  const ramps =
    ramping &&
    (ramping.buildId === undefined || serves(name, ramping.buildId)) &&
    (useRamping || isRamped(workflowId, ramping.percentage));
  const buildId = ramps ? ramping.buildId : currentBuildId;
  return serves(name, buildId) ? { deploymentName: name, buildId: buildId! } : undefined;
}

const changeTime = ({ currentChangedTime, ramping }: DeploymentRouting): number =>
  Math.max(currentChangedTime, ramping?.changedTime ?? 0);

function servesQueue(
  deployments: readonly DeploymentRouting[],
  version: WorkerDeploymentVersion,
  kind: TaskKind,
  taskQueue: string,
): boolean {
  return queuesOf(deployments, version, kind)?.includes(taskQueue) ?? false;
}

/** `undefined`: such a version was never seen. */
function queuesOf(
  deployments: readonly DeploymentRouting[],
  { deploymentName, buildId }: WorkerDeploymentVersion,
  kind: TaskKind,
): string[] | undefined {
  const version = deployments
    .find(({ name }) => name === deploymentName)
    ?.versions.find((known) => known.buildId === buildId);
  const { workflowQueues = [], activityQueues = [] } = version ?? {};
  // One that was only spoken of serves none.
  if (workflowQueues.length + activityQueues.length === 0) return undefined;
  return kind === 'workflow' ? workflowQueues : activityQueues;
}

/** The same for a workflow id every time; of many ids, that percentage. */
export function isRamped(workflowId: string, percentage: number): boolean {
  return (hashOf(workflowId) / 2 ** 32) * 100 < percentage;
}

/** FNV-1a, its bits mixed well: ids that differ in their last digit alone must not fall together. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
