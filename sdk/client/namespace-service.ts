/** Namespaces, the engine itself and its task queues: what operators ask of an engine. */

import type { TimestampJson } from '../common/duration.ts';
import type {
  ListNamespacesReply,
  NamespaceReply,
  RegisterNamespaceRequest,
  UpdateNamespaceRequest,
} from '../common/namespaces.ts';
import { at } from './path.ts';
import type { Caller } from './schedule-service.ts';

const NAMESPACES = '/api/v1/namespaces';

export interface TaskQueueReply {
  pollers: Array<{ identity: string; lastAccessTime: TimestampJson; url: string }>;
}
export interface ClusterInfo {
  clusterName: string;
  serverVersion: string;
  persistenceStore: string;
  visibilityStore: string;
}

export class NamespaceService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    this.#call = caller;
  }

  /** Without `requestId` it is given one, so that a retry does not meet its own namespace. */
  async registerNamespace(request: RegisterNamespaceRequest): Promise<void> {
    const body = { ...request, requestId: request.requestId ?? crypto.randomUUID() };
    await this.#call({ method: 'POST', path: NAMESPACES, body }, {});
  }

  describeNamespace({ namespace }: { namespace: string }): Promise<NamespaceReply> {
    return this.#call({ method: 'GET', path: at(namespace) }, {});
  }

  updateNamespace(request: UpdateNamespaceRequest): Promise<NamespaceReply> {
    return this.#call({ method: 'POST', path: at(request.namespace, 'update'), body: request }, {});
  }

  listNamespaces(page: { pageSize?: number; nextPageToken?: string } = {}): Promise<ListNamespacesReply> {
    return this.#call({ method: 'GET', path: NAMESPACES, query: page }, {});
  }

  /** @throws RpcError FAILED_PRECONDITION unless it is empty */
  async deleteNamespace({ namespace }: { namespace: string }): Promise<void> {
    await this.#call({ method: 'DELETE', path: at(namespace), body: {} }, {});
  }

  getClusterInfo(): Promise<ClusterInfo> {
    return this.#call({ method: 'GET', path: '/api/v1/cluster-info' }, {});
  }

  /** Which Workers serve it. */
  describeTaskQueue(request: {
    namespace: string;
    taskQueue: string;
    taskQueueType: 'TASK_QUEUE_TYPE_WORKFLOW' | 'TASK_QUEUE_TYPE_ACTIVITY';
  }): Promise<TaskQueueReply> {
    const { namespace, taskQueue, taskQueueType } = request;
    const path = at(namespace, 'task-queues', taskQueue);
    return this.#call({ method: 'GET', path, query: { taskQueueType } }, {});
  }
}
