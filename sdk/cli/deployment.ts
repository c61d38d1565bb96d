/** `perdure worker deployment …`: which versions of Workers there are, which get what is new, which can go. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { toClientError } from '../client/errors.ts';
import type {
  DescribeWorkerDeploymentVersionReply,
  RoutingConfig,
  WorkerDeploymentVersionSummary,
} from '../common/deployments.ts';
import {
  toOverrideJson,
  type VersioningOverrideJson,
  versionText,
  type WorkerDeploymentVersion,
} from '../common/versioning.ts';
import {
  addCommand,
  type Invocation,
  noun,
  type TargetFlags,
  type Terminal,
  targetFlags,
} from './context.ts';
import { table } from './render.ts';

type OverrideFlags = TargetFlags & {
  versioningOverrideBehavior: 'PINNED' | 'AUTO_UPGRADE' | 'UNSPECIFIED';
  versioningOverrideDeploymentName?: string;
  versioningOverrideBuildId?: string;
};
interface NameFlags {
  name: string;
}
interface VersionFlags {
  deploymentName: string;
  buildId: string;
}
interface RoutingFlags {
  deploymentName: string;
  buildId?: string;
  unversioned?: boolean;
  ignoreMissingTaskQueues?: boolean;
  allowNoPollers?: boolean;
}
interface RampFlags extends RoutingFlags {
  percentage?: number;
  delete?: boolean;
}

const nameFlag = (command: Command): Command => command.requiredOption('-d, --name <name>', 'the deployment');
const deploymentFlag = (command: Command): Command =>
  command.requiredOption('--deployment-name <name>', 'the deployment');
const versionFlags = (command: Command): Command =>
  deploymentFlag(command).requiredOption('--build-id <id>', 'the build');
const routingFlags = (command: Command): Command =>
  deploymentFlag(command)
    .option('--build-id <id>', 'the build')
    .option('--unversioned', 'Workers without a version, instead of a build')
    .option('--ignore-missing-task-queues', 'also if it serves fewer task queues than the current version')
    .option('--allow-no-pollers', 'also if no Worker of it has been seen');

export function deploymentCommand(terminal: Terminal): Command {
  const deployment = noun('deployment', 'versions of Workers: look at them, send workflows to them');
  const add = <F>(
    name: string,
    description: string,
    define: (command: Command) => Command,
    action: (invocation: Invocation<F>) => Promise<void>,
  ): void => addCommand(deployment, terminal, [name, description], define, action);
  add<object>('list', 'list deployments', (c) => c, list);
  add<NameFlags>(
    'describe',
    'the versions of a deployment, and which of them get what is new',
    nameFlag,
    describe,
  );
  add<NameFlags>('delete', 'forget a deployment that has no versions', nameFlag, remove);
  add<VersionFlags>(
    'describe-version',
    'how many open workflows need a version, and whether its Workers can be removed',
    versionFlags,
    describeVersion,
  );
  add<RoutingFlags>('set-current-version', 'send all new workflows to a version', routingFlags, setCurrent);
  add<RampFlags>(
    'set-ramping-version',
    'send a percentage of new workflows to a version',
    (c) =>
      routingFlags(c)
        .option('--percentage <n>', 'from 0 to 100', Number)
        .option('--delete', 'nothing ramps any more'),
    setRamping,
  );
  add<VersionFlags & { skipDrainage?: boolean }>(
    'delete-version',
    'forget a version that no open workflow needs',
    (c) =>
      versionFlags(c).option('--skip-drainage', 'also if open workflows need it: they will wait for ever'),
    deleteVersion,
  );
  return deployment;
}

/** `perdure workflow update-options` */
export function addUpdateOptions(workflow: Command, terminal: Terminal): void {
  addCommand<OverrideFlags>(
    workflow,
    terminal,
    ['update-options', 'pin an open workflow to a version of its Workers, or free it'],
    (c) =>
      targetFlags(c)
        .addOption(
          new Option('--versioning-override-behavior <behavior>', 'unspecified: as its code says')
            .choices(['pinned', 'auto_upgrade', 'unspecified'])
            .argParser((text) => text.toUpperCase())
            .makeOptionMandatory(),
        )
        .option('--versioning-override-deployment-name <name>', 'where it is pinned: the deployment')
        .option('--versioning-override-build-id <id>', 'where it is pinned: the build'),
    updateOptions,
  );
}

async function updateOptions({ client, flags, show }: Invocation<OverrideFlags>): Promise<void> {
  const { namespace, identity, workflowService } = client;
  const { workflowId, runId } = flags;
  const versioningOverride = overrideOf(flags);
  const work = workflowService.updateWorkflowExecutionOptions({
    namespace,
    identity,
    workflowExecution: { workflowId, ...(runId && { runId }) },
    workflowExecutionOptions: versioningOverride ? { versioningOverride } : {},
  });
  show(await explained(work, 'update the options of the workflow'), 'Updated.');
}

function overrideOf(flags: OverrideFlags): VersioningOverrideJson | undefined {
  const { versioningOverrideBehavior, versioningOverrideDeploymentName, versioningOverrideBuildId } = flags;
  if (versioningOverrideBehavior === 'UNSPECIFIED') return undefined;
  if (versioningOverrideBehavior === 'AUTO_UPGRADE') return toOverrideJson('AUTO_UPGRADE');
  const [deploymentName, buildId] = [versioningOverrideDeploymentName, versioningOverrideBuildId];
  if (deploymentName === undefined || buildId === undefined) {
    throw new InvalidArgumentError(
      'pinned needs --versioning-override-deployment-name and --versioning-override-build-id',
    );
  }
  return toOverrideJson({ pinnedTo: { deploymentName, buildId } });
}

/** Errors as people read them. */
function explained<T>(work: Promise<T>, attempted: string): Promise<T> {
  return work.catch((error: unknown) => {
    throw toClientError(error, attempted);
  });
}

async function list({ client: { namespace, workflowService }, show }: Invocation<object>): Promise<void> {
  const work = workflowService.listWorkerDeployments({ namespace });
  const { workerDeployments } = await explained(work, 'list deployments');
  const rows = workerDeployments.map(({ name, routingConfig, createTime }) => [
    name,
    currentText(routingConfig),
    rampText(routingConfig),
    createTime,
  ]);
  const none = 'There are no deployments. A Worker that is given workerDeploymentOptions makes one.';
  show(
    workerDeployments,
    rows.length > 0 ? table([['Deployment', 'Current', 'Ramping', 'Created'], ...rows]) : none,
  );
}

async function describe({ client, flags, show }: Invocation<NameFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const work = workflowService.describeWorkerDeployment({ namespace, deploymentName: flags.name });
  const reply = await explained(work, `describe deployment ${flags.name}`);
  const { name, routingConfig, versionSummaries } = reply.workerDeploymentInfo;
  const rows = versionSummaries.map((summary) => [
    summary.deploymentVersion.buildId,
    statusText(summary),
    summary.createTime,
  ]);
  const routing = `Deployment  ${name}\nCurrent     ${currentText(routingConfig)}\nRamping     ${rampText(routingConfig)}`;
  show(reply, `${routing}\n\n${table([['Build', 'Status', 'Created'], ...rows])}`);
}

async function remove({ client, flags, show }: Invocation<NameFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const work = workflowService.deleteWorkerDeployment({ namespace, deploymentName: flags.name });
  await explained(work, `delete deployment ${flags.name}`);
  show({ deploymentName: flags.name, deleted: true }, 'Deleted.');
}

async function describeVersion({ client, flags, show }: Invocation<VersionFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const deploymentVersion = versionOf(flags);
  const work = workflowService.describeWorkerDeploymentVersion({ namespace, deploymentVersion });
  const reply = await explained(work, `describe version ${versionText(deploymentVersion)}`);
  show(reply, versionDescription(reply));
}

function versionDescription(reply: DescribeWorkerDeploymentVersionReply): string {
  const { workerDeploymentVersionInfo: info, openPinnedWorkflowCount, openWorkflowCount } = reply;
  const queues = info.taskQueueInfos.map(
    ({ name, type }) => `${name} (${type.replace('TASK_QUEUE_TYPE_', '').toLowerCase()})`,
  );
  const safe = reply.safeToRemove ? 'yes' : `no: ${reply.notSafeToRemoveReason}`;
  const lines: Array<[string, string]> = [
    ['Version', versionText(info.deploymentVersion)],
    ['Status', statusText(info)],
    ['Task queues', queues.join(', ') || '-'],
    ['Open, pinned to it', openPinnedWorkflowCount],
    ['Open, last on it', openWorkflowCount],
    ['Safe to remove', safe],
  ];
  return lines.map(([name, value]) => `${name.padEnd(20)}${value}`).join('\n');
}

async function setCurrent({ client, flags, show }: Invocation<RoutingFlags>): Promise<void> {
  const { namespace, identity, workflowService } = client;
  const request = { namespace, identity, ...routing(flags) };
  const work = workflowService.setWorkerDeploymentCurrentVersion(request);
  const reply = await explained(work, `make ${flags.buildId ?? 'no version'} current`);
  show(
    reply,
    `Current: ${flags.buildId ?? 'Workers without a version'}.${before(reply.previousDeploymentVersion)}`,
  );
}

async function setRamping({ client, flags, show }: Invocation<RampFlags>): Promise<void> {
  const { namespace, identity, workflowService } = client;
  const percentage = flags.delete ? 0 : flags.percentage;
  if (percentage === undefined || Number.isNaN(percentage)) {
    throw new InvalidArgumentError('--percentage <n> says how many go there, from 0 to 100');
  }
  const named = flags.delete ? { deploymentName: flags.deploymentName } : routing(flags);
  const work = workflowService.setWorkerDeploymentRampingVersion({
    namespace,
    identity,
    ...named,
    percentage,
  });
  const reply = await explained(work, `ramp to ${flags.buildId ?? 'no version'}`);
  const now = flags.delete
    ? 'Nothing ramps.'
    : `Ramping: ${percentage} % to ${flags.buildId ?? 'Workers without a version'}.`;
  show(reply, `${now}${before(reply.previousDeploymentVersion)}`);
}

async function deleteVersion({
  client,
  flags,
  show,
}: Invocation<VersionFlags & { skipDrainage?: boolean }>): Promise<void> {
  const { namespace, identity, workflowService } = client;
  const deploymentVersion = versionOf(flags);
  const work = workflowService.deleteWorkerDeploymentVersion({
    namespace,
    identity,
    deploymentVersion,
    ...(flags.skipDrainage && { skipDrainage: true }),
  });
  await explained(work, `delete version ${versionText(deploymentVersion)}`);
  show({ deploymentVersion, deleted: true }, `Deleted ${versionText(deploymentVersion)}.`);
}

function versionOf({ deploymentName, buildId }: VersionFlags): WorkerDeploymentVersion {
  return { deploymentName, buildId };
}

function routing({ deploymentName, buildId, unversioned, ...flags }: RoutingFlags) {
  if ((buildId === undefined) !== (unversioned === true)) {
    throw new InvalidArgumentError('Say which Workers: --build-id <id>, or --unversioned');
  }
  return {
    deploymentName,
    ...(buildId !== undefined && { buildId }),
    ...(flags.ignoreMissingTaskQueues && { ignoreMissingTaskQueues: true }),
    ...(flags.allowNoPollers && { allowNoPollers: true }),
  };
}

const before = (version: WorkerDeploymentVersion | undefined): string =>
  version ? ` Before: ${version.buildId}.` : '';

function statusText({ status }: WorkerDeploymentVersionSummary): string {
  return status.replace('WORKER_DEPLOYMENT_VERSION_STATUS_', '').toLowerCase();
}

function currentText({ currentDeploymentVersion }: RoutingConfig): string {
  return currentDeploymentVersion?.buildId ?? '(Workers without a version)';
}

function rampText({ rampingDeploymentVersion, rampingVersionPercentage }: RoutingConfig): string {
  if (!rampingDeploymentVersion && rampingVersionPercentage === 0) return '-';
  return `${rampingDeploymentVersion?.buildId ?? '(Workers without a version)'} (${rampingVersionPercentage} %)`;
}
