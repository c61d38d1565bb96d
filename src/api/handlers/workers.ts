/** Workers, and the task queues that they serve. */

import type { z } from 'zod';
import { toDurationJson } from '../../../sdk/common/duration.ts';
import { invalidArgument, notFound } from '../../../sdk/common/errors.ts';
import {
  rateOfWorkers,
  type TaskQueueConfig,
  type TaskQueueLimits,
} from '../../../sdk/common/task-queues.ts';
import type {
  DescribeTaskQueueReply,
  DescribeWorkerReply,
  ListedWorker,
  TaskKind,
  TaskQueueStats,
} from '../../../sdk/common/workers.ts';
import { engineKeys } from '../../auth/key-ring.ts';
import { limitedTaskQueue, now } from '../../env.ts';
import type { RegisteredWorker } from '../../namespace/registry.ts';
import type { Call } from '../call.ts';
import { callDurable } from '../durable-call.ts';
import type * as schemas from '../schemas.ts';
import type { updateTaskQueueConfig as updateTaskQueueConfigSchema } from '../task-queue-schemas.ts';

/** The pollers of a task queue are the Workers that serve it: workflows (the default) or activities. */
export async function describeTaskQueue(
  {
    namespace,
    taskQueue,
    taskQueueType,
    reportStats,
    reportConfig,
  }: z.output<typeof schemas.describeTaskQueue>,
  call: Call,
): Promise<DescribeTaskQueueReply> {
  // Temporal's Web UI asks for all three kinds. There is no Nexus here, and so nobody who would serve it.
  if (taskQueueType === '3' || taskQueueType === 'TASK_QUEUE_TYPE_NEXUS') return { pollers: [] };
  const ofActivities = taskQueueType === '2' || taskQueueType === 'TASK_QUEUE_TYPE_ACTIVITY';
  const kind = ofActivities ? 'activity' : 'workflow';
  const [workers, stats, config] = await Promise.all([
    call.workers(namespace),
    reportStats ? taskQueueStats(call, namespace, kind, taskQueue.name) : undefined,
    reportConfig && ofActivities ? taskQueueConfig(call, namespace, taskQueue.name) : undefined,
  ]);
  const pollers = workers.flatMap(({ url, description, lastSeenTime }) =>
    description?.taskQueues.some((q) => q.name === taskQueue.name && q[`${kind}Types`].length > 0)
      ? [{ identity: description.identity, ...(lastSeenTime && { lastAccessTime: lastSeenTime }), url }]
      : [],
  );
  const effectiveRateLimit = config && effectiveRate(config, workers, taskQueue.name);
  return {
    pollers,
    ...(stats && { stats }),
    ...(config && { config }),
    ...(effectiveRateLimit && { effectiveRateLimit }),
  };
}

function effectiveRate(
  { queueRateLimit }: TaskQueueConfig,
  workers: ListedWorker[],
  taskQueue: string,
): DescribeTaskQueueReply['effectiveRateLimit'] {
  if (queueRateLimit) return { ...queueRateLimit.rateLimit, rateLimitSource: 'RATE_LIMIT_SOURCE_API' };
  const requestsPerSecond = rateOfWorkers(workers, taskQueue);
  return requestsPerSecond === undefined
    ? undefined
    : { requestsPerSecond, rateLimitSource: 'RATE_LIMIT_SOURCE_WORKER' };
}

function taskQueueConfig(call: Call, namespace: string, taskQueue: string): Promise<TaskQueueConfig> {
  return call.namespace(namespace, async (stub) => ({ ok: await stub.taskQueueConfig(taskQueue) }));
}

/** What waits learns of it at once, those who dispatch within five seconds. */
export async function updateTaskQueueConfig(
  request: z.output<typeof updateTaskQueueConfigSchema>,
  call: Call,
): Promise<{ config: TaskQueueConfig }> {
  const { namespace, taskQueue, taskQueueType: type } = request;
  if (String(type) !== '2' && type !== 'TASK_QUEUE_TYPE_ACTIVITY')
    throw invalidArgument('taskQueueType: limits are for activity tasks (TASK_QUEUE_TYPE_ACTIVITY)');
  const { config, limits } = await call.change(namespace, (stub) => stub.updateTaskQueueConfig(request));
  const object = () => limitedTaskQueue(call.env, namespace, taskQueue) as unknown as Limited;
  // Those who ask tell it too: what is lost here comes with the next of them.
  call.defer(callDurable(call.ports, () => object().configure(limits), true).catch(() => undefined));
  return { config };
}

interface Limited {
  configure(limits: TaskQueueLimits): Promise<void>;
}

async function taskQueueStats(
  call: Call,
  namespace: string,
  kind: TaskKind,
  taskQueue: string,
): Promise<TaskQueueStats> {
  const [{ count, since }, tasksDispatchRate] = await Promise.all([
    call.visibility(namespace, (visibility) => visibility.backlog(kind, taskQueue)),
    call.namespace(namespace, async (stub) => ({ ok: await stub.dispatchRate(kind, taskQueue) })),
  ]);
  const age = since === undefined ? 0 : Math.max(now(call.env) - since, 0);
  return {
    approximateBacklogCount: String(count),
    approximateBacklogAge: toDurationJson(age),
    tasksDispatchRate,
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
): Promise<{ workers: ListedWorker[] }> {
  return { workers: await call.workers(namespace) };
}

export async function countWorkers(
  { namespace }: z.output<typeof schemas.inNamespace>,
  call: Call,
): Promise<{ count: string }> {
  return { count: String((await call.workers(namespace)).length) };
}

/** A Worker's key is its URL, or `service:` and the name of its binding. */
export async function describeWorker(
  { namespace, workerInstanceKey }: z.output<typeof schemas.describeWorker>,
  call: Call,
): Promise<DescribeWorkerReply> {
  const worker = (await call.workers(namespace)).find(({ url }) => url === workerInstanceKey);
  if (!worker) throw notFound(`No Worker is registered at ${workerInstanceKey}.`);
  const { description, registeredTime, lastSeenTime, failedCalls, lastError, lastErrorTime } = worker;
  if (!description)
    throw notFound(`${workerInstanceKey} has not answered yet: ${lastError ?? 'no error is known'}`);
  const { identity, sdk, deploymentVersion, taskQueues } = description;
  return {
    workerInfo: {
      workerHeartbeat: {
        workerInstanceKey,
        workerIdentity: identity,
        taskQueue: taskQueues[0]?.name ?? '',
        ...(deploymentVersion && { deploymentVersion }),
        sdkName: sdk.name,
        sdkVersion: sdk.version,
        ...(registeredTime && { startTime: registeredTime }),
        ...(lastSeenTime && { heartbeatTime: lastSeenTime }),
      },
    },
    taskQueues,
    failedCalls,
    ...(lastError !== undefined && { lastError }),
    ...(lastErrorTime && { lastErrorTime }),
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
