/** The engine's calls about itself: what it is, its namespaces and its task queues. A part of `WorkflowService`. */

import type { DurationJson, TimeMessage } from '../common/duration.ts';
import type {
  ListNamespacesReply,
  NamespaceReply,
  RegisterNamespaceRequest,
  UpdateNamespaceRequest,
} from '../common/namespaces.ts';
import type { TaskQueueConfig, UpdateTaskQueueConfigRequest } from '../common/task-queues.ts';
import type { DescribeTaskQueueReply, DescribeWorkerReply } from '../common/workers.ts';
import type { CallLimits, HttpCall } from './call.ts';
import { at } from './path.ts';

const NAMESPACES = '/api/v1/namespaces';

export type Caller = <T>(request: HttpCall, limits: CallLimits) => Promise<T>;

export interface GetClusterInfoReply {
  serverVersion: string;
  clusterId: string;
  clusterName: string;
  historyShardCount: number;
  persistenceStore: string;
  visibilityStore: string;
}

/** What this engine can do, in Temporal's names. */
export interface GetSystemInfoReply {
  serverVersion?: string;
  capabilities?: Record<string, boolean>;
}

/** Programs written for gRPC give the period as a message. */
type NewNamespace = Omit<RegisterNamespaceRequest, 'workflowExecutionRetentionPeriod'> & {
  workflowExecutionRetentionPeriod?: DurationJson | TimeMessage | null;
};

export class ClusterService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    this.#call = caller;
  }

  getSystemInfo(limits: CallLimits = {}): Promise<GetSystemInfoReply> {
    return this.#call({ method: 'GET', path: '/api/v1/system-info' }, limits);
  }

  getClusterInfo(_request: object = {}): Promise<GetClusterInfoReply> {
    return this.#call({ method: 'GET', path: '/api/v1/cluster-info' }, {});
  }

  /** Those that the caller may know of. */
  listNamespaces(page: { pageSize?: number; nextPageToken?: string } = {}): Promise<ListNamespacesReply> {
    return this.#call({ method: 'GET', path: NAMESPACES, query: page }, {});
  }

  describeNamespace(request: { namespace: string }): Promise<NamespaceReply> {
    return this.#call({ method: 'GET', path: at(request.namespace) }, {});
  }

  /** Without `requestId` it is given one, so that a retry does not meet its own namespace. */
  async registerNamespace(request: NewNamespace): Promise<void> {
    const body = { ...request, requestId: request.requestId ?? crypto.randomUUID() };
    await this.#call({ method: 'POST', path: NAMESPACES, body }, {});
  }

  updateNamespace(request: UpdateNamespaceRequest): Promise<NamespaceReply> {
    return this.#call({ method: 'POST', path: at(request.namespace, 'update'), body: request }, {});
  }

  /** @throws RpcError FAILED_PRECONDITION unless it is empty */
  async deleteNamespace(request: { namespace: string }): Promise<void> {
    await this.#call({ method: 'DELETE', path: at(request.namespace), body: {} }, {});
  }

  /** By its URL, or `service:` and the name of its binding. @throws RpcError NOT_FOUND */
  describeWorker(request: { namespace: string; workerInstanceKey: string }): Promise<DescribeWorkerReply> {
    const { namespace, workerInstanceKey } = request;
    return this.#call({ method: 'GET', path: at(namespace, 'workers', 'describe', workerInstanceKey) }, {});
  }

  /** `taskQueueType`: `TASK_QUEUE_TYPE_WORKFLOW` (the default) or `TASK_QUEUE_TYPE_ACTIVITY`, or its number. */
  describeTaskQueue(request: {
    namespace: string;
    taskQueue: { name: string };
    taskQueueType?: string | number;
    reportStats?: boolean;
    reportConfig?: boolean;
  }): Promise<DescribeTaskQueueReply> {
    const { namespace, taskQueue, taskQueueType, reportStats, reportConfig } = request;
    const path = at(namespace, 'task-queues', taskQueue.name);
    const query = {
      taskQueueType: taskQueueType && `${taskQueueType}`,
      reportStats: reportStats && 'true',
      reportConfig: reportConfig && 'true',
    };
    return this.#call({ method: 'GET', path, query }, {});
  }

  /** Limits of activity tasks. What is not given stays as it is. */
  updateTaskQueueConfig(request: UpdateTaskQueueConfigRequest): Promise<{ config: TaskQueueConfig }> {
    const body = { taskQueueType: 'TASK_QUEUE_TYPE_ACTIVITY', ...request };
    const path = at(request.namespace, 'task-queues', request.taskQueue, 'update-config');
    return this.#call({ method: 'POST', path, body }, {});
  }
}
