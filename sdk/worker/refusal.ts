/** What a Worker does not do: types it does not have, and the work of another build. */

import { sameVersion, versionText, type WorkerDeploymentVersion } from '../common/versioning.ts';
import type { WorkflowSessionInit } from '../common/worker-protocol.ts';
import { type CheckedOptions, typed } from './options.ts';

export function servesWorkflow(
  { taskQueue, workflows }: CheckedOptions,
  init: Pick<WorkflowSessionInit, 'taskQueue' | 'workflowType'>,
): boolean {
  return init.taskQueue === taskQueue && typed(workflows, init.workflowType) !== undefined;
}

/** What the task asks for and this Worker has not. */
export function refusalOf(options: CheckedOptions, init: WorkflowSessionInit): string | undefined {
  if (servesWorkflow(options, init)) return versionRefusal(options, init);
  return `workflow type "${init.workflowType}" on task queue "${init.taskQueue}"`;
}

/** A build never does the work of another one, also when the engine does not know yet that it was replaced. */
export function versionRefusal(
  { deployment }: CheckedOptions,
  { deploymentVersion: asked }: { deploymentVersion?: WorkerDeploymentVersion },
): string | undefined {
  const own = deployment?.version;
  if (sameVersion(own, asked)) return undefined;
  return `version ${asked ? versionText(asked) : '(none)'}: it is ${own ? versionText(own) : 'without a version'}`;
}
