/** Builds of the Workers: who may have which task, and operators who say which build gets new work. */

import { attributesOf, historyEvents, isTransient, type LogEvent } from '../../sdk/common/history.ts';
import type { VersioningBehavior, WorkerDeploymentVersion } from '../../sdk/common/versioning.ts';
import { sameVersion, toOverrideJson, versionText } from '../../sdk/common/versioning.ts';
import { openRunsQuery } from '../../src/api/handlers/deployments.ts';
import { isOpen } from '../../src/core/state.ts';
import { pinOf } from '../../src/core/versioning.ts';
import { check } from '../checker/violation.ts';
import { askObject } from './api.ts';
import { isDeleted } from './deletions.ts';
import type { Owner } from './objects.ts';
import type { Doing } from './operators.ts';
import type { SimWorker } from './workers.ts';
import { NAMESPACE, type World } from './world.ts';

const DEPLOYMENT = 'sim';
const buildIdOf = (n: number): string => `b${n}`;
export const versionOf = (n: number): WorkerDeploymentVersion => ({
  deploymentName: DEPLOYMENT,
  buildId: buildIdOf(n),
});

/** How the code of a build behaves. */
export function deploymentOf(
  { settings }: World,
  version: WorkerDeploymentVersion,
): { version: WorkerDeploymentVersion; defaultVersioningBehavior: VersioningBehavior } {
  const n = settings.behaviors.findIndex((_, index) => buildIdOf(index) === version.buildId);
  return { version, defaultVersioningBehavior: settings.behaviors[n]! };
}

/** As sdk/worker: a build never does the work of another one. */
export function refusalOf(
  { id, version }: SimWorker,
  { deploymentVersion: asked }: { deploymentVersion?: WorkerDeploymentVersion },
): string | undefined {
  if (sameVersion(version, asked)) return undefined;
  return `${id} does not serve version ${asked ? versionText(asked) : '(none)'}`;
}

export const VERSION_ACTS = [
  'current',
  'current',
  'ramping',
  'no longer ramping',
  'pin',
  'pin',
  'auto-upgrade',
  'no override',
] as const;
export type VersionAct = (typeof VERSION_ACTS)[number];

export async function actOnVersions(doing: Doing, act: VersionAct, workflowId: string): Promise<void> {
  const { world, namespace } = doing.ports;
  const { random, settings, coverage } = world;
  coverage.count('versions', act);
  const n = random.int(settings.builds + 1);
  // The last one: Workers without a version.
  const buildId = n === settings.builds ? '' : buildIdOf(n);
  const common = {
    namespace: NAMESPACE,
    deploymentName: DEPLOYMENT,
    buildId,
    allowNoPollers: true,
    ignoreMissingTaskQueues: true,
  };
  const { deployments } = namespace;
  const ask = (work: () => unknown): Promise<void> =>
    doing.untilKnown(() =>
      askObject(world, `${act} ${buildId}`, async () => {
        work();
        for (const waiting of namespace.release()) doing.ports.owner(waiting).workerAppeared();
      }),
    );
  switch (act) {
    case 'current':
      return ask(() => deployments.setCurrentVersion(common));
    case 'ramping':
      return ask(() => deployments.setRampingVersion({ ...common, percentage: random.pick([10, 50, 100]) }));
    case 'no longer ramping':
      return ask(() => deployments.setRampingVersion({ ...common, buildId: '', percentage: 0 }));
    default:
      return override(doing, act, workflowId, versionOf(random.int(settings.builds)));
  }
}

async function override(
  { ports, persist }: Doing,
  act: 'pin' | 'auto-upgrade' | 'no override',
  workflowId: string,
  version: WorkerDeploymentVersion,
): Promise<void> {
  const request = {
    kind: 'UpdateWorkflowExecutionOptions' as const,
    namespace: NAMESPACE,
    workflowExecution: { workflowId },
    workflowExecutionOptions:
      act === 'no override'
        ? {}
        : { versioningOverride: toOverrideJson(act === 'pin' ? { pinnedTo: version } : 'AUTO_UPGRADE') },
  };
  await persist(workflowId, request);
  if (ports.world.random.chance(0.2)) await persist(workflowId, request);
}

/** What a build has answered is recorded as that build's. */
export function checkBuilds(workers: readonly SimWorker[], events: readonly LogEvent[]): void {
  for (const event of events) {
    if (isTransient(event) || event.eventType !== historyEvents.WorkflowTaskCompleted.eventType) continue;
    const { identity, deploymentVersion } = attributesOf(event, 'WorkflowTaskCompleted');
    const worker = workers.find(({ id }) => id === identity);
    const own = worker?.version ? versionText(worker.version) : 'no version';
    check(
      !worker || sameVersion(worker.version, deploymentVersion),
      `pins: event ${event.eventId} is by ${identity}, which is of ${own}, and says ${JSON.stringify(deploymentVersion)}`,
    );
  }
}

/** A version counts as drained when no open run is listed as pinned to it: those that are must be. */
export async function checkDrainage(world: World, owners: Iterable<Owner>): Promise<void> {
  const listed = new Map<string, Set<string>>();
  for (const owner of owners) {
    const { run } = owner.shadow;
    if (!isOpen(run) || isDeleted(owner) || owner.alarmLost) continue;
    const pin = pinOf(run);
    const row = world.visibility.get(run.runId);
    // The next row is on its way.
    if (!pin || row?.version !== run.visibilityVersion) continue;
    const query = openRunsQuery(pin, true);
    const runs = listed.get(query) ?? new Set(await world.listed!.all(query));
    listed.set(query, runs);
    world.guard(() =>
      check(
        runs.has(run.runId),
        `I45: ${owner.workflowId}, run ${run.runId}, is pinned to ${versionText(pin)}, and not listed as such`,
      ),
    );
  }
}
