/** The requests that pages make, each once, typed by what the engine answers. */

import type { ListWorkerDeploymentsReply, WorkerDeploymentSummary } from '../../sdk/common/deployments.ts';
import type { HistoryEvent, NamedType } from '../../sdk/common/history.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import type {
  CountWorkflowExecutionsReply,
  DescribeWorkflowExecutionReply,
  ListWorkflowExecutionsReply,
  QueryWorkflowReply,
  UpdateWorkflowExecutionReply,
} from '../../sdk/common/service.ts';
import type { DescribeTaskQueueReply, ListedWorker, TaskKind } from '../../sdk/common/workers.ts';
import { call } from './api.ts';
import { rootMessage } from './history/event.ts';
import { once } from './once.ts';
import { inNamespace } from './path.ts';
import { readPayload } from './payload.ts';

export interface WorkflowName {
  namespace: string;
  workflowId: string;
  runId?: string;
}

export interface SystemInfo {
  serverVersion: string;
  capabilities: { supportsSchedules?: boolean };
}

export const systemInfo = (signal?: AbortSignal) => call<SystemInfo>('GET', '/system-info', { signal });

export interface Caller {
  subject: string;
  /** `namespace:role`. */
  permissions: string[];
}

export const caller = (signal?: AbortSignal) => call<Caller>('GET', '/me', { signal });

export async function namespaceNames(signal?: AbortSignal): Promise<string[]> {
  const { namespaces } = await call<{ namespaces: Array<{ namespaceInfo: NamedType }> }>(
    'GET',
    '/namespaces',
    {
      signal,
    },
  );
  return namespaces.map(({ namespaceInfo }) => namespaceInfo.name);
}

interface ListRequest {
  query?: string;
  pageSize?: number;
  nextPageToken?: string;
}

export const listWorkflows = (
  namespace: string,
  { query, pageSize, nextPageToken }: ListRequest,
  signal?: AbortSignal,
) =>
  call<ListWorkflowExecutionsReply>('GET', inNamespace(namespace, 'workflows'), {
    query: { query, pageSize, nextPageToken },
    signal,
  });

export async function countWorkflows(
  namespace: string,
  query: string,
  signal?: AbortSignal,
): Promise<number> {
  const path = inNamespace(namespace, 'workflow-count');
  const { count } = await call<CountWorkflowExecutionsReply>('GET', path, { query: { query }, signal });
  return Number(count ?? 0);
}

/** How many runs there are of each value of a field. */
export async function countByGroup(
  namespace: string,
  query: string,
  field: string,
  signal?: AbortSignal,
): Promise<Array<[value: string, count: number]>> {
  const path = inNamespace(namespace, 'workflow-count');
  const grouped = `${query} GROUP BY ${field}`.trim();
  const reply = await call<CountWorkflowExecutionsReply>('GET', path, { query: { query: grouped }, signal });
  return (reply.groups ?? []).map(({ groupValues, count }) => [
    String(groupValues[0] ? readPayload(groupValues[0]).value : ''),
    Number(count),
  ]);
}

/** By name, the type: `INDEXED_VALUE_TYPE_KEYWORD` … */
export interface SearchAttributeTypes {
  customAttributes: Record<string, string>;
  systemAttributes: Record<string, string>;
}

export const searchAttributes = (namespace: string, signal?: AbortSignal) =>
  call<SearchAttributeTypes>('GET', inNamespace(namespace, 'search-attributes'), { signal });

/** How each deployment routes new work. */
export async function listDeployments(
  namespace: string,
  signal?: AbortSignal,
): Promise<WorkerDeploymentSummary[]> {
  const path = inNamespace(namespace, 'worker-deployments');
  return (await call<ListWorkerDeploymentsReply>('GET', path, { signal })).workerDeployments;
}

export async function listWorkers(namespace: string, signal?: AbortSignal): Promise<ListedWorker[]> {
  const path = inNamespace(namespace, 'workers');
  return (await call<{ workers: ListedWorker[] }>('GET', path, { signal })).workers;
}

/** Temporal's words for the kinds. */
const QUEUE_TYPES: Record<TaskKind, string> = {
  workflow: 'TASK_QUEUE_TYPE_WORKFLOW',
  activity: 'TASK_QUEUE_TYPE_ACTIVITY',
};

export const describeTaskQueue = (
  namespace: string,
  taskQueue: string,
  kind: TaskKind,
  signal?: AbortSignal,
): Promise<DescribeTaskQueueReply> =>
  call('GET', inNamespace(namespace, 'task-queues', taskQueue), {
    query: { taskQueueType: QUEUE_TYPES[kind], reportStats: true, reportConfig: true },
    signal,
  });

interface QueueLimits {
  /** Absent: no limit. */
  requestsPerSecond?: number;
  maxConcurrentTasks?: number;
  reason?: string;
}

export function updateTaskQueueConfig(
  namespace: string,
  taskQueue: string,
  { requestsPerSecond, maxConcurrentTasks, reason }: QueueLimits,
): Promise<unknown> {
  const because = reason ? { reason } : {};
  const body = {
    identity: IDENTITY,
    taskQueueType: QUEUE_TYPES.activity,
    updateQueueRateLimit: {
      ...(requestsPerSecond !== undefined && { rateLimit: { requestsPerSecond } }),
      ...because,
    },
    updateQueueConcurrency: { ...(maxConcurrentTasks !== undefined && { maxConcurrentTasks }), ...because },
  };
  return call('POST', inNamespace(namespace, 'task-queues', taskQueue, 'update-config'), { body });
}

export const describeWorkflow = ({ namespace, workflowId, runId }: WorkflowName, signal?: AbortSignal) =>
  call<DescribeWorkflowExecutionReply>('GET', inNamespace(namespace, 'workflows', workflowId), {
    query: { 'execution.runId': runId },
    signal,
  });

export async function queryWorkflow(
  { namespace, workflowId, runId }: WorkflowName,
  queryType: string,
  args: PayloadJson[] = [],
  signal?: AbortSignal,
): Promise<PayloadJson[]> {
  const path = inNamespace(namespace, 'workflows', workflowId, 'query', queryType);
  const body = {
    execution: { ...(runId && { runId }) },
    query: { ...(args.length > 0 && { queryArgs: { payloads: args } }) },
  };
  const reply = await call<QueryWorkflowReply>('POST', path, { body, signal });
  return reply.queryResult?.payloads ?? [];
}

/** Fields of a request about a run. */
const execution = ({ runId }: WorkflowName) => ({ workflowExecution: { ...(runId && { runId }) } });
const post = <T = object>(run: WorkflowName, path: string[], body: object) =>
  call<T>('POST', inNamespace(run.namespace, 'workflows', run.workflowId, ...path), { body });
/** With an id, by which the engine knows it again. */
const postOnce = <T = object>(run: WorkflowName, path: string[], body: object) =>
  once([run, path, body], (requestId) => post<T>(run, path, { ...body, requestId }));

/** Who asks, as history shows it. */
const IDENTITY = 'web-ui';

export const signalWorkflow = (run: WorkflowName, name: string, args: PayloadJson[]) =>
  postOnce(run, ['signal', name], {
    ...execution(run),
    input: { payloads: args },
    identity: IDENTITY,
  });

export const cancelWorkflow = (run: WorkflowName, reason: string) =>
  postOnce(run, ['cancel'], { ...execution(run), reason, identity: IDENTITY });

export const terminateWorkflow = (run: WorkflowName, reason: string) =>
  post(run, ['terminate'], { ...execution(run), reason, identity: IDENTITY });

/** @throws Error when the workflow rejects it */
export async function updateWorkflow(run: WorkflowName, name: string, args: PayloadJson[]): Promise<void> {
  const input = { args: { payloads: args } };
  const { outcome } = await once([run, name, input], (updateId) =>
    post<UpdateWorkflowExecutionReply>(run, ['update', name], {
      ...execution(run),
      waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED' },
      request: { meta: { updateId, identity: IDENTITY }, input },
    }),
  );
  if (outcome && 'failure' in outcome) throw new Error(rootMessage(outcome.failure));
}

/** Holds the run, or lets it go on. */
export const pauseWorkflow = (run: WorkflowName, verb: 'pause' | 'unpause', reason: string) =>
  postOnce(run, [verb], { ...(run.runId && { runId: run.runId }), reason, identity: IDENTITY });

export type ActivityChange = 'pause' | 'unpause' | 'reset';

export function changeActivity(
  { namespace, workflowId, runId }: WorkflowName,
  id: string,
  change: ActivityChange,
  reason: string,
): Promise<unknown> {
  const body = {
    execution: { workflowId, runId },
    id,
    identity: IDENTITY,
    ...(change === 'pause' && { reason }),
  };
  return call('POST', inNamespace(namespace, 'activities-deprecated', change), { body });
}

export interface ResetRequest {
  workflowTaskFinishEventId: string;
  reason: string;
  resetReapplyType: string;
}

/** @returns the id of the new run. */
export async function resetWorkflow(run: WorkflowName, request: ResetRequest): Promise<string> {
  const reply = await postOnce<{ runId: string }>(run, ['reset'], { ...execution(run), ...request });
  return reply.runId;
}

/** As a reset, under another workflow id: the run itself stays as it is. */
export const forkWorkflow = (run: WorkflowName, newWorkflowId: string, request: ResetRequest) =>
  postOnce<{ workflowId: string; runId: string }>(run, ['fork'], {
    ...execution(run),
    ...request,
    newWorkflowId,
  });

export const deleteWorkflow = ({ namespace, workflowId, runId }: WorkflowName) =>
  call('DELETE', inNamespace(namespace, 'workflows', workflowId), {
    query: { 'workflowExecution.runId': runId },
  });

/** @returns the run that is now here to be read. */
export async function importWorkflow(
  { namespace, workflowId, runId }: WorkflowName,
  events: readonly HistoryEvent[],
): Promise<string> {
  const body = { workflowExecution: { ...(runId && { runId }) }, history: { events } };
  const path = inNamespace(namespace, 'workflows', workflowId, 'import');
  return (await call<{ runId: string }>('POST', path, { body, raw: true })).runId;
}

export interface StartRequest {
  workflowId: string;
  workflowType: string;
  taskQueue: string;
  args: PayloadJson[];
  /** Further fields, as the API names them. */
  more?: object;
}

export async function startWorkflow(namespace: string, request: StartRequest): Promise<string> {
  const { workflowId, workflowType, taskQueue, args, more } = request;
  const { runId } = await postOnce<{ runId: string }>({ namespace, workflowId }, [], {
    workflowType: { name: workflowType },
    taskQueue: { name: taskQueue },
    input: { payloads: args },
    identity: IDENTITY,
    ...more,
  });
  return runId;
}
