import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as activity from 'perdure/activity';
import {
  Client,
  type ClientInterceptors,
  type ClientPlugin,
  WithStartWorkflowOperation,
  WorkflowClient,
  type WorkflowClientInterceptor,
} from 'perdure/client';
import { defaultPayloadConverter } from 'perdure/common';
import {
  MockActivityEnvironment,
  TestWorkflowEnvironment,
  workflowInterceptorModules,
} from 'perdure/testing';
import {
  type ActivityInterceptorsFactory,
  type BundlerPlugin,
  bundleWorkflowCode,
  type InjectedSinks,
  MetricsBuffer,
  Runtime,
  Worker,
  type WorkerPlugin,
} from 'perdure/worker/node';
import type { Headers, Sinks } from 'perdure/workflow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeLogger } from '../../sdk/common/logger.ts';
import {
  asserts,
  audited,
  child,
  type everywhere,
  joinIn,
  messages,
  poke,
  pokes,
  who,
} from './fixtures/tenant.workflows.ts';
import * as tenantModule from './fixtures/tenant-interceptors.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const workflowsPath = fixture('tenant.workflows.ts');
const modules = [fixture('tenant-interceptors.ts')];
const taskQueue = 'tenants';
const buffer = new MetricsBuffer();
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  const logger = makeLogger('ERROR', () => undefined);
  Runtime.install({ logger, telemetryOptions: { metrics: { buffer } } });
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env?.teardown());

/** Puts the tenant of the header into the activity's context. */
const tenants = new Map<activity.Context, string>();
const tenantOfActivity: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute: async (input, next) => {
      const { tenant } = input.headers;
      tenants.set(context, tenant ? defaultPayloadConverter.fromPayload<string>(tenant) : 'nobody');
      return next(input);
    },
  },
});
const activities = {
  whoseActivity: async () => {
    const { isLocal } = activity.activityInfo();
    return `${isLocal ? 'local ' : ''}activity of ${tenants.get(activity.Context.current())}`;
  },
};
const options = {
  taskQueue,
  activities,
  interceptors: { workflowModules: modules, activity: [tenantOfActivity] },
};
const createWorker = (more: Partial<Parameters<typeof Worker.create>[0]> = {}): Promise<Worker> =>
  Worker.create({ connection: env.nativeConnection, workflowsPath, ...options, ...more });
const header = { fields: { tenant: { metadata: { encoding: btoa('json/plain') }, data: btoa('"acme"') } } };

/** Starts a workflow with a header, as any client of the HTTP API can. */
async function startWithHeader(workflowId: string, type: string): Promise<void> {
  await env.client.workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    workflowType: { name: type },
    taskQueue: { name: taskQueue },
    requestId: workflowId,
    header,
  } as Parameters<typeof env.client.workflowService.startWorkflowExecution>[0]);
}

it('headers reach activities, local activities, children and the next run; each run has its own modules', async () => {
  const worker = await createWorker();
  const result = await worker.runUntil(async () => {
    await startWithHeader('everywhere', 'everywhere');
    return env.client.workflow.getHandle<typeof everywhere>('everywhere').result();
  });
  expect(result).toEqual({
    round: 2,
    workflow: 'acme',
    // Counted by the interceptors of the same run, in the module they share with the workflow.
    calls: 0,
    activity: 'activity of acme',
    local: 'local activity of acme',
    child: 'child of acme',
  });
});

it('a bundle carries its interceptors with it', async () => {
  const { code } = await bundleWorkflowCode({ workflowsPath, workflowInterceptorModules: modules });
  const worker = await createWorker({ workflowsPath: undefined, workflowBundle: { code }, interceptors: {} });
  const result = await worker.runUntil(async () => {
    await startWithHeader('bundled', 'child');
    return env.client.workflow.getHandle<typeof child>('bundled').result();
  });
  expect(result).toBe('child of acme');
});

it('imported modules intercept imported workflows', async () => {
  const interceptors = { workflowModules: [tenantModule] };
  const result = await env.runUntil({ taskQueue, workflows: { child }, interceptors }, async () => {
    await startWithHeader('imported', 'child');
    return env.client.workflow.getHandle<typeof child>('imported').result();
  });
  expect(result).toBe('child of acme');
});

it('a path cannot be given with imported workflows, and must be that of a file', async () => {
  await expect(createWorker({ workflowsPath: undefined, workflows: { child } })).rejects.toThrow(
    'cannot be loaded here',
  );
  const interceptors = { workflowModules: ['./nowhere.ts'] };
  await expect(createWorker({ interceptors })).rejects.toThrow('there is no file');
});

it('what an interceptor module exports must be a function', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-interceptors-'));
  try {
    const path = join(folder, 'wrong.ts');
    await writeFile(path, 'export const interceptors = 42;');
    const worker = await createWorker({ interceptors: { workflowModules: [path] } });
    const failed = await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(child, { taskQueue, workflowId: 'wrong' });
      await env.sleep('1s');
      const { events } = await handle.fetchHistory();
      await handle.terminate();
      return JSON.stringify(events);
    });
    expect(failed).toContain('is a function, not number');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('sinks and metrics get every call of a run once, also when it is replayed; failures are logged', async () => {
  const noted: string[] = [];
  const always: string[] = [];
  const lines: string[] = [];
  const sinks: InjectedSinks<Sinks> = {
    audit: {
      note: { fn: (info, message) => void noted.push(`${info.workflowId} ${message}`) },
      always: { fn: (_info, message) => void always.push(message), callDuringReplay: true },
      broken: { fn: () => Promise.reject(new Error('sink is full')) },
    },
  };
  const logger = makeLogger('INFO', (_level, message, meta) =>
    lines.push(`${message} ${String(meta.error ?? meta.fnName ?? '')}`),
  );
  for (const _ of buffer.retrieveUpdates());
  const worker = await createWorker({ sinks, logger });
  await worker.runUntil(async () => {
    const handle = await env.client.workflow.start(audited, { taskQueue, workflowId: 'audited' });
    await env.sleep('90 minutes');
    env.evictAll();
    await handle.result();
  });
  expect(noted).toEqual(['audited one', 'audited two']);
  expect(always.length).toBeGreaterThan(noted.length);
  expect(lines.filter((line) => line.includes('sink is full'))).toHaveLength(2);
  expect(lines.filter((line) => line.includes('does not have'))[0]).toContain('unknown');
  expect(lines.filter((line) => line.trim() === 'one')).toHaveLength(1);
  const updates = [...buffer.retrieveUpdates()];
  expect(updates.map(({ metric, value }) => [metric.name, value])).toEqual([
    ['steps', 1],
    ['steps', 1],
  ]);
  expect(updates[0]!.attributes).toEqual({
    namespace: 'default',
    taskQueue,
    workflowType: 'audited',
    kind: 'audited',
    step: 'one',
  });
});

it('a replay calls only the sinks that ask for it', async () => {
  const calls: string[] = [];
  const sink = (name: string, callDuringReplay?: boolean) => ({
    fn: () => void calls.push(name),
    callDuringReplay,
  });
  const history = await env.client.workflow.getHandle('audited').fetchHistory();
  await Worker.runReplayHistory(
    { workflowsPath, sinks: { audit: { note: sink('note'), always: sink('always', true) } } },
    history,
  );
  expect(new Set(calls)).toEqual(new Set(['always']));
});

it('interceptors of activities are made for each attempt, change arguments, results, log and metrics', async () => {
  const lines: Array<Record<string | symbol, unknown>> = [];
  const logger = makeLogger('INFO', (_level, _message, meta) => lines.push(meta));
  const factory: ActivityInterceptorsFactory = (context) => ({
    inbound: {
      execute: async (input, next) => `<${await next({ ...input, args: [context.info.attempt] })}>`,
    },
    outbound: {
      getLogAttributes: (input, next) => ({ ...next(input), tenant: 'acme' }),
      getMetricTags: (input, next) => ({ ...next(input), tenant: 'acme' }),
    },
  });
  const own = new MetricsBuffer({ maxBufferSize: 1 });
  const mock = new MockActivityEnvironment(
    { attempt: 7 },
    { logger, interceptors: [factory, factory], metricMeter: own.meter },
  );
  const measured = async (n: number): Promise<string> => {
    activity.log.info('hello');
    activity.metricMeter.createGauge('depth').set(3);
    activity.metricMeter.createHistogram('late').record(1);
    return `attempt ${n}`;
  };
  expect(await mock.run(measured, 0)).toBe('<<attempt 7>>');
  expect(lines[0]).toMatchObject({ tenant: 'acme', attempt: 7 });
  const [update] = own.retrieveUpdates();
  expect(update).toMatchObject({ metric: { name: 'depth', kind: 'gauge' }, value: 3 });
  expect(update!.attributes).toMatchObject({ tenant: 'acme', activityType: 'unknown' });
  expect(own.dropped).toBe(1);
});

const carried = (input: { headers: Headers }) => ({
  ...input.headers,
  tenant: defaultPayloadConverter.toPayload('acme'),
});
const carry: WorkflowClientInterceptor = {
  startWithDetails: (input, next) => next({ ...input, headers: carried(input) }),
  signal: (input, next) => next({ ...input, headers: carried(input) }),
  query: (input, next) => next({ ...input, headers: carried(input) }),
  startUpdate: (input, next) => next({ ...input, headers: carried(input) }),
  signalWithStart: (input, next) => next({ ...input, headers: carried(input) }),
  startUpdateWithStart: (input, next) =>
    next({ ...input, workflowStartHeaders: carried(input as never), updateHeaders: carried(input as never) }),
};
const clientWith = (interceptors: ClientInterceptors['workflow']): WorkflowClient =>
  new WorkflowClient({ connection: env.connection, interceptors });

it('headers of the client reach every kind of message', async () => {
  const client = clientWith([carry]);
  const worker = await createWorker();
  await worker.runUntil(async () => {
    const handle = await client.start(messages, { taskQueue, workflowId: 'messages' });
    expect(await handle.query(who)).toBe('query of acme');
    expect(await handle.executeUpdate(joinIn)).toBe('update of acme');
    await client.execute(pokes, { taskQueue, workflowId: 'pokes', args: ['messages'] });
    expect(await handle.result()).toEqual(['validated for acme', 'signal of acme']);
    const both = await client.signalWithStart(messages, { taskQueue, workflowId: 'both', signal: poke });
    expect(await both.result()).toEqual(['signal of acme']);
    const startWorkflowOperation = new WithStartWorkflowOperation(messages, {
      taskQueue,
      workflowId: 'with-start',
      workflowIdConflictPolicy: 'FAIL',
    });
    expect(await client.executeUpdateWithStart(joinIn, { startWorkflowOperation })).toBe('update of acme');
    await (await startWorkflowOperation.workflowHandle()).signal(poke);
    expect(await client.getHandle('with-start').result()).toContain('validated for acme');
  });
});

it('interceptors of the client are around cancel, terminate and describe; start stands for startWithDetails', async () => {
  const said: string[] = [];
  const client = clientWith([
    {
      start: async (input, next) => {
        said.push(`start ${input.workflowType}`);
        return next({ ...input, options: { ...input.options, memo: { by: 'interceptor' } } });
      },
      describe: async (input, next) => {
        said.push(`describe ${input.workflowExecution.workflowId}`);
        return next(input);
      },
      cancel: async (input, next) => {
        said.push(`cancel ${input.firstExecutionRunId === undefined ? 'any' : 'chain'}`);
        return next(input);
      },
      terminate: (input, next) => next({ ...input, reason: `${input.reason} by interceptor` }),
    },
  ]);
  const handle = await client.start('nobody', { taskQueue, workflowId: 'closed' });
  await handle.cancel();
  expect((await handle.describe()).memo).toEqual({ by: 'interceptor' });
  await handle.terminate('ended');
  expect(said).toEqual(['start nobody', 'cancel chain', 'describe closed']);
  const { events } = await handle.fetchHistory();
  expect(JSON.stringify(events.at(-1))).toContain('ended by interceptor');
});

it('the older form makes interceptors for each workflow', async () => {
  const made: string[] = [];
  const calls = [
    ({ workflowId, runId }: { workflowId: string; runId?: string }): WorkflowClientInterceptor => {
      made.push(`${workflowId} ${runId ?? ''}`.trim());
      return { query: async () => 'answered here' };
    },
  ];
  const handle = clientWith({ calls }).getHandle('some', 'run');
  expect(await handle.query('anything')).toBe('answered here');
  expect(made).toEqual(['some run']);
});

it('assertions that fail in a workflow under test fail it', async () => {
  const worker = await createWorker({ interceptors: { workflowModules: workflowInterceptorModules } });
  const failure = await worker.runUntil(
    env.client.workflow.execute(asserts, { taskQueue, workflowId: 'asserts' }).catch((error) => error.cause),
  );
  expect(failure).toMatchObject({ type: 'AssertionError', nonRetryable: true });
  expect(failure.message).toContain('one is not two');
});

it('plugins change options of Workers, bundles, replays and clients, and stand around run', async () => {
  const said: string[] = [];
  const plugin = (name: string): WorkerPlugin & BundlerPlugin & ClientPlugin => ({
    name,
    configureWorker: async (given) => ({ ...given, identity: `${given.identity ?? ''}${name}` }),
    configureBundler: (given) => ({ ...given, workflowInterceptorModules: modules }),
    configureReplayWorker: (given) => {
      said.push(`${name} replays`);
      return given;
    },
    configureClient: (given) => ({ ...given, interceptors: { workflow: [carry] } }),
    runWorker: async (worker, next) => {
      said.push(`${name} runs`);
      await next(worker);
      said.push(`${name} ran ${worker.getState()}`);
    },
  });
  const plugins = [plugin('a'), plugin('b')];
  const worker = await createWorker({ plugins, interceptors: {} });
  const client = new Client({ connection: env.connection, plugins });
  const handle = await client.workflow.start(child, { taskQueue, workflowId: 'plugged' });
  expect(await worker.runUntil(handle.result())).toBe('child of acme');
  expect(said).toEqual(['a runs', 'b runs', 'b ran STOPPED', 'a ran STOPPED']);
  const history = await handle.fetchHistory();
  expect(JSON.stringify(history)).toContain('"identity":"ab"');
  await Worker.runReplayHistory({ workflowsPath, plugins }, history);
  expect(said.slice(4)).toEqual(['a replays', 'b replays']);
});
