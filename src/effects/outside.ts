/** The outside world of one WorkflowExecution object, on Cloudflare: Workers, Queues, visibility. */

import { Deadlines } from '../../sdk/common/deadlines.ts';
import { errorDetailType, ServiceError } from '../../sdk/common/errors.ts';
import type { WorkflowExecution } from '../../sdk/common/history.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import type {
  GetWorkflowResultReply,
  Replies,
  Request,
  Result,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import { archiveOf } from '../archive/archive.ts';
import { sealedToken } from '../auth/task-token.ts';
import { type Env, engineUrl, now, otlpSettings, queueOf, taskQueueSettings } from '../env.ts';
import { OperationCounter } from '../execution/operation-counter.ts';
import type {
  ActivityWorker,
  InternalRequestKind,
  NotServed,
  Outside,
  WorkflowWorker,
} from '../execution/outside.ts';
import type { Found, Match } from '../matching/directory.ts';
import { retentionOf } from '../namespace/retention.ts';
import { jsonLogger } from '../observability/log.ts';
import type { MetricsDelta } from '../observability/measures.ts';
import { traceparentAt } from '../observability/traces.ts';
import { typedSearchAttributes } from '../visibility/attributes.ts';
import { measuresOf, sendAlong } from '../visibility/metrics.ts';
import { shardMap, shardName } from '../visibility/shard.ts';
import { activityWorker } from './activity-call.ts';
import type { TaskPointer } from './consumer.ts';
import { directoryOf, namespaceObject } from './directories.ts';
import { keptAlive } from './kept-alive.ts';
import { permitsPort } from './permits.ts';
import { QueueSends } from './queue-sends.ts';
import { scheduleObject } from './schedules.ts';
import { exportTrace } from './telemetry.ts';
import { workflowWorker } from './workers.ts';

/** A warm session answers in less than a millisecond; a turn does not wait longer than a person would notice. */
const INLINE_BOUND_MS = 50;

/** A run that starts and ends within this is written to visibility once. */
const ROW_PAUSE_MS = 500;
/** Little beside what a request takes, and long enough for those that are on their way. */
const GATHER_MS = 1;

/** Lists learn at least so soon what a run waits for; a run that changes faster writes one row for all of it. */
const DETAILS_PAUSE_MS = 2_000;

interface VisibilityRpc {
  upsert(records: VisibilityRecord[], deltas: MetricsDelta[]): Promise<void>;
  forget(run: WorkflowExecution): Promise<void>;
}

interface ExecutionRpc {
  internal<K extends InternalRequestKind>(request: Request<K>): Promise<Result<Replies[K]>>;
  result(request: {
    runId: string;
    waitMs: number;
    followRuns: 'resets';
  }): Promise<Result<GetWorkflowResultReply>>;
}

/**
 * Only within the namespace: a Worker was granted that one, and what its workflows say names no other. One that is
 * foreign and one that is not there are told apart by nobody.
 */
export async function callExecution<K extends InternalRequestKind>(
  env: Env,
  own: string,
  namespace: string,
  workflowId: string,
  request: Request<K>,
): Promise<Replies[K]> {
  const result = await executionOf(env, own, namespace, workflowId).internal(request);
  if ('error' in result) throw ServiceError.fromData(result.error);
  return result.ok;
}

function executionOf(env: Env, own: string, namespace: string, workflowId: string): ExecutionRpc {
  if (namespace !== own) {
    const detail = { '@type': errorDetailType.namespaceNotFound, namespace };
    throw new ServiceError('NOT_FOUND', `Namespace ${namespace} is not found.`, [detail]);
  }
  return env.WORKFLOW_EXECUTION.getByName(
    executionObjectName(namespace, workflowId),
  ) as unknown as ExecutionRpc;
}

async function chainResult(execution: ExecutionRpc, runId: string): Promise<GetWorkflowResultReply> {
  const result = await execution.result({ runId, waitMs: 0, followRuns: 'resets' });
  if ('error' in result) throw ServiceError.fromData(result.error);
  return result.ok;
}

/** The shard that has the rows of this workflow id. */
function visibilityPorts(
  ctx: DurableObjectState,
  env: Env,
  namespace: string,
  workflowId: string,
  operations: OperationCounter,
): Pick<
  Outside,
  'recordVisibility' | 'removeVisibility' | 'rowPauseMs' | 'detailsPauseMs' | 'typedSearchAttributes'
> {
  const home = (): number => shardMap(env).home(workflowId);
  const shard = (number = home()): VisibilityRpc =>
    env.VISIBILITY.getByName(shardName(namespace, number)) as unknown as VisibilityRpc;
  return {
    recordVisibility: async (record) => {
      // Metrics travel along with the row: no request is made for them.
      operations.listed(record.open);
      const number = home();
      await sendAlong(namespace, number, (deltas) => shard(number).upsert([record], deltas));
      const { runId } = record.info.execution;
      if (!record.open && runId) ctx.waitUntil(exportTrace(env, { namespace, workflowId, runId }));
    },
    removeVisibility: (run) => shard().forget(run),
    rowPauseMs: ROW_PAUSE_MS,
    detailsPauseMs: DETAILS_PAUSE_MS,
    typedSearchAttributes: (given) => typedSearchAttributes(env, namespace, given),
  };
}

function archivePort(env: Env, namespace: string): Pick<Outside, 'archive'> {
  const archive = archiveOf(env, namespace);
  return archive ? { archive: (...run) => archive.put(...run) } : {};
}

function retentionPort(
  ctx: DurableObjectState,
  env: Env,
  namespace: string,
): NonNullable<Outside['retention']> {
  const retention = retentionOf(env, namespace);
  return {
    peek: () => {
      const renewed = retention.renew();
      if (renewed) ctx.waitUntil(renewed.catch(() => undefined));
      return retention.peek();
    },
    ask: () => retention.ask(),
  };
}

/** Calls of other objects. */
function callPorts(
  ctx: DurableObjectState,
  env: Env,
  namespace: string,
  workflowId: string,
  operations: OperationCounter,
): Pick<Outside, 'callExecution' | 'chainResult' | 'notifySchedule' | 'noteWaiting'> {
  return {
    callExecution: (target, id, request) => {
      operations.objectRequests++;
      return callExecution(env, namespace, target, id, request);
    },
    chainResult: async (target, id, runId) => {
      operations.objectRequests++;
      return chainResult(executionOf(env, namespace, target, id), runId);
    },
    notifySchedule: async (scheduleId, closed) => {
      operations.objectRequests++;
      const result = await scheduleObject(env, namespace, scheduleId).runClosed(closed);
      if ('error' in result) throw ServiceError.fromData(result.error);
    },
    noteWaiting: (taskQueue) => {
      operations.objectRequests++;
      ctx.waitUntil(
        namespaceObject(env, namespace)
          .waiting(taskQueue, workflowId)
          .catch(() => undefined),
      );
    },
  };
}

export function connectOutside(
  ctx: DurableObjectState,
  env: Env,
  namespace: string,
  workflowId: string,
): Outside {
  const directory = directoryOf(env, namespace);
  const operations = new OperationCounter();
  const sends = new QueueSends<TaskPointer>();
  const deadlines = new Deadlines();
  const workflow = (match: Found): WorkflowWorker => workflowWorker(directory, match);
  const activity = (match: Found): ActivityWorker =>
    activityWorker(directory, match, (task) => sealedToken(env, task), deadlines);
  const found = <W>(match: Match, make: (match: Exclude<Match, NotServed>) => W): W | NotServed =>
    'waitingReason' in match ? match : make(match);
  return {
    now: () => now(env),
    newRunId: () => crypto.randomUUID(),
    after: (ms, callback) => deadlines.add(ms, callback),
    gather: () => new Promise((resolve) => setTimeout(resolve, GATHER_MS)),
    inlineBoundMs: INLINE_BOUND_MS,
    peekWorkflowWorker: (taskQueue, type, route) => {
      const match = directory.peek('workflow', taskQueue, type, route);
      return match && workflow(match);
    },
    findWorkflowWorker: async (taskQueue, type, route, patiently) => {
      const match = patiently
        ? directory.findPatiently('workflow', taskQueue, type, route)
        : directory.find('workflow', taskQueue, type, undefined, route);
      return found(await match, workflow);
    },
    destinationOf: (taskQueue, route) => {
      const renewed = directory.renew();
      if (renewed) ctx.waitUntil(renewed.catch(() => undefined));
      return directory.destinationOf('workflow', taskQueue, route);
    },
    peekActivityWorker: (taskQueue, type, route) => {
      const match = directory.peek('activity', taskQueue, type, route);
      return match && activity(match);
    },
    findActivityWorker: async (taskQueue, type, route, prefer) =>
      found(await directory.find('activity', taskQueue, type, prefer, route), activity),
    dispatchOf: (taskQueue) => taskQueueSettings(env, taskQueue).dispatch,
    sendActivityTask: async (task, activityType, taskQueue, route) => {
      operations.sent();
      const pointer: TaskPointer = { v: 1, task, activityType, taskQueue, route };
      await sends.send(queueOf(env, taskQueue), pointer);
    },
    ...(otlpSettings(env) && { traceparentAt }),
    permits: permitsPort(env, namespace, directory, operations),
    ...visibilityPorts(ctx, env, namespace, workflowId, operations),
    retention: retentionPort(ctx, env, namespace),
    ...archivePort(env, namespace),
    ...callPorts(ctx, env, namespace, workflowId, operations),
    workersChanged: () => directory.invalidate(),
    engineUrl: () => engineUrl(env),
    keepAlive: keptAlive((promise) => ctx.waitUntil(promise)),
    operations,
    measures: measuresOf(env, namespace, (promise) => ctx.waitUntil(promise)),
    log: (message, fields) => jsonLogger.warn(message, { namespace, workflowId, ...fields }),
  };
}
