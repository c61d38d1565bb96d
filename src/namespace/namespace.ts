/**
 * The Namespace object: one per namespace; its registered Workers (see registry.ts), Worker Deployments and audit log.
 * One more of the class is the engine's own object (`systemObject`), with the API keys and the
 * namespaces.
 */

import { DurableObject } from 'cloudflare:workers';
import type { TableDump } from '../../sdk/common/backup.ts';
import type {
  SetWorkerDeploymentCurrentVersionReply,
  SetWorkerDeploymentCurrentVersionRequest,
  SetWorkerDeploymentRampingVersionReply,
  SetWorkerDeploymentRampingVersionRequest,
} from '../../sdk/common/deployments.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import type {
  NamespaceRecord,
  RegisterNamespaceRequest,
  UpdateNamespaceRequest,
} from '../../sdk/common/namespaces.ts';
import type {
  ApiKey,
  AuditedCall,
  AuditPage,
  CreateApiKeyReply,
  PageRequest,
} from '../../sdk/common/security.ts';
import type { Result } from '../../sdk/common/service.ts';
import type {
  TaskQueueConfig,
  TaskQueueLimits,
  UpdateTaskQueueConfigRequest,
} from '../../sdk/common/task-queues.ts';
import type { DeploymentRouting, WorkerDeploymentVersion } from '../../sdk/common/versioning.ts';
import type {
  CreateWebhookReply,
  PutWebhookRequest,
  Webhook,
  WebhookDeliveriesReply,
  WebhookDelivery,
} from '../../sdk/common/webhooks.ts';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import type { ListedWorker, TaskKind, WorkerReport } from '../../sdk/common/workers.ts';
import { ApiKeys, type NewApiKey, type StoredApiKey } from '../auth/api-keys.ts';
import { AuditLog } from '../auth/audit-log.ts';
import { type EngineSecret, EngineSecrets } from '../auth/engine-secrets.ts';
import { Namespaces } from '../auth/namespaces.ts';
import { boundWorkers, type Env, now, workerUrlPolicy } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import { dumpTables, restoreTables } from '../table-dump.ts';
import type { NamespaceAttributes } from '../visibility/attributes.ts';
import type { AttributeTypes } from '../visibility/fields.ts';
import { type StoredWebhook, Webhooks } from '../webhooks/webhooks.ts';
import { BoundWorkers } from './bound-workers.ts';
import { type DeploymentRecord, WorkerDeployments } from './deployments.ts';
import { describeWorker } from './describe-worker.ts';
import {
  type ReachableWorker,
  type RegisteredWorker,
  type RegisterWorkerRequest,
  WorkerRegistry,
} from './registry.ts';
import { SearchAttributeRegistry } from './search-attributes.ts';
import { SqlDeploymentStore, WorkerStore } from './store.ts';
import { TaskQueueConfigs } from './task-queues.ts';
import { WorkerHealth } from './worker-health.ts';

const POKES_AT_A_TIME = 20;

interface WaitingExecution {
  workerAppeared(): Promise<void>;
}

export class Namespace extends DurableObject<Env> {
  readonly #registry: WorkerRegistry;
  readonly #deployments: WorkerDeployments;
  readonly #searchAttributes: SearchAttributeRegistry;
  readonly #audit: AuditLog;
  readonly #apiKeys: ApiKeys;
  readonly #engineSecrets: EngineSecrets;
  readonly #namespaces: Namespaces;
  readonly #webhooks: Webhooks;
  readonly #taskQueues: TaskQueueConfigs;
  readonly #health: WorkerHealth;
  readonly #bound: BoundWorkers;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#searchAttributes = new SearchAttributeRegistry(ctx.storage.sql);
    this.#audit = new AuditLog(ctx.storage.sql, () => now(env));
    this.#apiKeys = new ApiKeys(ctx.storage.sql, () => now(env));
    this.#namespaces = new Namespaces(ctx.storage.sql, () => now(env));
    this.#engineSecrets = new EngineSecrets(ctx.storage.sql, () => now(env));
    this.#webhooks = new Webhooks(ctx.storage.sql, () => now(env));
    this.#taskQueues = new TaskQueueConfigs(ctx.storage.sql, () => now(env));
    this.#health = new WorkerHealth(() => now(env));
    this.#bound = new BoundWorkers(boundWorkers(env), () => now(env));
    this.#deployments = new WorkerDeployments(new SqlDeploymentStore(ctx.storage.sql), () => now(env));
    this.#registry = new WorkerRegistry(new WorkerStore(ctx.storage.sql), {
      describe: (url) => describeWorker(url),
      sighted: (description) => this.#deployments.sighted(description),
      poke: (workflowIds) => ctx.waitUntil(this.#pokeAll(workflowIds)),
      urlPolicy: workerUrlPolicy(env),
      now: () => now(env),
    });
  }

  /** Registers a Worker by its URL, once it answers there. */
  async registerWorker(request: RegisterWorkerRequest): Promise<Result<RegisteredWorker>> {
    return asResult(() => this.#registry.register(request));
  }

  async unregisterWorker(request: { url: string }): Promise<Result<{ removed: boolean }>> {
    return asResult(() => this.#registry.unregister(request));
  }

  /** Those that are registered, and those that are bound to the engine. */
  async listWorkers(): Promise<ListedWorker[]> {
    const bound = await this.#bound.list();
    const registered = this.#registry.list();
    return [
      ...bound.map(({ id, ...worker }) => this.#health.withHealth(id, worker)),
      ...registered.map((worker) => this.#health.withHealth(worker.url, worker)),
    ];
  }

  async taskQueueConfig(taskQueue: string): Promise<TaskQueueConfig> {
    return this.#taskQueues.get(taskQueue);
  }

  async updateTaskQueueConfig(
    request: UpdateTaskQueueConfigRequest,
  ): Promise<Result<{ config: TaskQueueConfig; limits: TaskQueueLimits }>> {
    return asResult(() => this.#taskQueues.update(request));
  }

  /** Tasks per second that went to Workers in the last minute. */
  async dispatchRate(kind: TaskKind, taskQueue: string): Promise<number> {
    return this.#health.dispatchRate(kind, taskQueue);
  }

  async searchAttributes(): Promise<NamespaceAttributes> {
    return { attributes: this.#searchAttributes.all() };
  }

  async addSearchAttributes(attributes: AttributeTypes): Promise<Result<AttributeTypes>> {
    return asResult(() => this.#searchAttributes.add(attributes));
  }

  async removeSearchAttributes(names: string[]): Promise<Result<AttributeTypes>> {
    return asResult(() => this.#searchAttributes.remove(names));
  }

  /** What those who look for Workers need to know: where they are, and which versions get tasks. */
  async routing(report?: WorkerReport): Promise<{
    workers: ReachableWorker[];
    deployments: DeploymentRouting[];
    limits: Record<string, TaskQueueLimits>;
  }> {
    if (report) this.#health.tell(report);
    const limits = this.#taskQueues.limits();
    return { limits, workers: this.#registry.reachable(), deployments: this.#deployments.routing() };
  }

  /** The engine met a Worker with a version that was not known. */
  async sightVersion(description: WorkerDescription): Promise<Result<boolean>> {
    return asResult(() => this.#deployments.sighted(description));
  }

  async listDeployments(): Promise<DeploymentRecord[]> {
    return this.#deployments.list();
  }

  async getDeployment(name: string): Promise<Result<DeploymentRecord>> {
    return asResult(() => this.#deployments.get(name));
  }

  async setCurrentVersion(
    request: SetWorkerDeploymentCurrentVersionRequest,
  ): Promise<Result<SetWorkerDeploymentCurrentVersionReply>> {
    return this.#rerouted(() => this.#deployments.setCurrentVersion(request));
  }

  async setRampingVersion(
    request: SetWorkerDeploymentRampingVersionRequest,
  ): Promise<Result<SetWorkerDeploymentRampingVersionReply>> {
    return this.#rerouted(() => this.#deployments.setRampingVersion(request));
  }

  async deleteVersion(version: WorkerDeploymentVersion): Promise<Result<void>> {
    return asResult(() => this.#deployments.deleteVersion(version));
  }

  async deleteDeployment(name: string): Promise<Result<void>> {
    return asResult(() => this.#deployments.deleteDeployment(name));
  }

  async dumpTables(): Promise<TableDump[]> {
    return dumpTables(this.ctx.storage.sql);
  }

  /** In the place of what is there: an engine that is restored is empty. */
  async restoreTables(tables: TableDump[]): Promise<Result<void>> {
    return asResult(() =>
      this.ctx.storage.transactionSync(() => restoreTables(this.ctx.storage.sql, tables)),
    );
  }

  async audit(call: AuditedCall): Promise<void> {
    this.#audit.append(call);
  }

  async auditLog(page: PageRequest): Promise<Result<AuditPage>> {
    return asResult(() => this.#audit.page(page));
  }

  async createApiKey(key: NewApiKey): Promise<Result<CreateApiKeyReply>> {
    return asResult(() => this.#apiKeys.create(key));
  }

  async listApiKeys(): Promise<ApiKey[]> {
    return this.#apiKeys.list();
  }

  async revokeApiKey(id: string): Promise<Result<ApiKey>> {
    return asResult(() => this.#apiKeys.revoke(id));
  }

  async findApiKey(id: string): Promise<StoredApiKey | undefined> {
    return this.#apiKeys.find(id);
  }

  async listNamespaces(): Promise<NamespaceRecord[]> {
    return this.#namespaces.list();
  }

  async findNamespace(name: string): Promise<NamespaceRecord | undefined> {
    return this.#namespaces.find(name);
  }

  async homeOfDeletedNamespace(name: string): Promise<{ jurisdiction?: string } | undefined> {
    return this.#namespaces.homeOfDeleted(name);
  }

  async registerNamespace(request: RegisterNamespaceRequest, id: string): Promise<Result<NamespaceRecord>> {
    return asResult(() => this.#namespaces.register(request, id));
  }

  async updateNamespace(
    request: UpdateNamespaceRequest,
    configured: boolean,
  ): Promise<Result<NamespaceRecord>> {
    return asResult(() => this.#namespaces.update(request, configured));
  }

  async deleteNamespace(name: string): Promise<boolean> {
    return this.#namespaces.delete(name);
  }

  async engineSecrets(): Promise<EngineSecret[]> {
    return this.#engineSecrets.list();
  }

  async rotateEngineSecret(): Promise<EngineSecret[]> {
    return this.#engineSecrets.rotate();
  }

  async createWebhook(request: PutWebhookRequest): Promise<Result<CreateWebhookReply>> {
    return asResult(() => this.#webhooks.create(request));
  }

  async updateWebhook(request: PutWebhookRequest): Promise<Result<Webhook>> {
    return asResult(() => this.#webhooks.update(request));
  }

  async deleteWebhook(webhookId: string): Promise<Result<void>> {
    return asResult(() => this.#webhooks.delete(webhookId));
  }

  async getWebhook(webhookId: string): Promise<Result<Webhook>> {
    return asResult(() => this.#webhooks.get(webhookId));
  }

  async listWebhooks(): Promise<Webhook[]> {
    return this.#webhooks.list();
  }

  async findWebhook(webhookId: string): Promise<StoredWebhook | undefined> {
    return this.#webhooks.find(webhookId);
  }

  async webhookDeliveries(webhookId: string, page: PageRequest): Promise<Result<WebhookDeliveriesReply>> {
    return asResult(() => this.#webhooks.deliveries(webhookId, page));
  }

  async recordDelivery(delivery: WebhookDelivery): Promise<void> {
    this.#webhooks.record(delivery);
  }

  /** Runs that wait for a Worker may find one of another version now. */
  async #rerouted<T>(change: () => T): Promise<Result<T>> {
    const result = await asResult(change);
    if ('ok' in result) this.#registry.releaseAll();
    return result;
  }

  /** Best effort: this run found no Worker for this task queue, and wants to be poked when one registers. */
  async waiting(taskQueue: string, workflowId: string): Promise<void> {
    this.#registry.waiting(taskQueue, workflowId);
  }

  async #pokeAll(workflowIds: string[]): Promise<void> {
    for (let i = 0; i < workflowIds.length; i += POKES_AT_A_TIME) {
      await Promise.all(workflowIds.slice(i, i + POKES_AT_A_TIME).map((id) => this.#poke(id)));
    }
  }

  async #poke(workflowId: string): Promise<void> {
    const name = executionObjectName(this.ctx.id.name!, workflowId);
    try {
      await (this.env.WORKFLOW_EXECUTION.getByName(name) as unknown as WaitingExecution).workerAppeared();
    } catch (error) {
      // The run sends its task again by itself.
      jsonLogger.error('poke failed', { workflowId, reason: String(error) });
    }
  }
}

/** Errors cross the RPC boundary as data: classes do not. */
async function asResult<T>(call: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return { ok: await call() };
  } catch (error) {
    if (error instanceof ServiceError) return { error: error.toData() };
    throw error;
  }
}
