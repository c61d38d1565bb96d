/** The engine's calls about itself: what it is, its namespaces and its task queues. A part of `WorkflowService`. */

import type { CallLimits, HttpCall } from './call.ts';
import { at } from './path.ts';

export type Caller = <T>(request: HttpCall, limits: CallLimits) => Promise<T>;

export interface DescribeNamespaceReply {
  namespaceInfo: { name: string; id: string; state: string; description: string; ownerEmail: string };
  config: object;
  failoverVersion: string;
  isGlobalNamespace: boolean;
}

export interface GetClusterInfoReply {
  serverVersion: string;
  clusterId: string;
  clusterName: string;
  historyShardCount: number;
  persistenceStore: string;
  visibilityStore: string;
}

export interface DescribeTaskQueueReply {
  /** The registered Workers that serve it. */
  pollers: Array<{ identity: string; lastAccessTime?: string; url: string }>;
}

export class ClusterService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    this.#call = caller;
  }

  getSystemInfo(limits: CallLimits = {}): Promise<{ serverVersion?: string }> {
    return this.#call({ method: 'GET', path: '/api/v1/system-info' }, limits);
  }

  getClusterInfo(_request: object = {}): Promise<GetClusterInfoReply> {
    return this.#call({ method: 'GET', path: '/api/v1/cluster-info' }, {});
  }

  /** Those that the caller may know of. */
  listNamespaces(_request: object = {}): Promise<{ namespaces: DescribeNamespaceReply[] }> {
    return this.#call({ method: 'GET', path: '/api/v1/namespaces' }, {});
  }

  describeNamespace(request: { namespace: string }): Promise<DescribeNamespaceReply> {
    return this.#call({ method: 'GET', path: at(request.namespace) }, {});
  }

  /** `taskQueueType`: `TASK_QUEUE_TYPE_WORKFLOW` (the default) or `TASK_QUEUE_TYPE_ACTIVITY`, or its number. */
  describeTaskQueue(request: {
    namespace: string;
    taskQueue: { name: string };
    taskQueueType?: string | number;
  }): Promise<DescribeTaskQueueReply> {
    const { namespace, taskQueue, taskQueueType } = request;
    const path = at(namespace, 'task-queues', taskQueue.name);
    return this.#call(
      { method: 'GET', path, query: { taskQueueType: taskQueueType && `${taskQueueType}` } },
      {},
    );
  }
}
