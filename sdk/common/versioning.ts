/**
 * Worker versioning: which build of a Worker may have a task. A version is a build of a deployment. Names, JSON and rules
 * are those of Temporal's Worker Deployments.
 */

import type { EpochMs } from './duration.ts';
import { fromWire, names, toWire } from './enums.ts';

export interface WorkerDeploymentVersion {
  readonly buildId: string;
  readonly deploymentName: string;
}

/** `deploymentName.buildId`, as Temporal's SDK writes a version. */
export function toCanonicalString({ deploymentName, buildId }: WorkerDeploymentVersion): string {
  return `${deploymentName}.${buildId}`;
}

/** `deploymentName:buildId`: the value of the search attribute `TemporalWorkerDeploymentVersion`. */
export function versionText({ deploymentName, buildId }: WorkerDeploymentVersion): string {
  return `${deploymentName}:${buildId}`;
}

export function sameVersion(
  a: WorkerDeploymentVersion | undefined,
  b: WorkerDeploymentVersion | undefined,
): boolean {
  return a?.deploymentName === b?.deploymentName && a?.buildId === b?.buildId;
}

/** `PINNED`: a run stays with the build it began on. `AUTO_UPGRADE`: it moves to the current build with its next task. */
export const VersioningBehavior = names('PINNED', 'AUTO_UPGRADE');
export type VersioningBehavior = keyof typeof VersioningBehavior;

/** Where the first task of a run that continues a pinned one goes, instead of the same build. */
export const InitialVersioningBehavior = names('AUTO_UPGRADE', 'USE_RAMPING_VERSION');
export type InitialVersioningBehavior = keyof typeof InitialVersioningBehavior;

/** Keeps a run on one build, whatever its code says. */
export interface PinnedVersioningOverride {
  pinnedTo: WorkerDeploymentVersion;
}
/** Lets a run move to the current build, whatever its code says. */
export type AutoUpgradeVersioningOverride = 'AUTO_UPGRADE';
/** What a start, or the operator, says about a run's build against what its code says. */
export type VersioningOverride = PinnedVersioningOverride | AutoUpgradeVersioningOverride;

/** `temporal.api.workflow.v1.VersioningOverride` */
export type VersioningOverrideJson =
  | { pinned: { behavior: string; version: WorkerDeploymentVersion } }
  | { autoUpgrade: true };

export function toOverrideJson(override: VersioningOverride): VersioningOverrideJson {
  if (override === 'AUTO_UPGRADE') return { autoUpgrade: true };
  const { deploymentName, buildId } = override.pinnedTo;
  return {
    pinned: { behavior: toWire('pinnedOverrideBehavior', 'PINNED'), version: { deploymentName, buildId } },
  };
}

/** Where the tasks of a run may go. */
export interface VersionRoute {
  /** What decides, by its hash, whether a run belongs to the ramping version. */
  workflowId: string;
  /** Only this version. Absent: the version that is current, or ramping, when the task is dispatched. */
  pinnedTo?: WorkerDeploymentVersion;
  /** The ramping version, if there is one, whatever the hash says. */
  useRamping?: true;
}

export const sameRoute = (a: VersionRoute, b: VersionRoute): boolean =>
  a.workflowId === b.workflowId && sameVersion(a.pinnedTo, b.pinnedTo) && a.useRamping === b.useRamping;

/** Task queues that a version has been seen to serve. */
export interface VersionTaskQueues {
  workflowQueues: string[];
  activityQueues: string[];
}

/** Which build is current and which ramps, per deployment, and what each version has been seen to serve. */
export interface DeploymentRouting {
  name: string;
  currentBuildId?: string;
  /** When `currentBuildId` was set: of two deployments on one task queue, the newer setting counts. */
  currentChangedTime: EpochMs;
  /** Without `buildId`: Workers without a version. */
  ramping?: { buildId?: string; percentage: number; changedTime: EpochMs };
  versions: Array<{ buildId: string } & VersionTaskQueues>;
}

const MAX_NAME_LENGTH = 255;

/** What is wrong with a version's names; `undefined` when nothing is. */
export function versionProblem({ deploymentName, buildId }: WorkerDeploymentVersion): string | undefined {
  return problemOf('deploymentName', deploymentName, /[.:]/) ?? problemOf('buildId', buildId);
}

function problemOf(field: string, value: unknown, forbidden?: RegExp): string | undefined {
  if (typeof value !== 'string' || value === '') return `${field}: a text that is not empty is required`;
  if (value.length > MAX_NAME_LENGTH) return `${field}: longer than ${MAX_NAME_LENGTH} characters`;
  if (value.startsWith('__')) return `${field}: names that begin with "__" are reserved`;
  if (forbidden?.test(value)) return `${field}: must not contain "." or ":"`;
  return undefined;
}

export const behaviorToWire = (behavior: VersioningBehavior): string =>
  toWire('versioningBehavior', behavior);
export const behaviorFromWire = (value: string | undefined): VersioningBehavior | undefined =>
  fromWire<VersioningBehavior>('versioningBehavior', value);
