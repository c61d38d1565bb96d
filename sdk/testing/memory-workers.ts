/** The Workers of an engine in memory, and the part of a Namespace object that is about them. */

import { ApiKeys, type NewApiKey } from '../../src/auth/api-keys.ts';
import { AuditLog } from '../../src/auth/audit-log.ts';
import { Namespaces } from '../../src/auth/namespaces.ts';
import type { NotServed, WorkflowWorker } from '../../src/execution/outside.ts';
import { type Destination, destinationOf } from '../../src/matching/routing.ts';
import { WorkerDeployments } from '../../src/namespace/deployments.ts';
import { SqlDeploymentStore } from '../../src/namespace/store.ts';
import { TaskQueueConfigs } from '../../src/namespace/task-queues.ts';
import { WorkerHealth } from '../../src/namespace/worker-health.ts';
import { Webhooks } from '../../src/webhooks/webhooks.ts';
import type { EpochMs } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
import type { AuditedCall, PageRequest } from '../common/security.ts';
import type { Result } from '../common/service.ts';
import {
  limitsInForce,
  rateOfWorkers,
  type TaskQueueLimits,
  type UpdateTaskQueueConfigRequest,
} from '../common/task-queues.ts';
import {
  sameVersion,
  type VersionRoute,
  versionText,
  type WorkerDeploymentVersion,
} from '../common/versioning.ts';
import type { PutWebhookRequest, WebhookDelivery } from '../common/webhooks.ts';
import { DEFAULT_TYPE } from '../common/worker-protocol.ts';
import { BOUND_URL_PREFIX, type ListedWorker, type TaskKind } from '../common/workers.ts';
import type { Handler } from '../worker/serve.ts';
import { MemoryAttributes } from './memory-attributes.ts';
import { answered, memorySql, noBackups } from './memory-storage.ts';
import type { ServingWorker } from './serving-worker.ts';

export class MemoryWorkers {
  readonly #workers: ServingWorker[] = [];
  readonly #deployments: WorkerDeployments;
  readonly attributes = new MemoryAttributes();
  readonly #audit: AuditLog;
  readonly #apiKeys: ApiKeys;
  readonly #namespaces: Namespaces;
  readonly #webhooks: Webhooks;
  readonly #health: WorkerHealth;
  readonly #taskQueues: TaskQueueConfigs;
  #limits: Record<string, TaskQueueLimits> = {};
  #count = 0;

  constructor(now: () => EpochMs) {
    this.#deployments = new WorkerDeployments(new SqlDeploymentStore(memorySql()), now);
    this.#audit = new AuditLog(memorySql(), now);
    this.#namespaces = new Namespaces(memorySql(), now);
    this.#apiKeys = new ApiKeys(memorySql(), now);
    this.#webhooks = new Webhooks(memorySql(), now);
    this.#health = new WorkerHealth(now);
    this.#taskQueues = new TaskQueueConfigs(memorySql(), now);
  }

  serve(handler: Handler, namespace: string): void {
    const description = handler.describe();
    const { deploymentVersion } = description;
    const id = `${handler.options.identity}#${++this.#count}`;
    const version = deploymentVersion && { deploymentVersion };
    const dispatched = (kind: TaskKind, taskQueue: string): void =>
      this.#health.tell({ sightings: [], dispatched: [{ kind, taskQueue, count: 1 }] });
    this.#workers.push({ handler, namespace, id, stopped: false, dispatched, ...version });
    this.#deployments.sighted(description);
  }

  stopServing(handler: Handler): void {
    const at = this.#workers.findIndex((worker) => worker.handler === handler);
    if (at < 0) return;
    this.#workers[at]!.stopped = true;
    this.#workers.splice(at, 1);
  }

  /** A Worker of the version that the task belongs to, and what the run is told of it. */
  find(
    kind: TaskKind,
    namespace: string,
    queue: string,
    type: string,
    route: VersionRoute,
  ): { worker: ServingWorker; identity: Pick<WorkflowWorker, 'id' | 'identity'> } | undefined {
    const { version, targetChanged } = this.destinationOf(kind, queue, route);
    const serving = (served: string): ServingWorker | undefined =>
      this.#workers.find(
        (worker) =>
          worker.namespace === namespace &&
          sameVersion(worker.deploymentVersion, version) &&
          worker.handler
            .describe()
            .taskQueues.some(
              ({ name, ...types }) => name === queue && types[`${kind}Types`].includes(served),
            ),
      );
    const worker = serving(type) ?? serving(DEFAULT_TYPE);
    if (!worker) return undefined;
    const { id, handler } = worker;
    const versioned = {
      ...(version && { deploymentVersion: version }),
      ...(targetChanged && { targetChanged }),
    };
    return { worker, identity: { id, identity: handler.options.identity, ...versioned } };
  }

  /** Of the configuration, and what the Workers ask for. */
  limitsOf(taskQueue: string): TaskQueueLimits | undefined {
    const described = this.#workers.map(({ handler }) => ({ description: handler.describe() }));
    return limitsInForce(this.#limits[taskQueue], rateOfWorkers(described, taskQueue));
  }

  /** They are called as functions, and named as those are that are bound to an engine. */
  #list(namespace: string): ListedWorker[] {
    const own = this.#workers.filter((worker) => worker.namespace === namespace);
    return own.map(({ id, handler }) =>
      this.#health.withHealth(id, { url: `${BOUND_URL_PREFIX}${id}`, description: handler.describe() }),
    );
  }

  destinationOf(kind: TaskKind, queue: string, route: VersionRoute): Destination {
    return destinationOf(this.#deployments.routing(), kind, queue, route);
  }

  missing(kind: TaskKind, taskQueue: string, route: VersionRoute): NotServed {
    const { version } = this.destinationOf(kind, taskQueue, route);
    const of = version ? ` of version "${versionText(version)}"` : '';
    return { waitingReason: `no Worker${of} serves task queue "${taskQueue}"` };
  }

  /** As the Namespace objects. */
  namespaceStubs(changed: () => void) {
    return (namespace: string) => this.#stub(namespace, changed);
  }

  #stub(namespace: string, changed: () => void) {
    const deployments = this.#deployments;
    const keys = this.#apiKeys;
    const rerouting = <T>(change: () => T): Promise<Result<T>> => {
      const result = answered(async () => change());
      changed();
      return result;
    };
    return {
      ...noBackups,
      ...this.attributes.stub(),
      ...webhookStub(this.#webhooks),
      listWorkers: async () => this.#list(namespace),
      taskQueueConfig: async (taskQueue: string) => this.#taskQueues.get(taskQueue),
      updateTaskQueueConfig: (request: UpdateTaskQueueConfigRequest) =>
        answered(async () => {
          const updated = this.#taskQueues.update(request);
          this.#limits = this.#taskQueues.limits();
          return updated;
        }),
      dispatchRate: async (kind: TaskKind, taskQueue: string) => this.#health.dispatchRate(kind, taskQueue),
      registerWorker: ({ url }: { url: string }) =>
        answered(async () => {
          const why = `an engine in memory calls nobody by URL: ${url}`;
          throw new ServiceError('FAILED_PRECONDITION', why);
        }),
      unregisterWorker: async () => ({ ok: { removed: false } }),
      listDeployments: async () => deployments.list(),
      getDeployment: (name: string) => answered(async () => deployments.get(name)),
      setCurrentVersion: (request: Parameters<typeof deployments.setCurrentVersion>[0]) =>
        rerouting(() => deployments.setCurrentVersion(request)),
      setRampingVersion: (request: Parameters<typeof deployments.setRampingVersion>[0]) =>
        rerouting(() => deployments.setRampingVersion(request)),
      deleteVersion: (version: WorkerDeploymentVersion) =>
        rerouting(() => deployments.deleteVersion(version)),
      deleteDeployment: (name: string) => answered(async () => deployments.deleteDeployment(name)),
      audit: async (call: AuditedCall) => this.#audit.append(call),
      auditLog: (page: Parameters<AuditLog['page']>[0]) => answered(async () => this.#audit.page(page)),
      createApiKey: (key: NewApiKey) => answered(keys.create(key)),
      listApiKeys: async () => keys.list(),
      revokeApiKey: (id: string) => answered(async () => keys.revoke(id)),
      listNamespaces: async () => this.#namespaces.list(),
      findNamespace: async (name: string) => this.#namespaces.find(name),
      registerNamespace: (...request: Parameters<Namespaces['register']>) =>
        answered(async () => this.#namespaces.register(...request)),
      updateNamespace: (...request: Parameters<Namespaces['update']>) =>
        answered(async () => this.#namespaces.update(...request)),
      deleteNamespace: async (name: string) => this.#namespaces.delete(name),
      findApiKey: async (id: string) => keys.find(id),
    };
  }
}

function webhookStub(webhooks: Webhooks) {
  return {
    createWebhook: (request: PutWebhookRequest) => answered(async () => webhooks.create(request)),
    updateWebhook: (request: PutWebhookRequest) => answered(async () => webhooks.update(request)),
    deleteWebhook: (id: string) => answered(async () => webhooks.delete(id)),
    getWebhook: (id: string) => answered(async () => webhooks.get(id)),
    listWebhooks: async () => webhooks.list(),
    findWebhook: async (id: string) => webhooks.find(id),
    webhookDeliveries: (id: string, page: PageRequest) => answered(async () => webhooks.deliveries(id, page)),
    recordDelivery: async (delivery: WebhookDelivery) => webhooks.record(delivery),
  };
}
