/** What the Namespace object offers over RPC, and the only place that takes its stub. */

import type {
  SetWorkerDeploymentCurrentVersionReply,
  SetWorkerDeploymentCurrentVersionRequest,
  SetWorkerDeploymentRampingVersionReply,
  SetWorkerDeploymentRampingVersionRequest,
} from '../../sdk/common/deployments.ts';
import type { AuditedCall, AuditPage, PageRequest } from '../../sdk/common/security.ts';
import type { Result } from '../../sdk/common/service.ts';
import type {
  TaskQueueConfig,
  TaskQueueLimits,
  UpdateTaskQueueConfigRequest,
} from '../../sdk/common/task-queues.ts';
import type { WorkerDeploymentVersion } from '../../sdk/common/versioning.ts';
import type {
  CreateWebhookReply,
  PutWebhookRequest,
  Webhook,
  WebhookDeliveriesReply,
  WebhookDelivery,
} from '../../sdk/common/webhooks.ts';
import type { ListedWorker, TaskKind } from '../../sdk/common/workers.ts';
import type { Env } from '../env.ts';
import type { DeploymentRecord } from '../namespace/deployments.ts';
import type { RegisteredWorker, RegisterWorkerRequest } from '../namespace/registry.ts';
import type { NamespaceAttributes } from '../visibility/attributes.ts';
import type { AttributeTypes } from '../visibility/fields.ts';
import type { StoredWebhook } from '../webhooks/webhooks.ts';

export interface NamespaceStub {
  registerWorker(request: RegisterWorkerRequest): Promise<Result<RegisteredWorker>>;
  unregisterWorker(request: { url: string }): Promise<Result<{ removed: boolean }>>;
  listWorkers(): Promise<ListedWorker[]>;
  taskQueueConfig(taskQueue: string): Promise<TaskQueueConfig>;
  updateTaskQueueConfig(
    request: UpdateTaskQueueConfigRequest,
  ): Promise<Result<{ config: TaskQueueConfig; limits: TaskQueueLimits }>>;
  dispatchRate(kind: TaskKind, taskQueue: string): Promise<number>;
  searchAttributes(): Promise<NamespaceAttributes>;
  addSearchAttributes(attributes: AttributeTypes): Promise<Result<AttributeTypes>>;
  removeSearchAttributes(names: string[]): Promise<Result<AttributeTypes>>;
  listDeployments(): Promise<DeploymentRecord[]>;
  getDeployment(name: string): Promise<Result<DeploymentRecord>>;
  setCurrentVersion(
    request: SetWorkerDeploymentCurrentVersionRequest,
  ): Promise<Result<SetWorkerDeploymentCurrentVersionReply>>;
  setRampingVersion(
    request: SetWorkerDeploymentRampingVersionRequest,
  ): Promise<Result<SetWorkerDeploymentRampingVersionReply>>;
  deleteVersion(version: WorkerDeploymentVersion): Promise<Result<void>>;
  deleteDeployment(name: string): Promise<Result<void>>;
  audit(call: AuditedCall): Promise<void>;
  auditLog(page: PageRequest): Promise<Result<AuditPage>>;
  createWebhook(request: PutWebhookRequest): Promise<Result<CreateWebhookReply>>;
  updateWebhook(request: PutWebhookRequest): Promise<Result<Webhook>>;
  deleteWebhook(webhookId: string): Promise<Result<void>>;
  getWebhook(webhookId: string): Promise<Result<Webhook>>;
  listWebhooks(): Promise<Webhook[]>;
  /** With its secrets: never for an answer. */
  findWebhook(webhookId: string): Promise<StoredWebhook | undefined>;
  webhookDeliveries(webhookId: string, page: PageRequest): Promise<Result<WebhookDeliveriesReply>>;
  recordDelivery(delivery: WebhookDelivery): Promise<void>;
}

export function namespaceStub(env: Env, namespace: string): NamespaceStub {
  return env.NAMESPACE.getByName(namespace) as unknown as NamespaceStub;
}
