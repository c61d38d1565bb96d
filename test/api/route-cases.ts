/** One right request per route. */

import { expect } from 'vitest';
import { activityAddress, encodeTaskToken, executionObjectName } from '../../sdk/common/ids.ts';
import { sealTaskToken } from '../../src/auth/task-token.ts';
import type { Env } from '../../src/env.ts';
import { ENGINE_SECRET, NS, startBody } from './engine.ts';

const task = { namespace: 'default', workflowId: 'w', runId: 'r', scheduledEventId: 5, attempt: 2 };
const system = { engineSecrets: async () => [ENGINE_SECRET] };
const env = { NAMESPACE: { getByName: () => system } } as unknown as Env;
export const taskToken = await sealTaskToken(env, encodeTaskToken(task), 0);
const activityId = { namespace: 'default', workflowId: 'w', activityId: 'a', runId: undefined };
const failure = { message: 'no money', applicationFailureInfo: { type: 'Poor', nonRetryable: true } };
const execution = { workflowId: 'w' };
const version = { deploymentName: 'orders', buildId: '1.0' };
const completedStage = 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED';
const useExisting = 'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING';

const schedule = {
  spec: { cronString: ['0 9 * * *'], timezoneName: 'Europe/Berlin' },
  action: { startWorkflow: { workflowId: 'w', workflowType: { name: 'report' }, taskQueue: { name: 'q' } } },
  policies: { overlapPolicy: 'SCHEDULE_OVERLAP_POLICY_BUFFER_ONE', catchupWindow: '60s' },
  state: { notes: 'a note' },
};
const webhook = {
  kind: 'stripe',
  workflowId: 'order-{$.data.object.id}',
  signalName: 'paid',
  start: { workflowType: { name: 'order' }, taskQueue: { name: 'q' }, args: ['$.data.object'] },
};
const period = { startTime: '2026-01-01T00:00:00Z', endTime: '2026-01-02T00:00:00Z' };

const ACTIVITY = `execution ${executionObjectName('default', activityAddress('a'))}`;
const changed = (kind: string) => ({
  kind,
  namespace: 'default',
  workflowExecution: { workflowId: activityAddress('a'), runId: 'r' },
  requestId: 'id-1',
  reason: 'enough',
});

export interface RouteCase {
  path: string;
  body?: object;
  /** The object, its method and the arguments; `undefined`: no object is asked. */
  asks: [string, string, ...unknown[]] | undefined;
  /** Default 200. */
  status?: number;
}

/** Each route by its RPC: a request that is right, and what an object is asked because of it. */
export const cases: Record<string, RouteCase> = {
  StartWorkflowExecution: {
    path: `${NS}/workflows/w`,
    body: {
      ...startBody,
      cronSchedule: '*/5 * * * *',
      workflowStartDelay: '30s',
      retryPolicy: { maximumAttempts: 3 },
      requestId: 'q1',
    },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'StartWorkflowExecution',
        namespace: 'default',
        workflowId: 'w',
        ...startBody,
        cronSchedule: '*/5 * * * *',
        workflowStartDelay: '30s',
        retryPolicy: { maximumAttempts: 3 },
        requestId: 'q1',
      },
    ],
  },
  StartAndWait: {
    path: `${NS}/workflows/w/start-and-wait?waitMs=5`,
    body: startBody,
    asks: [
      'execution ["default","w"]',
      'startAndWait',
      expect.objectContaining({ kind: 'StartWorkflowExecution', workflowId: 'w' }),
      5,
    ],
  },
  SignalWithStartWorkflowExecution: {
    path: `${NS}/workflows/w/signal-with-start/go`,
    body: { ...startBody, requestId: 'q1', signalInput: [1] },
    asks: [
      'execution ["default","w"]',
      'request',
      expect.objectContaining({
        kind: 'SignalWithStartWorkflowExecution',
        signalName: 'go',
        signalInput: { payloads: [expect.anything()] },
      }),
    ],
  },
  SignalWorkflowExecution: {
    path: `${NS}/workflows/w/signal/go`,
    body: { workflowExecution: { runId: 'r' } },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'SignalWorkflowExecution',
        namespace: 'default',
        signalName: 'go',
        workflowExecution: { workflowId: 'w', runId: 'r' },
        requestId: 'id-1',
      },
    ],
  },
  RequestCancelWorkflowExecution: {
    path: `${NS}/workflows/w/cancel`,
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'RequestCancelWorkflowExecution',
        namespace: 'default',
        workflowExecution: execution,
        requestId: 'id-1',
      },
    ],
  },
  TerminateWorkflowExecution: {
    path: `${NS}/workflows/w/terminate`,
    body: { reason: 'enough', details: null, firstExecutionRunId: 'r0' },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'TerminateWorkflowExecution',
        namespace: 'default',
        workflowExecution: execution,
        firstExecutionRunId: 'r0',
        reason: 'enough',
      },
    ],
  },
  ForkWorkflowExecution: {
    path: `${NS}/workflows/w/fork`,
    body: { newWorkflowId: 'v', workflowTaskFinishEventId: 4, reason: 'what if' },
    asks: [
      'execution ["default","w"]',
      'fork',
      {
        namespace: 'default',
        workflowExecution: execution,
        newWorkflowId: 'v',
        workflowTaskFinishEventId: 4,
        reason: 'what if',
        requestId: 'id-1',
      },
    ],
  },
  ImportWorkflowExecution: {
    path: `${NS}/workflows/w/import`,
    body: {
      workflowExecution: { runId: 'r' },
      history: {
        events: [{ eventId: '1', eventTime: '2026-01-01T00:00:00Z', eventType: 'EVENT_TYPE_ANY', more: 1 }],
      },
    },
    asks: [
      'execution ["default","w"]',
      'import',
      {
        namespace: 'default',
        workflowExecution: { workflowId: 'w', runId: 'r' },
        history: {
          events: [{ eventId: '1', eventTime: '2026-01-01T00:00:00Z', eventType: 'EVENT_TYPE_ANY', more: 1 }],
        },
      },
    ],
  },
  DeleteWorkflowExecution: {
    path: `${NS}/workflows/w?workflowExecution.runId=r&identity=me`,
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'DeleteWorkflowExecution',
        namespace: 'default',
        workflowExecution: { workflowId: 'w', runId: 'r' },
        identity: 'me',
      },
    ],
  },
  UpdateWorkflowExecution: {
    path: `${NS}/workflows/w/update/add`,
    body: {
      workflowExecution: { runId: 'r' },
      waitPolicy: { lifecycleStage: completedStage },
      request: { meta: { updateId: 'u', identity: 'me' }, input: { args: [1] } },
    },
    asks: [
      'execution ["default","w"]',
      'update',
      {
        namespace: 'default',
        workflowExecution: { workflowId: 'w', runId: 'r' },
        waitPolicy: { lifecycleStage: completedStage },
        request: {
          meta: { updateId: 'u', identity: 'me' },
          input: { name: 'add', args: { payloads: [expect.anything()] } },
        },
      },
    ],
  },
  ExecuteMultiOperation: {
    path: `${NS}/workflows/w/update-with-start/add`,
    body: {
      startWorkflow: { ...startBody, requestId: 'q1', workflowIdConflictPolicy: useExisting },
      updateWorkflow: { request: { meta: { updateId: 'u' } } },
    },
    asks: [
      'execution ["default","w"]',
      'updateWithStart',
      {
        namespace: 'default',
        startWorkflow: {
          ...startBody,
          namespace: 'default',
          workflowId: 'w',
          requestId: 'q1',
          workflowIdConflictPolicy: useExisting,
        },
        updateWorkflow: {
          namespace: 'default',
          workflowExecution: { workflowId: 'w' },
          request: { meta: { updateId: 'u' }, input: { name: 'add' } },
        },
      },
    ],
  },
  PollWorkflowExecutionUpdate: {
    path: `${NS}/workflows/w/update-result/u?updateRef.workflowExecution.runId=r&waitPolicy.lifecycleStage=${completedStage}`,
    asks: [
      'execution ["default","w"]',
      'pollUpdate',
      {
        namespace: 'default',
        updateRef: { workflowExecution: { workflowId: 'w', runId: 'r' }, updateId: 'u' },
        waitPolicy: { lifecycleStage: completedStage },
      },
    ],
  },
  QueryWorkflow: {
    path: `${NS}/workflows/w/query/state`,
    body: { execution: { runId: 'r' }, query: { queryArgs: [] } },
    asks: [
      'execution ["default","w"]',
      'query',
      {
        namespace: 'default',
        execution: { workflowId: 'w', runId: 'r' },
        query: { queryType: 'state', queryArgs: { payloads: [] } },
      },
    ],
  },
  DescribeWorkflowExecution: {
    path: `${NS}/workflows/w?execution.runId=r`,
    asks: ['execution ["default","w"]', 'describe', { runId: 'r' }],
  },
  GetWorkflowExecutionHistory: {
    path: `${NS}/workflows/w/history?execution.run_id=r&maximum_page_size=7&waitNewEvent=true&nextPageToken=t&historyEventFilterType=HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT`,
    asks: [
      'execution ["default","w"]',
      'history',
      {
        namespace: 'default',
        execution: { workflowId: 'w', runId: 'r' },
        maximumPageSize: 7,
        waitNewEvent: true,
        nextPageToken: 't',
        historyEventFilterType: 'HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT',
      },
    ],
  },
  GetWorkflowExecutionHistoryReverse: {
    path: `${NS}/workflows/w/history-reverse`,
    asks: [
      'execution ["default","w"]',
      'history',
      { namespace: 'default', execution, maximumPageSize: 1_000 },
    ],
  },
  GetWorkflowResult: {
    path: `${NS}/workflows/w/result?waitMs=100000&followRuns=false`,
    asks: ['execution ["default","w"]', 'result', { runId: undefined, waitMs: 20_000, followRuns: false }],
  },
  StartActivityExecution: {
    path: `${NS}/activities/a`,
    body: {
      activityType: { name: 'charge' },
      taskQueue: { name: 'q' },
      startToCloseTimeout: '60s',
      idConflictPolicy: 'ACTIVITY_ID_CONFLICT_POLICY_USE_EXISTING',
    },
    asks: [
      ACTIVITY,
      'request',
      {
        kind: 'StartActivityExecution',
        namespace: 'default',
        activityId: 'a',
        activityType: { name: 'charge' },
        taskQueue: { name: 'q' },
        startToCloseTimeout: '60s',
        idConflictPolicy: 'ACTIVITY_ID_CONFLICT_POLICY_USE_EXISTING',
        requestId: 'id-1',
      },
    ],
  },
  DescribeActivityExecution: {
    path: `${NS}/activities/a?runId=r&includeInput=true`,
    asks: [ACTIVITY, 'describe', { runId: 'r' }],
  },
  PollActivityExecution: {
    path: `${NS}/activities/a/outcome?waitMs=100000`,
    asks: [ACTIVITY, 'result', { runId: undefined, waitMs: 20_000, followRuns: false }],
  },
  ListActivityExecutions: {
    path: `${NS}/activities?pageSize=5&query=${encodeURIComponent("ActivityId = 'a'")}`,
    asks: [
      'visibility ["default",1]',
      'list',
      { query: "ActivityId = 'a'", pageSize: 5, kind: 'activities' },
    ],
  },
  CountActivityExecutions: {
    path: `${NS}/activity-count?query=${encodeURIComponent("ActivityId = 'a'")}`,
    asks: ['visibility ["default",1]', 'count', { query: "ActivityId = 'a'", kind: 'activities' }],
  },
  RequestCancelActivityExecution: {
    path: `${NS}/activities/a/cancel`,
    body: { runId: 'r', reason: 'enough' },
    asks: [ACTIVITY, 'request', changed('RequestCancelWorkflowExecution')],
  },
  TerminateActivityExecution: {
    path: `${NS}/activities/a/terminate`,
    body: { runId: 'r', reason: 'enough' },
    asks: [ACTIVITY, 'request', changed('TerminateWorkflowExecution')],
  },
  DeleteActivityExecution: {
    path: `${NS}/activities/a?runId=r`,
    asks: [
      ACTIVITY,
      'request',
      {
        kind: 'DeleteWorkflowExecution',
        namespace: 'default',
        workflowExecution: { workflowId: activityAddress('a'), runId: 'r' },
      },
    ],
  },
  ListWorkflowExecutions: {
    path: `${NS}/workflows?pageSize=5&query=${encodeURIComponent("WorkflowId = 'abc'")}`,
    asks: ['visibility ["default",3]', 'list', { query: "WorkflowId = 'abc'", pageSize: 5 }],
  },
  CountWorkflowExecutions: {
    path: `${NS}/workflow-count?query=${encodeURIComponent("WorkflowId = 'abc'")}`,
    asks: ['visibility ["default",3]', 'count', { query: "WorkflowId = 'abc'" }],
  },
  RespondActivityTaskCompleted: {
    path: `${NS}/activity-complete`,
    body: { taskToken, identity: 'me' },
    asks: [
      'execution ["default","w"]',
      'request',
      { kind: 'RespondActivityTaskCompleted', task, identity: 'me' },
    ],
  },
  RespondActivityTaskFailed: {
    path: `${NS}/activity-fail`,
    body: { taskToken, failure },
    asks: ['execution ["default","w"]', 'request', { kind: 'RespondActivityTaskFailed', task, failure }],
  },
  RespondActivityTaskCanceled: {
    path: `${NS}/activity-resolve-as-canceled`,
    body: { taskToken },
    asks: ['execution ["default","w"]', 'request', { kind: 'RespondActivityTaskCanceled', task }],
  },
  RecordActivityTaskHeartbeat: {
    path: `${NS}/activity-heartbeat`,
    body: { taskToken },
    asks: ['execution ["default","w"]', 'request', { kind: 'RecordActivityTaskHeartbeat', task }],
  },
  RespondActivityTaskCompletedById: {
    path: `${NS}/workflows/w/activities/a/complete`,
    asks: [
      'execution ["default","w"]',
      'request',
      { kind: 'RespondActivityTaskCompleted', task: activityId },
    ],
  },
  RespondActivityTaskFailedById: {
    path: `${NS}/workflows/w/activities/a/fail`,
    body: { failure, runId: 'r' },
    asks: [
      'execution ["default","w"]',
      'request',
      { kind: 'RespondActivityTaskFailed', task: { ...activityId, runId: 'r' }, failure },
    ],
  },
  RespondActivityTaskCanceledById: {
    path: `${NS}/workflows/w/activities/a/resolve-as-canceled`,
    asks: ['execution ["default","w"]', 'request', { kind: 'RespondActivityTaskCanceled', task: activityId }],
  },
  RecordActivityTaskHeartbeatById: {
    path: `${NS}/workflows/w/activities/a/heartbeat`,
    asks: ['execution ["default","w"]', 'request', { kind: 'RecordActivityTaskHeartbeat', task: activityId }],
  },
  ListSearchAttributes: { path: `${NS}/search-attributes`, asks: ['namespace default', 'searchAttributes'] },
  AddSearchAttributes: {
    path: `${NS}/search-attributes`,
    body: { searchAttributes: { City: 'INDEXED_VALUE_TYPE_KEYWORD', Amount: 'Int' } },
    asks: ['namespace default', 'addSearchAttributes', { City: 'KEYWORD', Amount: 'INT' }],
  },
  RemoveSearchAttributes: {
    path: `${NS}/search-attributes/remove`,
    body: { searchAttributes: ['City'] },
    asks: ['namespace default', 'removeSearchAttributes', ['City']],
  },
  StartBatchOperation: {
    path: `${NS}/batch-operations/j`,
    body: {
      visibilityQuery: "WorkflowType = 'order'",
      reason: 'enough',
      maxOperationsPerSecond: 5,
      signalOperation: { signal: 'go', input: [1] },
    },
    asks: [
      'batch default',
      'start',
      {
        namespace: 'default',
        jobId: 'j',
        visibilityQuery: "WorkflowType = 'order'",
        reason: 'enough',
        maxOperationsPerSecond: 5,
        signalOperation: { signal: 'go', input: { payloads: [expect.anything()] } },
      },
    ],
  },
  StopBatchOperation: {
    path: `${NS}/batch-operations/j/stop`,
    body: { reason: 'enough' },
    asks: ['batch default', 'stop', { jobId: 'j', reason: 'enough' }],
  },
  DescribeBatchOperation: { path: `${NS}/batch-operations/j`, asks: ['batch default', 'describe', 'j'] },
  ListBatchOperations: {
    path: `${NS}/batch-operations?pageSize=7`,
    asks: ['batch default', 'list', { pageSize: 7 }],
  },
  RegisterWorker: {
    path: `${NS}/workers`,
    body: { url: 'http://127.0.0.1:9233' },
    asks: ['namespace default', 'registerWorker', { url: 'http://127.0.0.1:9233' }],
  },
  ListWorkers: { path: `${NS}/workers`, asks: ['namespace default', 'listWorkers'] },
  UnregisterWorker: {
    path: `${NS}/workers?url=http%3A%2F%2F127.0.0.1%3A9233`,
    asks: ['namespace default', 'unregisterWorker', { url: 'http://127.0.0.1:9233' }],
  },
  PauseWorkflowExecution: {
    path: `${NS}/workflows/w/pause`,
    body: { reason: 'wait' },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'PauseWorkflowExecution',
        namespace: 'default',
        workflowId: 'w',
        reason: 'wait',
        requestId: 'id-1',
      },
    ],
  },
  UnpauseWorkflowExecution: {
    path: `${NS}/workflows/w/unpause`,
    body: { reason: 'wait' },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'UnpauseWorkflowExecution',
        namespace: 'default',
        workflowId: 'w',
        reason: 'wait',
        requestId: 'id-1',
      },
    ],
  },
  PauseActivity: {
    path: `${NS}/activities-deprecated/pause`,
    body: { execution, id: 'a', reason: 'wait' },
    asks: [
      'execution ["default","w"]',
      'request',
      { kind: 'PauseActivity', namespace: 'default', execution, id: 'a', reason: 'wait' },
    ],
  },
  UnpauseActivity: {
    path: `${NS}/activities-deprecated/unpause`,
    body: { execution, unpauseAll: true, resetAttempts: true },
    asks: [
      'execution ["default","w"]',
      'request',
      { kind: 'UnpauseActivity', namespace: 'default', execution, unpauseAll: true, resetAttempts: true },
    ],
  },
  ResetActivity: {
    path: `${NS}/activities-deprecated/reset`,
    body: { execution, type: 'pay', keepPaused: true },
    asks: [
      'execution ["default","w"]',
      'request',
      { kind: 'ResetActivity', namespace: 'default', execution, type: 'pay', keepPaused: true },
    ],
  },
  UpdateActivityOptions: {
    path: `${NS}/activities-deprecated/update-options`,
    body: {
      execution,
      id: 'a',
      updateMask: 'retry_policy.maximum_attempts,heartbeatTimeout',
      activityOptions: {
        retryPolicy: { maximumAttempts: 5, backoffCoefficient: 3 },
        startToCloseTimeout: '9s',
      },
    },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'UpdateActivityOptions',
        namespace: 'default',
        execution,
        id: 'a',
        activityOptions: { retryPolicy: { maximumAttempts: 5 }, heartbeatTimeout: '0s' },
      },
    ],
  },
  ResetWorkflowExecution: {
    path: `${NS}/workflows/w/reset`,
    body: {
      workflowTaskFinishEventId: '4',
      reason: 'bad deploy',
      resetReapplyExcludeTypes: ['RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL'],
    },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'ResetWorkflowExecution',
        namespace: 'default',
        workflowExecution: execution,
        workflowTaskFinishEventId: 4,
        reason: 'bad deploy',
        resetReapplyExcludeTypes: ['RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL'],
        requestId: 'id-1',
      },
    ],
  },
  UpdateWorkflowExecutionOptions: {
    path: `${NS}/workflows/w/update-options`,
    body: {
      workflowExecutionOptions: { versioningOverride: { pinned: { version } } },
      updateMask: 'versioningOverride',
    },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'UpdateWorkflowExecutionOptions',
        namespace: 'default',
        workflowExecution: execution,
        workflowExecutionOptions: {
          versioningOverride: { pinned: { behavior: 'PINNED_OVERRIDE_BEHAVIOR_PINNED', version } },
        },
      },
    ],
  },
  ListWorkerDeployments: {
    path: `${NS}/worker-deployments`,
    asks: ['namespace default', 'listDeployments'],
  },
  DescribeWorkerDeployment: {
    path: `${NS}/worker-deployments/orders`,
    asks: ['namespace default', 'getDeployment', 'orders'],
  },
  SetWorkerDeploymentCurrentVersion: {
    path: `${NS}/worker-deployments/orders/set-current-version`,
    body: { buildId: '1.0', conflictToken: 'MQ==', ignoreMissingTaskQueues: true, identity: 'me' },
    asks: [
      'namespace default',
      'setCurrentVersion',
      {
        namespace: 'default',
        deploymentName: 'orders',
        buildId: '1.0',
        conflictToken: 'MQ==',
        ignoreMissingTaskQueues: true,
        identity: 'me',
      },
    ],
  },
  SetWorkerDeploymentRampingVersion: {
    path: `${NS}/worker-deployments/orders/set-ramping-version`,
    body: { buildId: '1.0', percentage: 12.5 },
    asks: [
      'namespace default',
      'setRampingVersion',
      { namespace: 'default', deploymentName: 'orders', buildId: '1.0', percentage: 12.5 },
    ],
  },
  DeleteWorkerDeployment: {
    path: `${NS}/worker-deployments/orders`,
    asks: ['namespace default', 'deleteDeployment', 'orders'],
  },
  DescribeWorkerDeploymentVersion: {
    path: `${NS}/worker-deployment-versions/orders/1.0`,
    asks: [
      'visibility ["default",0]',
      'count',
      {
        query:
          "ExecutionStatus IN ('Running', 'Paused') AND TemporalWorkerDeploymentVersion = 'orders:1.0' AND TemporalWorkflowVersioningBehavior = 'Pinned'",
      },
    ],
  },
  DeleteWorkerDeploymentVersion: {
    path: `${NS}/worker-deployment-versions/orders/1.0?skipDrainage=true`,
    asks: ['namespace default', 'deleteVersion', version],
  },
  CreateSchedule: {
    path: `${NS}/schedules/s`,
    body: { schedule, initial_patch: { trigger_immediately: {} }, requestId: 'q1' },
    asks: [
      'schedule ["default","s"]',
      'create',
      {
        namespace: 'default',
        scheduleId: 's',
        schedule,
        initialPatch: { triggerImmediately: {} },
        requestId: 'q1',
      },
    ],
  },
  DescribeSchedule: { path: `${NS}/schedules/s`, asks: ['schedule ["default","s"]', 'describe'] },
  UpdateSchedule: {
    path: `${NS}/schedules/s/update`,
    body: { schedule, conflictToken: 'MQ==', requestId: 'q1' },
    asks: [
      'schedule ["default","s"]',
      'update',
      { namespace: 'default', scheduleId: 's', schedule, conflictToken: 'MQ==', requestId: 'q1' },
    ],
  },
  PatchSchedule: {
    path: `${NS}/schedules/s/patch`,
    body: { patch: { pause: 'for now', backfillRequest: [period] }, requestId: 'q1' },
    asks: [
      'schedule ["default","s"]',
      'patch',
      {
        namespace: 'default',
        scheduleId: 's',
        patch: { pause: 'for now', backfillRequest: [period] },
        requestId: 'q1',
      },
    ],
  },
  DeleteSchedule: { path: `${NS}/schedules/s?identity=me`, asks: ['schedule ["default","s"]', 'delete'] },
  ListScheduleMatchingTimes: {
    path: `${NS}/schedules/s/matching-times?startTime=${period.startTime}&endTime=${period.endTime}`,
    asks: ['schedule ["default","s"]', 'matchingTimes', { namespace: 'default', scheduleId: 's', ...period }],
  },
  ListSchedules: {
    path: `${NS}/schedules?maximumPageSize=5&query=TemporalSchedulePaused%20%3D%20true`,
    asks: [
      'visibility ["default",0]',
      'listSchedules',
      { query: 'TemporalSchedulePaused = true', limit: 5, after: '' },
    ],
  },
  CountSchedules: {
    path: `${NS}/schedule-count`,
    asks: ['visibility ["default",0]', 'countSchedules', { query: '' }],
  },
  DescribeTaskQueue: {
    path: `${NS}/task-queues/q?taskQueueType=1`,
    asks: ['namespace default', 'listWorkers'],
  },
  UpdateTaskQueueConfig: {
    path: `${NS}/task-queues/q/update-config`,
    body: { taskQueueType: 2, updateQueueRateLimit: { rateLimit: { requestsPerSecond: 5 } } },
    asks: [
      'namespace default',
      'updateTaskQueueConfig',
      {
        namespace: 'default',
        taskQueue: 'q',
        taskQueueType: 2,
        updateQueueRateLimit: { rateLimit: { requestsPerSecond: 5 } },
      },
    ],
  },
  CreateWebhook: {
    path: `${NS}/webhooks/payments`,
    body: { webhook, secrets: ['whsec_0123456789'] },
    asks: [
      'namespace default',
      'createWebhook',
      { namespace: 'default', webhookId: 'payments', webhook, secrets: ['whsec_0123456789'] },
    ],
  },
  UpdateWebhook: {
    path: `${NS}/webhooks/payments/update`,
    body: { webhook: { ...webhook, when: { '$.type': ['charge.succeeded'] } } },
    asks: [
      'namespace default',
      'updateWebhook',
      {
        namespace: 'default',
        webhookId: 'payments',
        webhook: { ...webhook, when: { '$.type': ['charge.succeeded'] } },
      },
    ],
  },
  DescribeWebhook: {
    path: `${NS}/webhooks/payments`,
    asks: ['namespace default', 'getWebhook', 'payments'],
  },
  ListWebhooks: { path: `${NS}/webhooks`, asks: ['namespace default', 'listWebhooks'] },
  DeleteWebhook: {
    path: `${NS}/webhooks/payments`,
    asks: ['namespace default', 'deleteWebhook', 'payments'],
  },
  ListWebhookDeliveries: {
    path: `${NS}/webhooks/payments/deliveries?pageSize=5`,
    asks: ['namespace default', 'webhookDeliveries', 'payments', { pageSize: 5 }],
  },
  GetAuditLog: {
    path: `${NS}/audit-log?pageSize=5`,
    asks: ['namespace default', 'auditLog', { pageSize: 5 }],
  },
  GetSystemAuditLog: {
    path: '/api/v1/audit-log',
    asks: ['namespace \u0000system', 'auditLog', {}],
  },
  CreateApiKey: {
    path: '/api/v1/api-keys',
    body: { name: 'ci', permissions: ['default:write'], expirationTime: '2999-01-01T00:00:00Z' },
    asks: [
      'namespace \u0000system',
      'createApiKey',
      {
        name: 'ci',
        permissions: ['default:writer'],
        createdBy: 'development',
        expirationTime: '2999-01-01T00:00:00.000Z',
      },
    ],
  },
  ExportBackup: { path: '/api/v1/backup', asks: ['namespace \u0000system', 'dumpTables'] },
  ImportBackup: {
    path: '/api/v1/backup',
    body: {
      entries: ['{"kind":"workflow","namespace":"default","id":"w","page":{"rows":[],"payloads":[]}}'],
    },
    asks: ['execution ["default","w"]', 'importPage', { rows: [], payloads: [] }],
  },
  ResumeBackup: {
    path: '/api/v1/backup/resume',
    body: { objects: [{ kind: 'batch', namespace: 'default', id: '' }] },
    asks: ['batch default', 'resume'],
  },
  RotateEngineKeys: {
    path: '/api/v1/engine-keys/rotate',
    asks: ['namespace \u0000system', 'rotateEngineSecret'],
  },
  ListApiKeys: { path: '/api/v1/api-keys', asks: ['namespace \u0000system', 'listApiKeys'] },
  RevokeApiKey: { path: '/api/v1/api-keys/a', asks: ['namespace \u0000system', 'revokeApiKey', 'a'] },
  DescribeCaller: { path: '/api/v1/me', asks: undefined },
  GetSystemInfo: { path: '/api/v1/system-info', asks: undefined },
  GetClusterInfo: { path: '/api/v1/cluster-info', asks: undefined },
  ListNamespaces: { path: '/api/v1/namespaces', asks: ['namespace \u0000system', 'listNamespaces'] },
  DescribeNamespace: { path: NS, asks: ['namespace \u0000system', 'findNamespace', 'default'] },
  RegisterNamespace: {
    path: '/api/v1/namespaces',
    body: { namespace: 'shop-2', workflowExecutionRetentionPeriod: '86400s', requestId: 'q1' },
    asks: [
      'namespace \u0000system',
      'registerNamespace',
      { namespace: 'shop-2', workflowExecutionRetentionPeriod: '86400s' },
      'q1',
    ],
  },
  // One of the variable NAMESPACES, as that of these tests: told from one that may not be asked for.
  DeleteNamespace: {
    path: NS,
    asks: ['namespace default', 'audit', expect.objectContaining({ rpc: 'DeleteNamespace' })],
    status: 400,
  },
  StreamWorkflowEvents: {
    path: `${NS}/workflows/w/events?execution.runId=r`,
    asks: ['execution ["default","w"]', 'result', { runId: 'r', waitMs: 0, followRuns: false }],
  },
  CountWorkers: { path: `${NS}/worker-count`, asks: ['namespace default', 'listWorkers'] },
  DescribeWorker: {
    path: `${NS}/workers/describe/http%3A%2F%2Flocalhost%3A1`,
    asks: ['namespace default', 'listWorkers'],
    status: 404,
  },
  PauseActivityExecution: {
    path: `${NS}/workflows/w/activities/a/pause`,
    body: { runId: 'r', reason: 'broken' },
    asks: [
      'execution ["default","w"]',
      'request',
      {
        kind: 'PauseActivity',
        namespace: 'default',
        execution: { workflowId: 'w', runId: 'r' },
        id: 'a',
        reason: 'broken',
      },
    ],
  },
  UnpauseActivityExecution: {
    path: `${NS}/workflows/w/activities/a/unpause`,
    asks: [
      'execution ["default","w"]',
      'request',
      expect.objectContaining({ kind: 'UnpauseActivity', id: 'a' }),
    ],
  },
  ResetActivityExecution: {
    path: `${NS}/workflows/w/activities/a/reset`,
    body: { keepPaused: true },
    asks: [
      'execution ["default","w"]',
      'request',
      expect.objectContaining({ kind: 'ResetActivity', id: 'a', keepPaused: true }),
    ],
  },
  UpdateActivityExecutionOptions: {
    path: `${NS}/workflows/w/activities/a/update-options`,
    body: { activityOptions: { startToCloseTimeout: '5s' }, updateMask: 'startToCloseTimeout' },
    asks: [
      'execution ["default","w"]',
      'request',
      expect.objectContaining({
        kind: 'UpdateActivityOptions',
        id: 'a',
        activityOptions: { startToCloseTimeout: '5s' },
      }),
    ],
  },
  UpdateNamespace: {
    path: `${NS}/update`,
    body: { updateInfo: { description: 'ours' }, config: { workflowExecutionRetentionTtl: '86400s' } },
    asks: [
      'namespace \u0000system',
      'updateNamespace',
      {
        namespace: 'default',
        updateInfo: { description: 'ours' },
        config: { workflowExecutionRetentionTtl: '86400s' },
      },
      true,
    ],
  },
};
