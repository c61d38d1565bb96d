/**
 * Which build may have a run's tasks. What the code says (its behaviour) comes with every completed task; what somebody
 * outside says (an override) counts before it. Only the answer to "where may the next task go" is decided here; which
 * version is current, and who serves it, is known where Workers are looked for.
 */

import { toWire } from '../../sdk/common/enums.ts';
import { invalidArgument, notFound } from '../../sdk/common/errors.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import type { WorkflowExecutionVersioningInfo } from '../../sdk/common/service.ts';
import {
  behaviorFromWire,
  behaviorToWire,
  type InitialVersioningBehavior,
  sameVersion,
  type VersioningOverrideJson,
  type VersionRoute,
  versionProblem,
  versionText,
  type WorkerDeploymentVersion,
} from '../../sdk/common/versioning.ts';
import { requireOpen } from './check.ts';
import type { Apply, Handle, Place } from './noun.ts';
import { type Execution, type RunState, type StartedWorkflowTask, touch } from './state.ts';
import { bumpVisibility } from './visibility.ts';

type StartedAttributes = HistoryEventAttributes['WorkflowExecutionStarted'];
type CompletedAttributes = HistoryEventAttributes['WorkflowTaskCompleted'];

const USE_RAMPING = toWire(
  'continueAsNewVersioningBehavior',
  'USE_RAMPING_VERSION' satisfies InitialVersioningBehavior,
);

/** The version that the run must not leave; `undefined`: it goes where new runs go. */
export function pinOf({ versioning }: RunState): WorkerDeploymentVersion | undefined {
  if (!versioning) return undefined;
  const { override, behavior, deploymentVersion } = versioning;
  if (override) return 'pinned' in override ? override.pinned.version : undefined;
  return behavior === 'PINNED' ? deploymentVersion : undefined;
}

/** Where the run's tasks may go now. */
export function routeOf(run: RunState): VersionRoute {
  const pinnedTo = pinOf(run);
  return {
    workflowId: run.workflowId,
    ...(pinnedTo && { pinnedTo }),
    ...(run.versioning?.useRamping && { useRamping: true }),
  };
}

/** @throws ServiceError NOT_FOUND when the Worker is of another version than the run is pinned to */
export function requirePin(run: RunState, version: WorkerDeploymentVersion | undefined): void {
  const pin = pinOf(run);
  if (!pin || sameVersion(pin, version)) return;
  throw notFound(`run ${run.runId} is pinned to version ${versionText(pin)}`);
}

/** Part of what is owed: a task that may go elsewhere is another debt. */
export function pinKey(run: RunState): string {
  const pin = pinOf(run);
  return pin ? `/${versionText(pin)}` : '';
}

export function versioningInfo({ versioning }: RunState): WorkflowExecutionVersioningInfo | undefined {
  if (!versioning) return undefined;
  const { behavior, deploymentVersion, override } = versioning;
  if (!behavior && !override) return undefined;
  return {
    ...(behavior && { behavior: behaviorToWire(behavior) }),
    ...(deploymentVersion && { deploymentVersion }),
    ...(override && { versioningOverride: override }),
  };
}

/** Called by `apply` of the start. */
export function beginVersioning(run: RunState, attributes: StartedAttributes): void {
  const { versioningOverride: override, inheritedPinnedVersion, inheritedAutoUpgradeInfo } = attributes;
  const useRamping = inheritedAutoUpgradeInfo?.continueAsNewInitialVersioningBehavior === USE_RAMPING;
  if (!override && !inheritedPinnedVersion && !useRamping) return;
  run.versioning = {
    ...(override && { override }),
    ...(inheritedPinnedVersion && {
      behavior: 'PINNED',
      deploymentVersion: inheritedPinnedVersion,
      inheritedPinnedVersion,
    }),
    ...(useRamping && { useRamping: true }),
  };
}

/** What a completed task says of its Worker. One without a version leaves none, whatever it answers. */
export function versionedBy(
  { deploymentVersion }: Pick<StartedWorkflowTask, 'deploymentVersion'>,
  { versioningBehavior }: { versioningBehavior?: string },
): Pick<CompletedAttributes, 'versioningBehavior' | 'workerDeploymentName' | 'deploymentVersion'> {
  const behavior = behaviorFromWire(versioningBehavior);
  if (!behavior || !deploymentVersion) return {};
  const { deploymentName: workerDeploymentName } = deploymentVersion;
  return { versioningBehavior: behaviorToWire(behavior), workerDeploymentName, deploymentVersion };
}

/** Called by `apply` of a completed task: its Worker and its code have the say from now on. */
export function completedBy(run: RunState, attributes: CompletedAttributes, place: Place): void {
  const behavior = behaviorFromWire(attributes.versioningBehavior);
  const { deploymentVersion } = attributes;
  const { versioning } = run;
  if (!versioning && !behavior) return;
  const pin = pinOf(run);
  const changes =
    behavior !== versioning?.behavior || !sameVersion(deploymentVersion, versioning?.deploymentVersion);
  const { override, inheritedPinnedVersion } = versioning ?? {};
  run.versioning = {
    ...(override && { override }),
    ...(inheritedPinnedVersion && { inheritedPinnedVersion }),
    ...(behavior && deploymentVersion && { behavior, deploymentVersion }),
  };
  if (changes) bumpVisibility(run, place);
  rerouted(run, pin, place.execution);
}

/** What waits for a Worker waits for another one now. */
function rerouted(run: RunState, before: WorkerDeploymentVersion | undefined, execution: Execution): void {
  if (sameVersion(before, pinOf(run))) return;
  touch(execution, 'workflowTask');
  for (const id of run.activities.keys()) touch(execution, 'activity', id);
}

type OptionsUpdated = HistoryEventAttributes['WorkflowExecutionOptionsUpdated'];

/** Also called when the event is held back: what it decides is decided at once. */
export function holdBack(
  run: RunState,
  { versioningOverride, unsetVersioningOverride }: OptionsUpdated,
  place: Pick<Place, 'execution' | 'time'>,
): void {
  const pin = pinOf(run);
  const { override: _, ...versioning } = run.versioning ?? {};
  if (unsetVersioningOverride) run.versioning = versioning;
  else if (versioningOverride) run.versioning = { ...versioning, override: versioningOverride };
  bumpVisibility(run, place);
  rerouted(run, pin, place.execution);
}

export const apply: Apply<'WorkflowExecutionOptionsUpdated'> = {
  WorkflowExecutionOptionsUpdated: holdBack,
};

export const handle: Handle<'UpdateWorkflowExecutionOptions'> = {
  UpdateWorkflowExecutionOptions(t, { workflowExecution, workflowExecutionOptions, identity }) {
    const run = requireOpen(t.execution, { runId: workflowExecution.runId });
    const { versioningOverride } = workflowExecutionOptions;
    checkOverride('workflowExecutionOptions.versioningOverride', versioningOverride);
    const before = run.versioning?.override;
    if (JSON.stringify(before) !== JSON.stringify(versioningOverride)) {
      const change = versioningOverride ? { versioningOverride } : { unsetVersioningOverride: true };
      t.append('WorkflowExecutionOptionsUpdated', { ...change, identity });
    }
    return { workflowExecutionOptions: versioningOverride ? { versioningOverride } : {} };
  },
};

export function checkOverride(field: string, override: VersioningOverrideJson | undefined): void {
  if (!override || !('pinned' in override)) return;
  const problem = versionProblem(override.pinned.version);
  if (problem) throw invalidArgument(`${field}.pinned.version.${problem}`);
}

/** What a child has from its parent: the version, where it is on the same task queue. */
export function ofChild(
  run: RunState,
  taskQueue: string,
): { pinnedVersion?: WorkerDeploymentVersion; versioningOverride?: VersioningOverrideJson } {
  if (taskQueue !== run.taskQueue) return {};
  const { override } = run.versioning ?? {};
  if (override && 'pinned' in override) return { versioningOverride: override };
  const pinnedVersion = pinOf(run);
  return pinnedVersion ? { pinnedVersion } : {};
}

/**
 * What the next run of a chain has from the one before, by Temporal's rules: a pinned override always, the pinned version
 * after continue-as-new unless the workflow asked to leave it, after a retry only where it was inherited itself, after
 * cron never; none of it on another task queue.
 */
export function ofNextRun(
  run: RunState,
  next: { taskQueue: string; initiator: string | undefined; initialVersioningBehavior?: string },
): Pick<StartedAttributes, 'versioningOverride' | 'inheritedPinnedVersion' | 'inheritedAutoUpgradeInfo'> {
  const { initiator, initialVersioningBehavior: initial } = next;
  const { override, behavior, deploymentVersion, inheritedPinnedVersion } = run.versioning ?? {};
  const inherits = next.taskQueue === run.taskQueue;
  const pinned = behavior === 'PINNED' && inherits ? deploymentVersion : undefined;
  const continues = initiator === toWire('continueAsNewInitiator', 'WORKFLOW');
  const retries = initiator === toWire('continueAsNewInitiator', 'RETRY');
  return {
    ...(override && 'pinned' in override && inherits && { versioningOverride: override }),
    ...(continues &&
      initial && { inheritedAutoUpgradeInfo: { continueAsNewInitialVersioningBehavior: initial } }),
    ...(((continues && !initial) || (retries && inheritedPinnedVersion)) &&
      pinned && { inheritedPinnedVersion: pinned }),
  };
}
