/**
 * A namespace's Worker Deployments, platform-free: which versions there are, which is current, which ramps. A version is
 * there from the first time a Worker with it is seen. Whether one is drained is counted by whoever asks, never stored.
 */

import type {
  RoutingConfig,
  SetWorkerDeploymentCurrentVersionReply,
  SetWorkerDeploymentCurrentVersionRequest,
  SetWorkerDeploymentRampingVersionReply,
  SetWorkerDeploymentRampingVersionRequest,
  VersionTimes,
} from '../../sdk/common/deployments.ts';
import {
  type EpochMs,
  fromTimestampJson,
  type TimestampJson,
  toTimestampJson,
} from '../../sdk/common/duration.ts';
import { invalidArgument, notFound, ServiceError } from '../../sdk/common/errors.ts';
import {
  type DeploymentRouting,
  type VersionTaskQueues,
  versionProblem,
  type WorkerDeploymentVersion,
} from '../../sdk/common/versioning.ts';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';

export const MAX_DEPLOYMENTS = 100;
export const MAX_VERSIONS = 100;

export interface VersionRecord extends VersionTimes, VersionTaskQueues {
  lastModifierIdentity?: string;
}
export interface DeploymentRecord {
  name: string;
  createTime: TimestampJson;
  /** Grows with every change of the routing. */
  revision: number;
  lastModifierIdentity?: string;
  currentBuildId?: string;
  currentChangedTime?: TimestampJson;
  /** Without `buildId`: Workers without a version. */
  ramping?: {
    buildId?: string;
    percentage: number;
    changedTime: TimestampJson;
    percentageTime: TimestampJson;
  };
  /** By build id. */
  versions: Record<string, VersionRecord>;
}

export interface DeploymentStore {
  putDeployment(record: DeploymentRecord): void;
  deployment(name: string): DeploymentRecord | undefined;
  deleteDeployment(name: string): void;
  /** By name. */
  deployments(): DeploymentRecord[];
}

export class WorkerDeployments {
  readonly #store: DeploymentStore;
  readonly #now: () => EpochMs;

  constructor(store: DeploymentStore, now: () => EpochMs) {
    this.#store = store;
    this.#now = now;
  }

  /** A Worker of a version is there. Answers whether that is news. @throws ServiceError when there are too many. */
  sighted({ deploymentVersion: version, taskQueues }: WorkerDescription): boolean {
    if (!version) return false;
    const problem = versionProblem(version);
    if (problem) throw invalidArgument(`deploymentVersion.${problem}`);
    const record =
      this.#store.deployment(version.deploymentName) ?? this.#newDeployment(version.deploymentName);
    const known = Object.hasOwn(record.versions, version.buildId)
      ? record.versions[version.buildId]
      : undefined;
    const seen = known ?? this.#newVersion(record);
    const workflowQueues = taskQueues.filter((q) => q.workflowTypes.length > 0).map(({ name }) => name);
    const activityQueues = taskQueues.filter((q) => q.activityTypes.length > 0).map(({ name }) => name);
    const next = {
      ...seen,
      workflowQueues: [...new Set([...seen.workflowQueues, ...workflowQueues])],
      activityQueues: [...new Set([...seen.activityQueues, ...activityQueues])],
    };
    if (known && JSON.stringify(known) === JSON.stringify(next)) return false;
    this.#store.putDeployment({ ...record, versions: { ...record.versions, [version.buildId]: next } });
    return true;
  }

  list(): DeploymentRecord[] {
    return this.#store.deployments();
  }

  get(name: string): DeploymentRecord {
    const record = this.#store.deployment(name);
    if (!record) throw notFound(`no Worker Deployment found with name "${name}"`);
    return record;
  }

  /** As those who look for Workers need it. */
  routing(): DeploymentRouting[] {
    return this.#store
      .deployments()
      .map(({ name, currentBuildId, currentChangedTime, ramping, versions }) => ({
        name,
        ...(currentBuildId !== undefined && { currentBuildId }),
        currentChangedTime: currentChangedTime ? fromTimestampJson(currentChangedTime) : 0,
        ...(ramping && {
          ramping: {
            ...(ramping.buildId !== undefined && { buildId: ramping.buildId }),
            percentage: ramping.percentage,
            changedTime: fromTimestampJson(ramping.changedTime),
          },
        }),
        versions: Object.entries(versions).map(([buildId, { workflowQueues, activityQueues }]) => ({
          buildId,
          workflowQueues,
          activityQueues,
        })),
      }));
  }

  setCurrentVersion(
    request: SetWorkerDeploymentCurrentVersionRequest,
  ): SetWorkerDeploymentCurrentVersionReply {
    const buildId = request.buildId || undefined;
    const record = this.#toChange(request, buildId);
    const previous = record.currentBuildId;
    if (buildId !== previous || !record.currentChangedTime) {
      this.#checkQueues(record, buildId, request);
      const ramping = record.ramping?.buildId === buildId ? undefined : record.ramping;
      this.#change(
        record,
        { ...record, currentBuildId: buildId, currentChangedTime: this.#time(), ramping },
        request,
      );
    }
    return { ...this.#answer(record.name), ...named(record.name, previous) };
  }

  setRampingVersion(
    request: SetWorkerDeploymentRampingVersionRequest,
  ): SetWorkerDeploymentRampingVersionReply {
    const buildId = request.buildId || undefined;
    const { percentage = 0 } = request;
    if (!(percentage >= 0 && percentage <= 100)) throw invalidArgument('percentage: must be from 0 to 100');
    const record = this.#toChange(request, buildId);
    const previous = record.ramping;
    const ends = buildId === undefined && percentage === 0;
    if (!ends && buildId === record.currentBuildId) {
      throw new ServiceError('FAILED_PRECONDITION', 'the current version cannot ramp as well');
    }
    if (!ends) this.#checkQueues(record, buildId, request);
    const now = this.#time();
    const changedTime = previous && previous.buildId === buildId ? previous.changedTime : now;
    const percentageTime = previous?.percentage === percentage ? previous.percentageTime : now;
    const ramping = ends ? undefined : { buildId, percentage, changedTime, percentageTime };
    this.#change(record, { ...record, ramping }, request);
    return {
      ...this.#answer(record.name),
      ...named(record.name, previous?.buildId),
      ...(previous && { previousPercentage: previous.percentage }),
    };
  }

  /** @throws ServiceError FAILED_PRECONDITION for a version that gets tasks. Whether runs need it is for the caller to ask. */
  deleteVersion({ deploymentName, buildId }: WorkerDeploymentVersion): void {
    const record = this.get(deploymentName);
    if (!Object.hasOwn(record.versions, buildId)) throw versionNotFound(deploymentName, buildId);
    if (buildId === record.currentBuildId || buildId === record.ramping?.buildId) {
      const role = buildId === record.currentBuildId ? 'current' : 'ramping';
      throw new ServiceError('FAILED_PRECONDITION', `version ${deploymentName}:${buildId} is ${role}`);
    }
    const { [buildId]: _, ...versions } = record.versions;
    this.#store.putDeployment({ ...record, versions });
  }

  deleteDeployment(name: string): void {
    const { versions } = this.get(name);
    if (Object.keys(versions).length > 0) {
      throw new ServiceError('FAILED_PRECONDITION', `deployment "${name}" has versions: delete them first`);
    }
    this.#store.deleteDeployment(name);
  }

  #answer(name: string): { conflictToken: string } {
    return { conflictToken: conflictTokenOf(this.get(name)) };
  }

  #time(): TimestampJson {
    return toTimestampJson(this.#now());
  }

  #newDeployment(name: string): DeploymentRecord {
    if (this.#store.deployments().length >= MAX_DEPLOYMENTS) {
      throw new ServiceError('RESOURCE_EXHAUSTED', `a namespace has at most ${MAX_DEPLOYMENTS} deployments`);
    }
    return { name, createTime: this.#time(), revision: 0, versions: {} };
  }

  #newVersion({ name, versions }: DeploymentRecord): VersionRecord {
    if (Object.keys(versions).length >= MAX_VERSIONS) {
      const message = `deployment "${name}" has ${MAX_VERSIONS} versions: delete those that are drained`;
      throw new ServiceError('RESOURCE_EXHAUSTED', message);
    }
    return { createTime: this.#time(), workflowQueues: [], activityQueues: [] };
  }

  /** The deployment, with the version in it. */
  #toChange(
    { deploymentName, conflictToken, allowNoPollers }: SetWorkerDeploymentCurrentVersionRequest,
    buildId: string | undefined,
  ): DeploymentRecord {
    const problem = versionProblem({ deploymentName, buildId: buildId ?? 'any' });
    if (problem) throw invalidArgument(problem);
    let record = this.#store.deployment(deploymentName);
    if (!record && allowNoPollers) record = this.#newDeployment(deploymentName);
    if (!record) throw notFound(`no Worker Deployment found with name "${deploymentName}"`);
    if (conflictToken && conflictToken !== conflictTokenOf(record)) {
      throw new ServiceError(
        'FAILED_PRECONDITION',
        'conflictToken: the deployment was changed since it was read',
      );
    }
    if (buildId === undefined || Object.hasOwn(record.versions, buildId)) return record;
    if (!allowNoPollers) throw versionNotFound(deploymentName, buildId);
    return { ...record, versions: { ...record.versions, [buildId]: this.#newVersion(record) } };
  }

  /** Task queues that the current version serves would be left alone. */
  #checkQueues(
    { name, currentBuildId, versions }: DeploymentRecord,
    buildId: string | undefined,
    { ignoreMissingTaskQueues }: SetWorkerDeploymentCurrentVersionRequest,
  ): void {
    if (ignoreMissingTaskQueues || buildId === undefined || currentBuildId === undefined) return;
    const [current, next] = [versions[currentBuildId]!, versions[buildId]!];
    const missing = [
      ...current.workflowQueues.filter((queue) => !next.workflowQueues.includes(queue)),
      ...current.activityQueues.filter((queue) => !next.activityQueues.includes(queue)),
    ];
    if (missing.length === 0) return;
    const queues = [...new Set(missing)].map((queue) => `"${queue}"`).join(', ');
    const message = `version ${name}:${buildId} does not serve all task queues of the current version: ${queues}`;
    throw new ServiceError('FAILED_PRECONDITION', message);
  }

  #change(before: DeploymentRecord, after: DeploymentRecord, { identity }: { identity?: string }): void {
    const now = this.#time();
    const versions = Object.fromEntries(
      Object.entries(after.versions).map(([buildId, version]) => [
        buildId,
        movedVersion(version, rolesOf(before, buildId), rolesOf(after, buildId), now, identity),
      ]),
    );
    const { lastModifierIdentity: _, ...rest } = after;
    this.#store.putDeployment({
      ...rest,
      versions,
      revision: before.revision + 1,
      ...(identity && { lastModifierIdentity: identity }),
    });
  }
}

interface Roles {
  current: boolean;
  ramping: boolean;
}

function rolesOf({ currentBuildId, ramping }: DeploymentRecord, buildId: string): Roles {
  return { current: currentBuildId === buildId, ramping: ramping?.buildId === buildId };
}

/** When a version became current or ramping, and when it stopped to be so. */
function movedVersion(
  version: VersionRecord,
  before: Roles,
  after: Roles,
  now: TimestampJson,
  identity: string | undefined,
): VersionRecord {
  if (before.current === after.current && before.ramping === after.ramping) return version;
  const { currentSinceTime, rampingSinceTime, ...rest } = version;
  const active = after.current || after.ramping;
  const firstActivationTime = rest.firstActivationTime ?? (active ? now : undefined);
  return {
    ...rest,
    ...(after.current && { currentSinceTime: before.current ? currentSinceTime! : now }),
    ...(after.ramping && { rampingSinceTime: before.ramping ? rampingSinceTime! : now }),
    ...(firstActivationTime && { firstActivationTime }),
    ...(before.current && !after.current && { lastCurrentTime: now }),
    ...((before.current || before.ramping) && !active && { lastDeactivationTime: now }),
    ...(identity && { lastModifierIdentity: identity }),
  };
}

export function conflictTokenOf({ revision }: DeploymentRecord): string {
  return btoa(String(revision));
}

export function routingConfig({ name, ...record }: DeploymentRecord): RoutingConfig {
  const { currentBuildId, currentChangedTime, ramping } = record;
  return {
    ...(currentBuildId !== undefined && {
      currentDeploymentVersion: { deploymentName: name, buildId: currentBuildId },
    }),
    ...(currentChangedTime && { currentVersionChangedTime: currentChangedTime }),
    ...(ramping?.buildId !== undefined && {
      rampingDeploymentVersion: { deploymentName: name, buildId: ramping.buildId },
    }),
    rampingVersionPercentage: ramping?.percentage ?? 0,
    ...(ramping && {
      rampingVersionChangedTime: ramping.changedTime,
      rampingVersionPercentageChangedTime: ramping.percentageTime,
    }),
    revisionNumber: String(record.revision),
  };
}

function named(
  deploymentName: string,
  buildId: string | undefined,
): { previousDeploymentVersion?: WorkerDeploymentVersion } {
  return buildId === undefined ? {} : { previousDeploymentVersion: { deploymentName, buildId } };
}

export function versionNotFound(deploymentName: string, buildId: string): ServiceError {
  return notFound(`no version ${deploymentName}:${buildId} of a Worker Deployment is known`);
}
