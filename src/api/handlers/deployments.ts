/** Worker Deployments: their routing is the namespace's object's, what runs need them for is counted in visibility. */

import type { z } from 'zod';
import type {
  DescribeWorkerDeploymentReply,
  DescribeWorkerDeploymentVersionReply,
  ListWorkerDeploymentsReply,
  SetWorkerDeploymentCurrentVersionReply,
  SetWorkerDeploymentRampingVersionReply,
  WorkerDeploymentVersionSummary,
} from '../../../sdk/common/deployments.ts';
import { fromTimestampJson, toTimestampJson } from '../../../sdk/common/duration.ts';
import { ServiceError } from '../../../sdk/common/errors.ts';
import type { UpdateWorkflowExecutionOptionsReply } from '../../../sdk/common/service.ts';
import { versionText, type WorkerDeploymentVersion } from '../../../sdk/common/versioning.ts';
import { now } from '../../env.ts';
import {
  conflictTokenOf,
  type DeploymentRecord,
  routingConfig,
  type VersionRecord,
  versionNotFound,
} from '../../namespace/deployments.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schemas.ts';

/**
 * After a version stopped to be current or ramping: a run that began on it may not be counted yet. The engine's isolates
 * look at the routing every 5 s, and a first workflow task takes 10 s at most.
 */
const SETTLING_MS = 15_000;

type Request<S extends keyof typeof schemas> = (typeof schemas)[S] extends z.ZodType
  ? z.output<(typeof schemas)[S]>
  : never;

export async function listWorkerDeployments(
  { namespace }: Request<'page'> & { namespace: string },
  call: Call,
): Promise<ListWorkerDeploymentsReply> {
  const records = await call.namespace(namespace, async (stub) => ({ ok: await stub.listDeployments() }));
  const workerDeployments = records.map(async (record) => {
    const { name, createTime, versions } = record;
    const [latest] = Object.entries(versions).sort(([, a], [, b]) => (a.createTime < b.createTime ? 1 : -1));
    return {
      name,
      createTime,
      routingConfig: routingConfig(record),
      ...(latest && { latestVersionSummary: await summaryOf(call, namespace, record, latest[0]) }),
    };
  });
  return { workerDeployments: await Promise.all(workerDeployments) };
}

export async function describeWorkerDeployment(
  { namespace, deploymentName }: Request<'workerDeployment'>,
  call: Call,
): Promise<DescribeWorkerDeploymentReply> {
  const record = await deploymentOf(call, namespace, deploymentName);
  const { name, createTime, lastModifierIdentity, versions } = record;
  const summaries = Object.keys(versions).map((buildId) => summaryOf(call, namespace, record, buildId));
  return {
    conflictToken: conflictTokenOf(record),
    workerDeploymentInfo: {
      name,
      createTime,
      routingConfig: routingConfig(record),
      ...(lastModifierIdentity && { lastModifierIdentity }),
      versionSummaries: await Promise.all(summaries),
    },
  };
}

export async function describeWorkerDeploymentVersion(
  { namespace, deploymentVersion }: Request<'workerDeploymentVersion'>,
  call: Call,
): Promise<DescribeWorkerDeploymentVersionReply> {
  const { deploymentName, buildId } = deploymentVersion;
  const record = await deploymentOf(call, namespace, deploymentName);
  const version = versionOf(record, buildId);
  const [pinned, open] = await Promise.all([
    countRunning(call, namespace, deploymentVersion, true),
    countRunning(call, namespace, deploymentVersion, false),
  ]);
  const { ramping } = record;
  const reason = whyNeeded(record, buildId, pinned, now(call.env));
  return {
    workerDeploymentVersionInfo: {
      ...summary(record, buildId, pinned, now(call.env)),
      deploymentName,
      ...(ramping?.buildId === buildId && { rampPercentage: ramping.percentage }),
      taskQueueInfos: [
        ...version.workflowQueues.map((name) => ({ name, type: 'TASK_QUEUE_TYPE_WORKFLOW' })),
        ...version.activityQueues.map((name) => ({ name, type: 'TASK_QUEUE_TYPE_ACTIVITY' })),
      ],
      ...(version.lastModifierIdentity && { lastModifierIdentity: version.lastModifierIdentity }),
    },
    openPinnedWorkflowCount: String(pinned),
    openWorkflowCount: String(open),
    safeToRemove: reason === undefined,
    ...(reason && { notSafeToRemoveReason: reason }),
  };
}

export function setWorkerDeploymentCurrentVersion(
  request: Request<'setCurrentVersion'>,
  call: Call,
): Promise<SetWorkerDeploymentCurrentVersionReply> {
  return call.change(request.namespace, (stub) => stub.setCurrentVersion(request));
}

export function setWorkerDeploymentRampingVersion(
  request: Request<'setRampingVersion'>,
  call: Call,
): Promise<SetWorkerDeploymentRampingVersionReply> {
  return call.change(request.namespace, (stub) => stub.setRampingVersion(request));
}

export async function deleteWorkerDeploymentVersion(
  { namespace, deploymentVersion, skipDrainage }: Request<'deleteVersion'>,
  call: Call,
): Promise<object> {
  const { deploymentName, buildId } = deploymentVersion;
  const record = await deploymentOf(call, namespace, deploymentName);
  versionOf(record, buildId);
  const workers = (await call.workers(namespace)).filter(
    ({ registeredTime, description: { deploymentVersion: version } = {} }) =>
      registeredTime !== undefined &&
      version?.deploymentName === deploymentName &&
      version.buildId === buildId,
  );
  if (workers.length > 0) {
    const urls = workers.map(({ url }) => url).join(', ');
    throw refusal(deploymentVersion, `Workers of it are registered (${urls}): stop them first`);
  }
  const pinned = skipDrainage ? 0 : await countRunning(call, namespace, deploymentVersion, true);
  const reason = skipDrainage ? undefined : whyNeeded(record, buildId, pinned, now(call.env));
  if (reason) throw refusal(deploymentVersion, reason);
  await call.change(namespace, (stub) => stub.deleteVersion({ deploymentName, buildId }));
  return {};
}

export async function deleteWorkerDeployment(
  { namespace, deploymentName }: Request<'workerDeployment'>,
  call: Call,
): Promise<object> {
  await call.change(namespace, (stub) => stub.deleteDeployment(deploymentName));
  return {};
}

export function updateWorkflowExecutionOptions(
  { updateMask: _, ...request }: Request<'updateOptions'>,
  call: Call,
): Promise<UpdateWorkflowExecutionOptionsReply> {
  const { namespace, workflowExecution } = request;
  return call.request(namespace, workflowExecution.workflowId, {
    kind: 'UpdateWorkflowExecutionOptions',
    ...request,
  });
}

function refusal(version: WorkerDeploymentVersion, reason: string): ServiceError {
  return new ServiceError('FAILED_PRECONDITION', `version ${versionText(version)} is not deleted: ${reason}`);
}

function deploymentOf(call: Call, namespace: string, name: string): Promise<DeploymentRecord> {
  return call.namespace(namespace, (stub) => stub.getDeployment(name));
}

function versionOf({ name, versions }: DeploymentRecord, buildId: string): VersionRecord {
  if (!Object.hasOwn(versions, buildId)) throw versionNotFound(name, buildId);
  return versions[buildId]!;
}

/** Lists the open runs that the version is the last of; `pinned`: that must end on it. Paused ones are open. */
export function openRunsQuery(version: WorkerDeploymentVersion, pinned: boolean): string {
  const text = versionText(version).replaceAll('\\', '\\\\').replaceAll("'", "''");
  const open = `ExecutionStatus IN ('Running', 'Paused') AND TemporalWorkerDeploymentVersion = '${text}'`;
  return pinned ? `${open} AND TemporalWorkflowVersioningBehavior = 'Pinned'` : open;
}

async function countRunning(
  call: Call,
  namespace: string,
  version: WorkerDeploymentVersion,
  pinned: boolean,
): Promise<number> {
  const query = openRunsQuery(version, pinned);
  const { count } = await call.visibility(namespace, (visibility) => visibility.count({ query }));
  return Number(count);
}

async function summaryOf(
  call: Call,
  namespace: string,
  record: DeploymentRecord,
  buildId: string,
): Promise<WorkerDeploymentVersionSummary> {
  const version = { deploymentName: record.name, buildId };
  // Only a version that had tasks and gets no new ones drains.
  const drains = versionOf(record, buildId).lastDeactivationTime !== undefined;
  const pinned = drains ? await countRunning(call, namespace, version, true) : 0;
  return summary(record, buildId, pinned, now(call.env));
}

function summary(
  record: DeploymentRecord,
  buildId: string,
  pinned: number,
  time: number,
): WorkerDeploymentVersionSummary {
  const {
    workflowQueues: _1,
    activityQueues: _2,
    lastModifierIdentity: _3,
    ...times
  } = versionOf(record, buildId);
  const drained = whyNeeded(record, buildId, pinned, time) === undefined;
  const drains = drained ? 'DRAINED' : 'DRAINING';
  const status = roleOf(record, buildId) ?? (times.firstActivationTime ? drains : 'INACTIVE');
  return {
    deploymentVersion: { deploymentName: record.name, buildId },
    status: `WORKER_DEPLOYMENT_VERSION_STATUS_${status}`,
    ...times,
    ...(status === drains && {
      drainageInfo: {
        status: `VERSION_DRAINAGE_STATUS_${drains}`,
        lastCheckedTime: toTimestampJson(time),
      },
    }),
  };
}

function roleOf({ currentBuildId, ramping }: DeploymentRecord, buildId: string) {
  if (buildId === currentBuildId) return 'CURRENT';
  return buildId === ramping?.buildId ? 'RAMPING' : undefined;
}

/** Why the version's Workers cannot go. */
function whyNeeded(
  record: DeploymentRecord,
  buildId: string,
  pinned: number,
  time: number,
): string | undefined {
  const role = roleOf(record, buildId);
  if (role) return `it is ${role.toLowerCase()}`;
  if (pinned > 0) return `${pinned} open ${pinned === 1 ? 'workflow is' : 'workflows are'} pinned to it`;
  const { lastDeactivationTime: left } = versionOf(record, buildId);
  if (left === undefined || fromTimestampJson(left) + SETTLING_MS <= time) return undefined;
  return 'it got new workflows until a moment ago: ask again in some seconds';
}
