/** The API over fake objects: `app.request` in, what the objects were asked out. */

import { vi } from 'vitest';
import { activityAddress } from '../../sdk/common/ids.ts';
import type { Result, VisibilityRecord } from '../../sdk/common/service.ts';
import { createApi } from '../../src/api/app.ts';
import type { ApiPorts } from '../../src/api/ports.ts';
import type { Env } from '../../src/env.ts';
import type { DeploymentRecord } from '../../src/namespace/deployments.ts';
import type { VisibilityShard } from '../../src/visibility/client.ts';

export type Answer = (...args: never[]) => unknown;
export interface Asked {
  /** Class of the object and its name: `execution ["default","w"]`. */
  object: string;
  method: string;
  args: unknown[];
}

/** Of an activity that belongs to no workflow. */
const scheduled = {
  eventType: 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
  activityTaskScheduledEventAttributes: { activityId: 'a', scheduleToCloseTimeout: '0s' },
};

const ok = <T>(value: T): Result<T> => ({ ok: value });
const started = { runId: 'run-1', started: true, status: 'WORKFLOW_EXECUTION_STATUS_RUNNING' };

const accepted = {
  updateRef: { workflowExecution: { workflowId: 'w', runId: 'run-1' }, updateId: 'u' },
  stage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED',
};

/** A version that is neither current nor ramping. */
const deployment: DeploymentRecord = {
  name: 'orders',
  createTime: '2026-01-01T00:00:00Z',
  revision: 1,
  versions: { '1.0': { createTime: '2026-01-01T00:00:00Z', workflowQueues: ['q'], activityQueues: [] } },
};

/** Of these engines, in their own object. */
export const ENGINE_SECRET = { kid: '00000000', secret: btoa('0'.repeat(32)), createdTime: 0 };

const defaultAnswers: Record<string, Answer> = {
  request: ({ kind }: { kind: string }) => {
    if (kind.includes('Start')) return ok(started);
    if (kind === 'UpdateWorkflowExecutionOptions') return ok({ workflowExecutionOptions: {} });
    if (kind === 'UpdateActivityOptions') return ok({ activityOptions: {} });
    if (kind === 'ResetWorkflowExecution') return ok({ runId: 'run-2' });
    return ok(kind === 'RecordActivityTaskHeartbeat' ? { cancelRequested: false } : undefined);
  },
  describe: () =>
    ok({
      executionConfig: {},
      workflowExecutionInfo: {
        execution: { workflowId: 'w', runId: 'r' },
        startTime: '2026-01-01T00:00:00Z',
      },
      pendingActivities: [],
      problems: [],
    }),
  history: ({ execution: { workflowId } }: { execution: { workflowId: string } }) =>
    ok({ history: { events: workflowId.startsWith(activityAddress('')) ? [scheduled] : [] } }),
  result: () => ok({ pending: true, runId: 'run-1' }),
  query: () => ok({ queryResult: undefined }),
  update: () => ok(accepted),
  pollUpdate: () => ok(accepted),
  fork: () => ok({ workflowId: 'v', runId: 'run-2' }),
  import: () => ok({ runId: 'r' }),
  updateWithStart: () => ok({ startWorkflow: started, updateWorkflow: accepted }),
  startAndWait: () => ok({ ...started, result: { pending: true, runId: 'run-1' } }),
  unwrittenRow: () => ok<VisibilityRecord | undefined>(undefined),
  registerWorker: ({ url }: { url: string }) => ok({ url }),
  unregisterWorker: () => ok({ removed: true }),
  listWorkers: () => [],
  dispatchRate: () => 0.5,
  taskQueueConfig: () => ({}),
  updateTaskQueueConfig: () => ok({ config: {}, limits: { revision: 1 } }),
  configure: () => undefined,
  backlog: () => ({ count: 1, since: 0 }),
  listDeployments: () => [],
  getDeployment: () => ok(deployment),
  setCurrentVersion: () => ok({ conflictToken: 'Mg==' }),
  setRampingVersion: () => ok({ conflictToken: 'Mg==' }),
  deleteVersion: () => ok(undefined),
  deleteDeployment: () => ok(undefined),
  audit: () => undefined,
  auditLog: () => ok({ entries: [] }),
  createApiKey: () => ok({ apiKey: { id: 'a' }, key: 'perdure_a' }),
  listApiKeys: () => [],
  revokeApiKey: () => ok({ id: 'a' }),
  findApiKey: () => undefined,
  listNamespaces: () => [],
  findNamespace: () => undefined,
  registerNamespace: (request: { namespace: string }) => ok({ name: request.namespace }),
  updateNamespace: (request: { namespace: string }) => ok({ name: request.namespace }),
  deleteNamespace: () => true,
  createWebhook: () => ok({ webhook: {} }),
  updateWebhook: () => ok({}),
  deleteWebhook: () => ok(undefined),
  getWebhook: () => ok({}),
  listWebhooks: () => [],
  findWebhook: () => undefined,
  webhookDeliveries: () => ok({ deliveries: [] }),
  recordDelivery: () => undefined,
  create: () => ok({ conflictToken: 'MQ==', problems: [] }),
  patch: () => ok(undefined),
  delete: () => ok(undefined),
  matchingTimes: () => ok({ startTime: [] }),
  listSchedules: () => [],
  countSchedules: () => 0,
  engineSecrets: () => [ENGINE_SECRET],
  rotateEngineSecret: () => [],
  dumpTables: () => [],
  restoreTables: () => ok(undefined),
  exportPage: () => ok({ rows: [], payloads: [] }),
  importPage: () => ok(undefined),
  resume: () => ok({ runIds: [], open: false, children: [] }),
  workflowIds: () => [],
  scheduleIds: () => [],
  upsert: () => undefined,
  metrics: () => [],
  addMetrics: () => undefined,
  // A batch job's list is told from a shard's by its answer: neither looks at the other's fields.
  list: (() => ({ rows: [], more: false, ...ok({ operationInfo: [] }) })) satisfies (
    ...args: never[]
  ) => Awaited<ReturnType<VisibilityShard['list']>>,
  count: () => ok({ count: 0, groups: [] }),
  start: () => ok(undefined),
  stop: () => ok(undefined),
  searchAttributes: () => ({ attributes: { City: 'KEYWORD' } }),
  addSearchAttributes: () => ok({}),
  removeSearchAttributes: () => ok({}),
};

/** `answers` replace what the objects answer, by the name of the method; an answer that throws is a lost call. */
export function makeEngine(
  answers: Record<string, Answer> = {},
  vars: Partial<Env> = {},
  ports: Partial<ApiPorts> = {},
) {
  const asked: Asked[] = [];
  const stubs: string[] = [];
  const all = { ...defaultAnswers, ...answers };
  const objects = (object: string) => ({
    getByName(name: string) {
      stubs.push(`${object} ${name}`);
      const method =
        (method: string) =>
        async (...args: unknown[]) => {
          asked.push({ object: `${object} ${name}`, method, args });
          return all[method]!(...(args as never[]));
        };
      return Object.fromEntries(Object.keys(all).map((name) => [name, method(name)]));
    },
  });
  const env = {
    WORKFLOW_EXECUTION: objects('execution'),
    VISIBILITY: objects('visibility'),
    NAMESPACE: objects('namespace'),
    SCHEDULE: objects('schedule'),
    BATCH: objects('batch'),
    LIMITED_TASK_QUEUE: objects('task queue'),
    PERDURE_DEV: '1',
    ...vars,
  } as unknown as Env;
  let ids = 0;
  const pauses: number[] = [];
  const logged: string[] = [];
  const log = (...args: unknown[]): void => void logged.push(JSON.stringify(args));
  const allPorts: ApiPorts = {
    newId: () => `id-${++ids}`,
    random: () => 0.5,
    rowCheckMs: 0,
    pause: async (ms) => void pauses.push(ms),
    fetch: () => Promise.reject(new Error('nobody is there')),
    logger: { log, trace: log, debug: log, info: log, warn: log, error: log },
    ...ports,
  };
  const app = createApi(allPorts);
  const deferred: Array<Promise<unknown>> = [];
  const context = {
    waitUntil: (p: Promise<unknown>) => deferred.push(p),
    passThroughOnException: vi.fn(),
    props: {},
  };

  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const init: RequestInit = {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
    const url = path.startsWith('http') ? path : `http://127.0.0.1:8787${path}`;
    const response = await app.request(url, init, env, context as unknown as ExecutionContext);
    await Promise.all(deferred.splice(0));
    const text = await response.text();
    const stream = response.headers.get('content-type') === 'text/event-stream';
    const reply = (stream ? {} : JSON.parse(text)) as Record<string, any>;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: reply,
    };
  };
  return {
    asked,
    stubs,
    pauses,
    logged,
    app,
    env,
    send,
    get: (path: string, headers?: Record<string, string>) => send('GET', path, undefined, headers),
    post: (path: string, body?: unknown, headers?: Record<string, string>) =>
      send('POST', path, body, headers),
  };
}

export const NS = '/api/v1/namespaces/default';
/** The least that starts a workflow. */
export const startBody = { workflowType: { name: 'transfer' }, taskQueue: { name: 'q' } };
