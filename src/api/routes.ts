/**
 * THE ROUTE TABLE: RPC, method, path, schema, permission, handler. Paths are Temporal's, below `/api/v1` and bare;
 * `{…}` is a field of the request. A field may come in the path, in the query (GET, DELETE and the names in `query`)
 * or in the body (POST, DELETE); where it comes from makes no difference to the schema.
 */

import type { z } from 'zod';
import type { Permission } from '../auth/principal.ts';
import * as activitySchemas from './activity-schemas.ts';
import * as backupSchemas from './backup-schemas.ts';
import * as batchSchemas from './batch-schemas.ts';
import type { Call } from './call.ts';
import * as activities from './handlers/activities.ts';
import * as backup from './handlers/backup.ts';
import * as batch from './handlers/batch.ts';
import * as cluster from './handlers/cluster.ts';
import * as deployments from './handlers/deployments.ts';
import * as events from './handlers/events.ts';
import * as namespaces from './handlers/namespaces.ts';
import * as operations from './handlers/operations.ts';
import * as schedules from './handlers/schedules.ts';
import * as searchAttributes from './handlers/search-attributes.ts';
import * as security from './handlers/security.ts';
import * as alone from './handlers/standalone-activities.ts';
import * as storage from './handlers/storage.ts';
import * as updates from './handlers/updates.ts';
import * as webhooks from './handlers/webhooks.ts';
import * as workers from './handlers/workers.ts';
import * as workflows from './handlers/workflows.ts';
import { addedAttributesShape, type Shape } from './message-shape.ts';
import * as namespaceSchemas from './namespace-schemas.ts';
import * as operationSchemas from './operation-schemas.ts';
import * as scheduleSchemas from './schedule-schemas.ts';
import * as schemas from './schemas.ts';
import * as taskQueueSchemas from './task-queue-schemas.ts';
import * as visibilitySchemas from './visibility-schemas.ts';
import * as webhookSchemas from './webhook-schemas.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Route {
  /** Temporal's name; ours where Temporal has none. */
  rpc: string;
  method: Method;
  /** Below `/api/v1`. */
  path: string;
  /** Without that prefix, where it is not the same. */
  bare?: string;
  /** Who may call it: enforced before anything of the request is read but its path. */
  permission: Permission;
  /** Written to the audit log, as is all that admins change. */
  audited?: true;
  /** What the call is about, where its path does not say so. */
  auditTarget?: (request: unknown) => Record<string, string>;
  schema: z.ZodType;
  /** Of its body, where that is not as in all requests. */
  shape?: Shape;
  /** Fields that a POST takes from the query. */
  query?: readonly string[];
  /** A header that is a field, where the query does not have it. */
  header?: readonly [header: string, field: string];
  handle(request: unknown, call: Call): Promise<object>;
}

type More = Pick<Route, 'shape' | 'bare' | 'query' | 'header' | 'audited' | 'auditTarget'>;
type Row<S extends z.ZodType> = More & {
  handle: (request: z.output<S>, call: Call) => Promise<object>;
};

/** Ties handler to schema: a handler never sees a request that its schema did not give it. */
function route<S extends z.ZodType>(
  rpc: string,
  [method, path]: [Method, string],
  permission: Permission,
  schema: S,
  handle: Row<S>['handle'],
  more: More = {},
): Route {
  return {
    rpc,
    method,
    path,
    permission,
    schema,
    handle: (request, call) => handle(request as z.output<S>, call),
    ...more,
  };
}

const ns = '/namespaces/{namespace}';
const run = `${ns}/workflows/{workflowExecution.workflowId}`;
const execution = `${ns}/workflows/{execution.workflowId}`;
const schedule = `${ns}/schedules/{scheduleId}`;
const activity = `${ns}/workflows/{workflowId}/activities/{activityId}`;
const standalone = `${ns}/activities/{activityId}`;
const webhook = `${ns}/webhooks/{webhookId}`;
const deployment = `${ns}/worker-deployments/{deploymentName}`;
const version = `${ns}/worker-deployment-versions/{deploymentVersion.deploymentName}/{deploymentVersion.buildId}`;

// biome-ignore format: a table reads best as one
export const routes: readonly Route[] = [
  route('StartWorkflowExecution', ['POST', `${ns}/workflows/{workflowId}`], 'writer', schemas.startWorkflowExecution, workflows.startWorkflowExecution),
  route('StartAndWait', ['POST', `${ns}/workflows/{workflowId}/start-and-wait`], 'writer', schemas.startAndWait, workflows.startAndWait, { query: ['waitMs'] }),
  route('SignalWithStartWorkflowExecution', ['POST', `${ns}/workflows/{workflowId}/signal-with-start/{signalName}`], 'writer', schemas.signalWithStart, workflows.signalWithStartWorkflowExecution),
  route('SignalWorkflowExecution', ['POST', `${run}/signal/{signalName}`], 'writer', schemas.signalWorkflowExecution, workflows.signalWorkflowExecution),
  route('RequestCancelWorkflowExecution', ['POST', `${run}/cancel`], 'writer', schemas.requestCancel, workflows.requestCancelWorkflowExecution),
  route('TerminateWorkflowExecution', ['POST', `${run}/terminate`], 'writer', schemas.terminate, workflows.terminateWorkflowExecution, { audited: true }),
  route('UpdateWorkflowExecution', ['POST', `${run}/update/{request.input.name}`], 'writer', schemas.updateWorkflowExecution, updates.updateWorkflowExecution),
  route('ExecuteMultiOperation', ['POST', `${ns}/workflows/{startWorkflow.workflowId}/update-with-start/{updateWorkflow.request.input.name}`], 'writer', schemas.updateWithStart, updates.updateWithStart),
  route('PollWorkflowExecutionUpdate', ['GET', `${ns}/workflows/{updateRef.workflowExecution.workflowId}/update-result/{updateRef.updateId}`], 'reader', schemas.pollUpdate, updates.pollWorkflowExecutionUpdate),
  route('UpdateWorkflowExecutionOptions', ['POST', `${run}/update-options`], 'writer', schemas.updateOptions, deployments.updateWorkflowExecutionOptions),
  route('ResetWorkflowExecution', ['POST', `${run}/reset`], 'writer', operationSchemas.reset, operations.resetWorkflowExecution, { audited: true }),
  route('ForkWorkflowExecution', ['POST', `${run}/fork`], 'writer', operationSchemas.fork, storage.forkWorkflowExecution, { audited: true }),
  route('ImportWorkflowExecution', ['POST', `${run}/import`], 'writer', operationSchemas.importExecution, storage.importWorkflowExecution, { audited: true }),
  route('DeleteWorkflowExecution', ['DELETE', run], 'writer', schemas.deleteExecution, storage.deleteWorkflowExecution, { audited: true }),
  route('PauseWorkflowExecution', ['POST', `${ns}/workflows/{workflowId}/pause`], 'writer', operationSchemas.pauseWorkflow, operations.pauseWorkflowExecution),
  route('UnpauseWorkflowExecution', ['POST', `${ns}/workflows/{workflowId}/unpause`], 'writer', operationSchemas.pauseWorkflow, operations.unpauseWorkflowExecution),
  route('PauseActivity', ['POST', `${ns}/activities-deprecated/pause`], 'writer', operationSchemas.pauseActivity, operations.pauseActivity),
  route('UnpauseActivity', ['POST', `${ns}/activities-deprecated/unpause`], 'writer', operationSchemas.unpauseActivity, operations.unpauseActivity),
  route('ResetActivity', ['POST', `${ns}/activities-deprecated/reset`], 'writer', operationSchemas.resetActivity, operations.resetActivity),
  route('UpdateActivityOptions', ['POST', `${ns}/activities-deprecated/update-options`], 'writer', operationSchemas.updateActivityOptions, operations.updateActivityOptions),
  route('PauseActivityExecution', ['POST', `${activity}/pause`], 'writer', operationSchemas.oneActivity.pause, operations.oneActivity(operations.pauseActivity)),
  route('UnpauseActivityExecution', ['POST', `${activity}/unpause`], 'writer', operationSchemas.oneActivity.unpause, operations.oneActivity(operations.unpauseActivity)),
  route('ResetActivityExecution', ['POST', `${activity}/reset`], 'writer', operationSchemas.oneActivity.reset, operations.oneActivity(operations.resetActivity)),
  route('UpdateActivityExecutionOptions', ['POST', `${activity}/update-options`], 'writer', operationSchemas.oneActivity.updateOptions, operations.oneActivity(operations.updateActivityOptions)),
  route('QueryWorkflow', ['POST', `${execution}/query/{query.queryType}`], 'reader', schemas.queryWorkflow, workflows.queryWorkflow),
  route('DescribeWorkflowExecution', ['GET', execution], 'reader', schemas.describe, workflows.describeWorkflowExecution),
  route('GetWorkflowExecutionHistory', ['GET', `${execution}/history`], 'reader', schemas.history, workflows.getWorkflowExecutionHistory),
  route('GetWorkflowExecutionHistoryReverse', ['GET', `${execution}/history-reverse`], 'reader', schemas.historyReverse, workflows.getWorkflowExecutionHistoryReverse),
  route('GetWorkflowResult', ['GET', `${execution}/result`], 'reader', schemas.result, workflows.getWorkflowResult),
  route('StreamWorkflowEvents', ['GET', `${execution}/events`], 'reader', schemas.events, events.streamWorkflowEvents, { header: ['last-event-id', 'lastEventId'] }),
  route('ListWorkflowExecutions', ['GET', `${ns}/workflows`], 'reader', schemas.list, cluster.listWorkflowExecutions),
  route('CountWorkflowExecutions', ['GET', `${ns}/workflow-count`], 'reader', schemas.count, cluster.countWorkflowExecutions),

  route('CreateSchedule', ['POST', schedule], 'writer', scheduleSchemas.createSchedule, schedules.createSchedule),
  route('DescribeSchedule', ['GET', schedule], 'reader', scheduleSchemas.onSchedule, schedules.describeSchedule),
  route('UpdateSchedule', ['POST', `${schedule}/update`], 'writer', scheduleSchemas.updateSchedule, schedules.updateSchedule),
  route('PatchSchedule', ['POST', `${schedule}/patch`], 'writer', scheduleSchemas.patchSchedule, schedules.patchSchedule),
  route('DeleteSchedule', ['DELETE', schedule], 'writer', scheduleSchemas.deleteSchedule, schedules.deleteSchedule),
  route('ListScheduleMatchingTimes', ['GET', `${schedule}/matching-times`], 'reader', scheduleSchemas.matchingTimes, schedules.listScheduleMatchingTimes),
  route('ListSchedules', ['GET', `${ns}/schedules`], 'reader', scheduleSchemas.listSchedules, schedules.listSchedules),
  route('CountSchedules', ['GET', `${ns}/schedule-count`], 'reader', scheduleSchemas.countSchedules, schedules.countSchedules),

  route('RespondActivityTaskCompleted', ['POST', `${ns}/activity-complete`], 'worker', schemas.activityCompleted.token, activities.respondActivityTaskCompleted),
  route('RespondActivityTaskFailed', ['POST', `${ns}/activity-fail`], 'worker', schemas.activityFailed.token, activities.respondActivityTaskFailed),
  route('RespondActivityTaskCanceled', ['POST', `${ns}/activity-resolve-as-canceled`], 'worker', schemas.activityCanceled.token, activities.respondActivityTaskCanceled),
  route('RecordActivityTaskHeartbeat', ['POST', `${ns}/activity-heartbeat`], 'worker', schemas.activityHeartbeat.token, activities.recordActivityTaskHeartbeat),
  route('RespondActivityTaskCompletedById', ['POST', `${activity}/complete`], 'worker', schemas.activityCompleted.id, activities.respondActivityTaskCompleted),
  route('RespondActivityTaskFailedById', ['POST', `${activity}/fail`], 'worker', schemas.activityFailed.id, activities.respondActivityTaskFailed),
  route('RespondActivityTaskCanceledById', ['POST', `${activity}/resolve-as-canceled`], 'worker', schemas.activityCanceled.id, activities.respondActivityTaskCanceled),
  route('RecordActivityTaskHeartbeatById', ['POST', `${activity}/heartbeat`], 'worker', schemas.activityHeartbeat.id, activities.recordActivityTaskHeartbeat),

  route('RespondActivityTaskCompletedById', ['POST', `${standalone}/complete`], 'worker', activitySchemas.activityById.completed, alone.withoutWorkflow(activities.respondActivityTaskCompleted)),
  route('RespondActivityTaskFailedById', ['POST', `${standalone}/fail`], 'worker', activitySchemas.activityById.failed, alone.withoutWorkflow(activities.respondActivityTaskFailed)),
  route('RespondActivityTaskCanceledById', ['POST', `${standalone}/resolve-as-canceled`], 'worker', activitySchemas.activityById.canceled, alone.withoutWorkflow(activities.respondActivityTaskCanceled)),
  route('RecordActivityTaskHeartbeatById', ['POST', `${standalone}/heartbeat`], 'worker', activitySchemas.activityById.canceled, alone.withoutWorkflow(activities.recordActivityTaskHeartbeat)),

  route('PauseActivityExecution', ['POST', `${standalone}/pause`], 'writer', activitySchemas.operations.pause, alone.withoutWorkflow(operations.oneActivity(operations.pauseActivity))),
  route('UnpauseActivityExecution', ['POST', `${standalone}/unpause`], 'writer', activitySchemas.operations.unpause, alone.withoutWorkflow(operations.oneActivity(operations.unpauseActivity))),
  route('ResetActivityExecution', ['POST', `${standalone}/reset`], 'writer', activitySchemas.operations.reset, alone.withoutWorkflow(operations.oneActivity(operations.resetActivity))),
  route('UpdateActivityExecutionOptions', ['POST', `${standalone}/update-options`], 'writer', activitySchemas.operations.updateOptions, alone.withoutWorkflow(operations.oneActivity(operations.updateActivityOptions))),
  route('StartActivityExecution', ['POST', standalone], 'writer', activitySchemas.startActivity, alone.startActivityExecution),
  route('DescribeActivityExecution', ['GET', standalone], 'reader', activitySchemas.describeActivity, alone.describeActivityExecution),
  route('PollActivityExecution', ['GET', `${standalone}/outcome`], 'reader', activitySchemas.pollActivity, alone.pollActivityExecution),
  route('ListActivityExecutions', ['GET', `${ns}/activities`], 'reader', schemas.list, alone.listActivityExecutions),
  route('CountActivityExecutions', ['GET', `${ns}/activity-count`], 'reader', schemas.count, alone.countActivityExecutions),
  route('RequestCancelActivityExecution', ['POST', `${standalone}/cancel`], 'writer', activitySchemas.changeActivity, alone.requestCancelActivityExecution),
  route('TerminateActivityExecution', ['POST', `${standalone}/terminate`], 'writer', activitySchemas.changeActivity, alone.terminateActivityExecution, { audited: true }),
  route('DeleteActivityExecution', ['DELETE', standalone], 'writer', activitySchemas.deleteActivity, alone.deleteActivityExecution, { audited: true }),

  route('ListSearchAttributes', ['GET', `${ns}/search-attributes`], 'reader', schemas.inNamespace, searchAttributes.listSearchAttributes, { bare: `/cluster${ns}/search-attributes` }),
  route('AddSearchAttributes', ['POST', `${ns}/search-attributes`], 'admin', visibilitySchemas.addSearchAttributes, searchAttributes.addSearchAttributes, { bare: `/cluster${ns}/search-attributes`, shape: addedAttributesShape }),
  route('RemoveSearchAttributes', ['POST', `${ns}/search-attributes/remove`], 'admin', visibilitySchemas.removeSearchAttributes, searchAttributes.removeSearchAttributes, { bare: `/cluster${ns}/search-attributes/remove` }),

  route('StartBatchOperation', ['POST', `${ns}/batch-operations/{jobId}`], 'writer', batchSchemas.startBatchJob, batch.startBatchOperation, { audited: true }),
  route('StopBatchOperation', ['POST', `${ns}/batch-operations/{jobId}/stop`], 'writer', batchSchemas.stopBatchJob, batch.stopBatchOperation),
  route('DescribeBatchOperation', ['GET', `${ns}/batch-operations/{jobId}`], 'reader', batchSchemas.batchJob, batch.describeBatchOperation),
  route('ListBatchOperations', ['GET', `${ns}/batch-operations`], 'reader', batchSchemas.listBatchJobs, batch.listBatchOperations),

  route('RegisterWorker', ['POST', `${ns}/workers`], 'worker', schemas.worker, workers.registerWorker),
  route('ListWorkers', ['GET', `${ns}/workers`], 'reader', schemas.inNamespace, workers.listWorkers),
  route('UnregisterWorker', ['DELETE', `${ns}/workers`], 'worker', schemas.worker, workers.unregisterWorker),
  route('CountWorkers', ['GET', `${ns}/worker-count`], 'reader', schemas.inNamespace, workers.countWorkers),
  route('DescribeWorker', ['GET', `${ns}/workers/describe/{workerInstanceKey}`], 'reader', schemas.describeWorker, workers.describeWorker),
  route('UpdateTaskQueueConfig', ['POST', `${ns}/task-queues/{taskQueue}/update-config`], 'admin', taskQueueSchemas.updateTaskQueueConfig, workers.updateTaskQueueConfig),
  route('DescribeTaskQueue', ['GET', `${ns}/task-queues/{taskQueue.name}`], 'reader', schemas.describeTaskQueue, workers.describeTaskQueue),

  route('ListWorkerDeployments', ['GET', `${ns}/worker-deployments`], 'reader', schemas.workerDeployments, deployments.listWorkerDeployments),
  route('DescribeWorkerDeployment', ['GET', deployment], 'reader', schemas.workerDeployment, deployments.describeWorkerDeployment),
  route('SetWorkerDeploymentCurrentVersion', ['POST', `${deployment}/set-current-version`], 'admin', schemas.setCurrentVersion, deployments.setWorkerDeploymentCurrentVersion),
  route('SetWorkerDeploymentRampingVersion', ['POST', `${deployment}/set-ramping-version`], 'admin', schemas.setRampingVersion, deployments.setWorkerDeploymentRampingVersion),
  route('DeleteWorkerDeployment', ['DELETE', deployment], 'admin', schemas.workerDeployment, deployments.deleteWorkerDeployment),
  route('DescribeWorkerDeploymentVersion', ['GET', version], 'reader', schemas.workerDeploymentVersion, deployments.describeWorkerDeploymentVersion),
  route('DeleteWorkerDeploymentVersion', ['DELETE', version], 'admin', schemas.deleteVersion, deployments.deleteWorkerDeploymentVersion),

  route('CreateWebhook', ['POST', webhook], 'admin', webhookSchemas.putWebhook, webhooks.createWebhook),
  route('UpdateWebhook', ['POST', `${webhook}/update`], 'admin', webhookSchemas.putWebhook, webhooks.updateWebhook),
  route('DescribeWebhook', ['GET', webhook], 'reader', webhookSchemas.webhook, webhooks.describeWebhook),
  route('ListWebhooks', ['GET', `${ns}/webhooks`], 'reader', schemas.inNamespace, webhooks.listWebhooks),
  route('DeleteWebhook', ['DELETE', webhook], 'admin', webhookSchemas.webhook, webhooks.deleteWebhook),
  route('ListWebhookDeliveries', ['GET', `${webhook}/deliveries`], 'reader', webhookSchemas.webhookDeliveries, webhooks.listWebhookDeliveries),

  route('ExportBackup', ['GET', '/backup'], 'admin', backupSchemas.exportBackup, backup.exportBackup),
  route('ImportBackup', ['POST', '/backup'], 'admin', backupSchemas.importBackup, backup.importBackup),
  route('ResumeBackup', ['POST', '/backup/resume'], 'admin', backupSchemas.resumeBackup, backup.resumeBackup),
  route('GetAuditLog', ['GET', `${ns}/audit-log`], 'admin', schemas.auditLog, security.getAuditLog),
  route('GetSystemAuditLog', ['GET', '/audit-log'], 'admin', schemas.page, security.getSystemAuditLog),
  route('RotateEngineKeys', ['POST', '/engine-keys/rotate'], 'admin', schemas.nothing, security.rotateEngineKeys),
  route('CreateApiKey', ['POST', '/api-keys'], 'admin', schemas.createApiKey, security.createApiKey),
  route('ListApiKeys', ['GET', '/api-keys'], 'admin', schemas.page, security.listApiKeys),
  route('RevokeApiKey', ['DELETE', '/api-keys/{id}'], 'admin', schemas.apiKey, security.revokeApiKey),

  route('DescribeCaller', ['GET', '/me'], 'any', schemas.nothing, security.describeCaller),
  route('GetSystemInfo', ['GET', '/system-info'], 'any', schemas.nothing, cluster.getSystemInfo),
  route('GetClusterInfo', ['GET', '/cluster-info'], 'any', schemas.nothing, cluster.getClusterInfo, { bare: '/cluster' }),
  route('ListNamespaces', ['GET', '/namespaces'], 'any', schemas.page, namespaces.listNamespaces, { bare: '/cluster/namespaces' }),
  route('DescribeNamespace', ['GET', ns], 'reader', schemas.inNamespace, namespaces.describeNamespace, { bare: `/cluster${ns}` }),
  route('RegisterNamespace', ['POST', '/namespaces'], 'admin', namespaceSchemas.registerNamespace, namespaces.registerNamespace, { bare: '/cluster/namespaces', auditTarget: namespaces.registered }),
  route('UpdateNamespace', ['POST', `${ns}/update`], 'admin', namespaceSchemas.updateNamespace, namespaces.updateNamespace, { bare: `/cluster${ns}/update` }),
  route('DeleteNamespace', ['DELETE', ns], 'admin', schemas.inNamespace, namespaces.deleteNamespace, { bare: `/cluster${ns}` }),
];

export const isAudited = ({ audited, permission, method }: Route): boolean =>
  audited === true || (permission === 'admin' && method !== 'GET');
