/** The engine itself: lists of runs, namespaces, task queues and Workers, and what the engine can do. */

import type { z } from 'zod';
import { notFound } from '../../../sdk/common/errors.ts';
import type {
  CountWorkflowExecutionsReply,
  ListWorkflowExecutionsReply,
} from '../../../sdk/common/service.ts';
import type { WorkerDeploymentVersion } from '../../../sdk/common/versioning.ts';
import { SDK_VERSION } from '../../../sdk/common/worker-protocol.ts';
import { engineKeys } from '../../auth/key-ring.ts';
import { visibilityShards } from '../../env.ts';
import type { RegisteredWorker } from '../../namespace/registry.ts';
import type { Call } from '../call.ts';
import { callDurable } from '../durable-call.ts';
import type * as schemas from '../schemas.ts';

export const CLUSTER_NAME = 'perdure';

export function listWorkflowExecutions(
  { namespace, ...request }: z.output<typeof schemas.list>,
  call: Call,
): Promise<ListWorkflowExecutionsReply> {
  return call.visibility(namespace, (visibility) => visibility.list(request));
}

export function countWorkflowExecutions(
  { namespace, query }: z.output<typeof schemas.count>,
  call: Call,
): Promise<CountWorkflowExecutionsReply> {
  return call.visibility(namespace, (visibility) => visibility.count({ query }));
}

export interface DescribeWorkerReply {
  workerInfo: {
    workerHeartbeat: {
      workerInstanceKey: string;
      workerIdentity: string;
      taskQueue: string;
      deploymentVersion?: WorkerDeploymentVersion;
      sdkName: string;
      sdkVersion: string;
      startTime: string;
      heartbeatTime: string;
    };
  };
  /** Ours: all that it serves. */
  taskQueues: RegisteredWorker['description']['taskQueues'];
}

/** `capabilities` in Temporal's names: what its clients ask before they use it. */
export async function getSystemInfo(): Promise<{
  serverVersion: string;
  capabilities: Record<string, boolean>;
}> {
  return {
    serverVersion: SDK_VERSION,
    capabilities: {
      signalAndQueryHeader: true,
      internalErrorDifferentiation: true,
      activityFailureIncludeHeartbeat: true,
      supportsSchedules: true,
      encodedFailureAttributes: true,
      buildIdBasedVersioning: false,
      upsertMemo: true,
      eagerWorkflowStart: false,
      sdkMetadata: true,
      countGroupByExecutionStatus: true,
      nexus: false,
    },
  };
}

export interface ClusterInfo {
  supportedClients: Record<string, string>;
  serverVersion: string;
  clusterId: string;
  clusterName: string;
  versionInfo: { current: { version: string } };
  historyShardCount: number;
  persistenceStore: string;
  visibilityStore: string;
}

export async function getClusterInfo(_: unknown, call: Call): Promise<ClusterInfo> {
  return {
    supportedClients: {},
    serverVersion: SDK_VERSION,
    clusterId: CLUSTER_NAME,
    clusterName: CLUSTER_NAME,
    versionInfo: { current: { version: SDK_VERSION } },
    historyShardCount: 1,
    persistenceStore: 'durable-objects',
    visibilityStore: `durable-objects (${visibilityShards(call.env)} shards)`,
  };
}

/** The pollers of a task queue are the registered Workers that serve it: workflows (the default) or activities. */
export async function describeTaskQueue(
  { namespace, taskQueue, taskQueueType }: z.output<typeof schemas.describeTaskQueue>,
  call: Call,
): Promise<{ pollers: Array<{ identity: string; lastAccessTime: string; url: string }> }> {
  const types =
    taskQueueType === '2' || taskQueueType === 'TASK_QUEUE_TYPE_ACTIVITY' ? 'activityTypes' : 'workflowTypes';
  const workers = (await call.workers(namespace)).filter(({ description }) =>
    description.taskQueues.some(({ name, [types]: served }) => name === taskQueue.name && served.length > 0),
  );
  return {
    pollers: workers.map(({ url, description, lastSeenTime }) => ({
      identity: description.identity,
      lastAccessTime: lastSeenTime,
      url,
    })),
  };
}

/**
 * Workers do it again and again: only a new one is a matter for the audit log. The answer has what the Worker verifies
 * dispatches with: the public keys that the engine has for it.
 */
export async function registerWorker(
  { namespace, ...request }: z.output<typeof schemas.worker>,
  call: Call,
): Promise<RegisteredWorker & { engineKeys: string[] }> {
  const worker = await call.namespace(namespace, (stub) => stub.registerWorker(request));
  if (worker.registeredTime === worker.lastSeenTime)
    await call.audit('RegisterWorker', { namespace, url: worker.url });
  const keys = await callDurable(call.ports, () => engineKeys(call.env), true);
  return { ...worker, engineKeys: await keys.publicKeys({ namespace, url: worker.url }, Date.now()) };
}

export async function listWorkers(
  { namespace }: z.output<typeof schemas.inNamespace>,
  call: Call,
): Promise<{ workers: RegisteredWorker[] }> {
  return { workers: await call.workers(namespace) };
}

export async function countWorkers(
  { namespace }: z.output<typeof schemas.inNamespace>,
  call: Call,
): Promise<{ count: string }> {
  return { count: String((await call.workers(namespace)).length) };
}

/** A Worker's key is its URL. */
export async function describeWorker(
  { namespace, workerInstanceKey }: z.output<typeof schemas.describeWorker>,
  call: Call,
): Promise<DescribeWorkerReply> {
  const worker = (await call.workers(namespace)).find(({ url }) => url === workerInstanceKey);
  if (!worker) throw notFound(`No Worker is registered at ${workerInstanceKey}.`);
  const { identity, sdk, deploymentVersion, taskQueues } = worker.description;
  return {
    workerInfo: {
      workerHeartbeat: {
        workerInstanceKey,
        workerIdentity: identity,
        taskQueue: taskQueues[0]?.name ?? '',
        ...(deploymentVersion && { deploymentVersion }),
        sdkName: sdk.name,
        sdkVersion: sdk.version,
        startTime: worker.registeredTime,
        heartbeatTime: worker.lastSeenTime,
      },
    },
    taskQueues,
  };
}

export async function unregisterWorker(
  { namespace, url }: z.output<typeof schemas.worker>,
  call: Call,
): Promise<{ removed: boolean }> {
  const reply = await call.namespace(namespace, (stub) => stub.unregisterWorker({ url }));
  if (reply.removed) await call.audit('UnregisterWorker', { namespace, url });
  return reply;
}
