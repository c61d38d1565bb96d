/** The requests that pages make, each once, typed by what the engine answers. */

import type { NamedType } from '../../sdk/common/history.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import type {
  CountWorkflowExecutionsReply,
  DescribeWorkflowExecutionReply,
  ListWorkflowExecutionsReply,
  QueryWorkflowReply,
} from '../../sdk/common/service.ts';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import { call, inNamespace } from './api.ts';

export interface RegisteredWorker {
  url: string;
  description: WorkerDescription;
  registeredTime: string;
  lastSeenTime: string;
}

export interface WorkflowName {
  namespace: string;
  workflowId: string;
  runId?: string;
}

export interface SystemInfo {
  serverVersion: string;
  capabilities: { supportsSchedules?: boolean; countGroupByExecutionStatus?: boolean };
}

export const systemInfo = (signal?: AbortSignal) => call<SystemInfo>('GET', '/system-info', { signal });

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

export async function listWorkers(namespace: string, signal?: AbortSignal): Promise<RegisteredWorker[]> {
  const path = inNamespace(namespace, 'workers');
  return (await call<{ workers: RegisteredWorker[] }>('GET', path, { signal })).workers;
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
const post = (run: WorkflowName, path: string[], body: object) =>
  call('POST', inNamespace(run.namespace, 'workflows', run.workflowId, ...path), { body });

/** Who asks, as history shows it. */
const IDENTITY = 'web-ui';

export const signalWorkflow = (run: WorkflowName, name: string, args: PayloadJson[]) =>
  post(run, ['signal', name], {
    ...execution(run),
    input: { payloads: args },
    identity: IDENTITY,
    requestId: crypto.randomUUID(),
  });

export const cancelWorkflow = (run: WorkflowName, reason: string) =>
  post(run, ['cancel'], { ...execution(run), reason, identity: IDENTITY, requestId: crypto.randomUUID() });

export const terminateWorkflow = (run: WorkflowName, reason: string) =>
  post(run, ['terminate'], { ...execution(run), reason, identity: IDENTITY });

export const updateWorkflow = (run: WorkflowName, name: string, args: PayloadJson[]) =>
  post(run, ['update', name], {
    ...execution(run),
    waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED' },
    request: { meta: { identity: IDENTITY }, input: { args: { payloads: args } } },
  });

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
  const { runId } = await call<{ runId: string }>('POST', inNamespace(namespace, 'workflows', workflowId), {
    body: {
      workflowType: { name: workflowType },
      taskQueue: { name: taskQueue },
      input: { payloads: args },
      identity: IDENTITY,
      requestId: crypto.randomUUID(),
      ...more,
    },
  });
  return runId;
}
