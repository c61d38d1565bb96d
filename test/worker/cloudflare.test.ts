import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestHarness } from 'wrangler';
import { lacksMethod } from '../../sdk/common/js-rpc.ts';
import { SDK_HEADER, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { activityTask, payloads } from './support.ts';

const worker = {
  'workflows.ts': `
    import { condition, defineUpdate, proxyLocalActivities, setHandler, sleep } from 'perdure/workflow';
    let calls = 0;
    export async function countTwice(): Promise<string> {
      calls++;
      await sleep('1 minute');
      calls++;
      return 'calls of this run: ' + calls;
    }
    const local = proxyLocalActivities({ startToCloseTimeout: '5s' });
    export async function greetLocally(): Promise<unknown> {
      const before = Date.now();
      const [slow] = await Promise.all([local.pause(), local.greet('you')]);
      return [await local.greet('me'), typeof slow, Date.now() - before >= 200];
    }
    export async function collect(): Promise<string> {
      const items: string[] = [];
      setHandler(defineUpdate<number, [string]>('add'), (item) => items.push(item), {
        validator: (item) => { if (item === '') throw new Error('an empty item'); },
      });
      await condition(() => items.length === 2);
      return items.join(' and ');
    }`,
  'worker.ts': `
    import { ApplicationFailure } from 'perdure/activity';
    import { createWorker } from 'perdure/worker';
    import * as workflows from './workflows.ts';
    let executions = 0;
    const Base = createWorker<{ GREETING: string }>({
      taskQueue: 'transfers',
      workflows,
      identity: 'cf',
      activities: (env) => ({
        async greet(name: string) { return env.GREETING + ' ' + name; },
        async overflow(bytes: number) {
          throw ApplicationFailure.create({ message: 'слишком много', details: ['a'.repeat(bytes)] });
        },
        async pause() {
          await new Promise((resolve) => setTimeout(resolve, 300));
          return 1;
        },
        async slow() {
          executions++;
          await new Promise((resolve) => setTimeout(resolve, 300));
          return executions;
        },
      }),
    });
    export default class extends Base {
      async extra() { return 'a method of its own'; }
    }
    export const Plain = createWorker({ taskQueue: 'plain', workflows });`,
  'wrangler.toml': `
    name = "worker"
    main = "out/worker.js"
    compatibility_date = "2026-10-20"
    compatibility_flags = ["enable_request_signal"]
    vars = { GREETING = "Hello" }`,
};

/** The same, of which the platform does not say that a caller went away. */
const unaware = {
  'wrangler.toml': `
    name = "unaware"
    main = "../worker/out/worker.js"
    compatibility_date = "2026-10-20"`,
};

/** Stands for the engine: an object that keeps the stub of a session across its own requests. */
const caller = {
  'caller.js': `
    import { DurableObject } from 'cloudflare:workers';
    export class Holder extends DurableObject {
      async fetch(request) {
        try {
          return await this.answer(await request.json());
        } catch (error) {
          return Response.json({ error: String(error) });
        }
      }
      async answer({ op, init, events, updates, query, task }) {
        const { WORKER, PLAIN } = this.env;
        if (op === 'describe') return Response.json([await WORKER.describeWorker(), await PLAIN.describeWorker()]);
        if (op === 'unaware') return Response.json(await this.env.UNAWARE.describeWorker());
        if (op === 'text') return Response.json(JSON.parse(await this.session.runWorkflowTaskText(JSON.stringify({ events, updates }))));
        if (op === 'lacking') return Response.json(await WORKER.nonesuch('x'));
        if (op === 'lackingSession') {
          const opening = WORKER.openWorkflowSession(init);
          const error = await opening.nonesuch('x').catch(String);
          return Response.json({ error, answer: await opening.runWorkflowTask(events) });
        }
        if (op === 'run') {
          const answer = await WORKER.runActivityTask(task);
          return answer instanceof Uint8Array ? new Response(answer) : Response.json(answer);
        }
        if (op === 'open') this.session = await WORKER.openWorkflowSession(init);
        if (op === 'feed') await this.session.feed(events);
        if (op === 'task') return Response.json(await this.session.runWorkflowTask(events, updates));
        if (op === 'proceed') return Response.json(await this.session.proceed());
        if (op === 'query') return Response.json(await this.session.query(events, query));
        if (op === 'dispose') this.session[Symbol.dispose]();
        if (op === 'activity') {
          const signal = AbortSignal.timeout(100);
          const request = { method: 'POST', body: JSON.stringify(task), signal };
          return WORKER.fetch('http://worker/perdure/v1/activity-task', request);
        }
        if (op === 'extra') return Response.json(await WORKER.extra());
        return Response.json(null);
      }
    }
    export default {
      async fetch(request, env) {
        const url = new URL(request.url);
        if (url.pathname.startsWith('/perdure/')) return env.WORKER.fetch(request);
        return env.HOLDER.get(env.HOLDER.idFromName(url.pathname)).fetch(request);
      },
    };`,
  'wrangler.toml': `
    name = "caller"
    main = "caller.js"
    compatibility_date = "2026-10-20"
    services = [{ binding = "WORKER", service = "worker" }, { binding = "PLAIN", service = "worker", entrypoint = "Plain" }, { binding = "UNAWARE", service = "unaware" }]
    durable_objects = { bindings = [{ name = "HOLDER", class_name = "Holder" }] }
    migrations = [{ tag = "v1", new_sqlite_classes = ["Holder"] }]`,
};

let root: string;
let harness: ReturnType<typeof createTestHarness>;
beforeAll(async () => {
  process.env.X_LOCAL_OBSERVABILITY = 'false';
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
  root = await mkdtemp(join(tmpdir(), 'perdure-cloudflare-'));
  for (const [folder, files] of Object.entries({ worker, unaware, caller })) {
    await mkdir(join(root, folder));
    for (const [path, content] of Object.entries(files)) await writeFile(join(root, folder, path), content);
  }
  const folder = join(root, 'worker');
  await buildWorker({
    entry: join(folder, 'worker.ts'),
    outfile: join(folder, 'out/worker.js'),
    platform: 'cloudflare',
  });
  harness = createTestHarness({
    root,
    workers: [
      { configPath: 'caller/wrangler.toml' },
      { configPath: 'worker/wrangler.toml' },
      { configPath: 'unaware/wrangler.toml' },
    ],
  });
  await harness.listen();
}, 60_000);
afterAll(async () => {
  await harness?.close();
  await rm(root, { recursive: true, force: true });
});

async function call(name: string, body: object): Promise<any> {
  const response = await harness.fetch(`/${name}`, { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  return response.json();
}

const time = (second: number) => new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString();
const taskQueue = { name: 'transfers', kind: 'TASK_QUEUE_KIND_NORMAL' };
const event = (id: number, type: string, attributes: object, second = 0) => {
  const key = `${type.toLowerCase().replace(/_(.)/g, (_, c: string) => c.toUpperCase())}EventAttributes`;
  return {
    eventId: String(id),
    eventTime: time(second),
    eventType: `EVENT_TYPE_${type}`,
    taskId: String(id),
    [key]: attributes,
  } as Record<string, unknown>;
};
const firstTask = [
  event(1, 'WORKFLOW_EXECUTION_STARTED', {
    workflowType: { name: 'countTwice' },
    taskQueue,
    workflowTaskTimeout: '10s',
    originalExecutionRunId: 'run-1',
    firstExecutionRunId: 'run-1',
    attempt: 1,
  }),
  event(2, 'WORKFLOW_TASK_SCHEDULED', { taskQueue, startToCloseTimeout: '10s', attempt: 1 }),
  event(3, 'WORKFLOW_TASK_STARTED', { scheduledEventId: '2', identity: 'engine', requestId: 'r1' }),
];
const secondTask = [
  event(4, 'WORKFLOW_TASK_COMPLETED', {
    scheduledEventId: '2',
    startedEventId: '3',
    sdkMetadata: { coreUsedFlags: [1, 2, 3], langUsedFlags: [1, 2, 3, 4, 5] },
  }),
  event(5, 'TIMER_STARTED', { timerId: '1', startToFireTimeout: '60s', workflowTaskCompletedEventId: '4' }),
  event(6, 'TIMER_FIRED', { timerId: '1', startedEventId: '5' }, 50),
  event(7, 'WORKFLOW_TASK_SCHEDULED', { taskQueue, startToCloseTimeout: '10s', attempt: 1 }, 50),
  event(8, 'WORKFLOW_TASK_STARTED', { scheduledEventId: '7', identity: 'engine', requestId: 'r2' }, 50),
];
const init = {
  namespace: 'default',
  workflowId: 'w',
  runId: 'run-1',
  workflowType: 'countTwice',
  taskQueue: 'transfers',
};

describe('a built Worker under workerd', () => {
  it('describes itself over RPC, as default export and as named entrypoint', async () => {
    const workflowTypes = ['collect', 'countTwice', 'greetLocally'];
    expect(await call('a', { op: 'describe' })).toMatchObject([
      {
        identity: 'cf',
        taskQueues: [
          { name: 'transfers', workflowTypes, activityTypes: ['greet', 'overflow', 'pause', 'slow'] },
        ],
      },
      { taskQueues: [{ name: 'plain', workflowTypes }] },
    ]);
  });

  it('describes itself over fetch, with the header of the SDK', async () => {
    const response = await harness.fetch(workerPaths.describe);
    expect(response.headers.get(SDK_HEADER)).toMatch(/^typescript\//);
    expect(await response.json()).toMatchObject({ identity: 'cf' });
  });

  it('keeps a run in memory between two tasks of a session, and two sessions apart', async () => {
    for (const name of ['one', 'two']) await call(name, { op: 'open', init });
    for (const name of ['one', 'two']) {
      const answer = await call(name, { op: 'task', events: firstTask });
      expect(answer.completed.commands).toMatchObject([
        { startTimerCommandAttributes: { startToFireTimeout: '60s' } },
      ]);
    }
    for (const name of ['one', 'two']) {
      const answer = await call(name, { op: 'task', events: secondTask });
      expect(answer.completed).toMatchObject({
        identity: 'cf',
        commands: [
          { completeWorkflowExecutionCommandAttributes: { result: payloads('calls of this run: 2') } },
        ],
      });
    }
  });

  it('runs local activities, with its bindings, when the session is told to proceed', async () => {
    const [begin, ...rest] = firstTask;
    const attributes = { workflowType: { name: 'greetLocally' }, taskQueue, workflowTaskTimeout: '10s' };
    const run = { originalExecutionRunId: 'run-1', firstExecutionRunId: 'run-1', attempt: 1 };
    const events = [
      { ...begin, ...event(1, 'WORKFLOW_EXECUTION_STARTED', { ...attributes, ...run }) },
      ...rest,
    ];
    await call('local', { op: 'open', init: { ...init, workflowType: 'greetLocally' } });
    expect(await call('local', { op: 'task', events })).toEqual({ localActivities: true });
    const { completed } = await call('local', { op: 'proceed' });
    const types = completed.commands.map(({ commandType }: { commandType: string }) => commandType);
    const marker = 'COMMAND_TYPE_RECORD_MARKER';
    expect(types).toEqual([marker, marker, marker, 'COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION']);
    expect(completed.commands.at(-1)).toMatchObject({
      completeWorkflowExecutionCommandAttributes: { result: payloads(['Hello me', 'number', true]) },
    });
  });

  it('replays the same from the whole history over HTTP', async () => {
    const task = { ...init, attempt: 1, history: [...firstTask, ...secondTask] };
    const response = await harness.fetch(workerPaths.workflowTask, {
      method: 'POST',
      body: JSON.stringify(task),
    });
    expect(response.status).toBe(200);
    const { completed } = (await response.json()) as { completed: { commands: unknown[] } };
    expect(completed.commands).toMatchObject([
      { completeWorkflowExecutionCommandAttributes: { result: payloads('calls of this run: 2') } },
    ]);
  });

  it('delivers updates over RPC, to a session that keeps its state between two tasks', async () => {
    const started = firstTask[0]!.workflowExecutionStartedEventAttributes as object;
    const [, ...rest] = firstTask;
    const events = [
      event(1, 'WORKFLOW_EXECUTION_STARTED', { ...started, workflowType: { name: 'collect' } }),
      ...rest,
    ];
    const update = (updateId: string, item: string) => ({
      meta: { updateId, identity: 'client' },
      input: { name: 'add', args: payloads(item) },
    });
    const said = (updateId: string, message: object) => ({
      protocolMessageCommandAttributes: { updateId, message },
    });
    await call('updates', { op: 'open', init: { ...init, workflowType: 'collect' } });
    const updates = [update('u1', ''), update('u2', 'tea')];
    const first = await call('updates', { op: 'task', events, updates });
    expect(first.completed.commands).toMatchObject([
      said('u1', { rejection: { failure: { message: 'an empty item' } } }),
      said('u2', { acceptance: { acceptedRequestMessageId: 'u2/request' } }),
      said('u2', { response: { outcome: { success: payloads(1) } } }),
    ]);
    const secondEvents = [
      event(4, 'WORKFLOW_TASK_COMPLETED', {
        scheduledEventId: '2',
        startedEventId: '3',
        sdkMetadata: first.completed.sdkMetadata,
      }),
      event(5, 'WORKFLOW_EXECUTION_UPDATE_ACCEPTED', {
        protocolInstanceId: 'u2',
        acceptedRequestMessageId: 'u2/request',
        acceptedRequestSequencingEventId: '2',
        acceptedRequest: update('u2', 'tea'),
      }),
      event(6, 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', {
        meta: { updateId: 'u2' },
        acceptedEventId: '5',
        outcome: { success: payloads(1) },
      }),
      event(7, 'WORKFLOW_TASK_SCHEDULED', { taskQueue, startToCloseTimeout: '10s', attempt: 1 }),
      event(8, 'WORKFLOW_TASK_STARTED', { scheduledEventId: '7', identity: 'engine', requestId: 'r2' }),
    ];
    const more = { op: 'task', events: secondEvents, updates: [update('u3', 'milk')] };
    const second = await call('updates', more);
    expect(second.completed.commands).toMatchObject([
      said('u3', { acceptance: { acceptedRequestMessageId: 'u3/request' } }),
      said('u3', { response: { outcome: { success: payloads(2) } } }),
      { completeWorkflowExecutionCommandAttributes: { result: payloads('tea and milk') } },
    ]);
  });

  it('ends a session when its stub is disposed', async () => {
    await call('three', { op: 'open', init });
    await call('three', { op: 'task', events: firstTask });
    await call('three', { op: 'dispose' });
    expect(await call('three', { op: 'task', events: secondTask })).toMatchObject({
      error: expect.stringMatching(/disposed/),
    });
  });

  it('refuses to open a session for a workflow type that it does not have', async () => {
    const answer = await call('four', { op: 'open', init: { ...init, workflowType: 'nonesuch' } });
    expect(answer).toMatchObject({ error: expect.stringMatching(/"nonesuch" is not served here/) });
  });

  it('can be extended with methods of its own', async () => {
    expect(await call('five', { op: 'extra' })).toBe('a method of its own');
  });

  it('runs an activity that uses a binding', async () => {
    const task = activityTask({ activityType: 'greet', input: payloads('Ada') });
    const response = await harness.fetch(workerPaths.activityTask, {
      method: 'POST',
      body: JSON.stringify(task),
    });
    expect(response.headers.has(SDK_HEADER)).toBe(true);
    expect(await response.json()).toEqual({ completed: { result: payloads('Hello Ada'), identity: 'cf' } });
  });

  it('runs an activity that comes over JS RPC, and answers as over HTTP where there is no result', async () => {
    const run = (fields: object) =>
      call('rpc', { op: 'run', task: JSON.stringify(activityTask({ activityType: 'greet', ...fields })) });
    expect(JSON.parse(await run({ input: payloads('Ada') }))).toEqual({
      completed: { result: payloads('Hello Ada'), identity: 'cf' },
    });
    expect(await run({ activityType: 'nonesuch' })).toEqual({
      status: 404,
      body: expect.stringMatching(/notServed.*nonesuch/),
    });
    expect(await call('rpc', { op: 'run', task: '[]' })).toMatchObject({ status: 400 });
  });

  it('answers in bytes where one character would make a long text twice as long, and too long for a message', async () => {
    const input = payloads(13 * 1024 * 1024);
    const task = JSON.stringify(activityTask({ activityType: 'overflow', input, dispatchId: 'overflow' }));
    expect(await call('rpc', { op: 'run', task })).toMatchObject({
      failed: { failure: { message: 'слишком много' } },
    });
  });

  it('offers to take activities over JS RPC where it would not be told of callers that went away anyway', async () => {
    const [told] = await call('offers', { op: 'describe' });
    expect(told).toMatchObject({ jsRpc: ['workflowTask'] });
    expect(await call('offers', { op: 'unaware' })).toMatchObject({
      jsRpc: ['activityTask', 'workflowTask'],
    });
  });

  it('says of a method that it lacks what an engine understands, and its session goes on', async () => {
    const { error } = await call('lacking', { op: 'lacking' });
    const session = await call('lacking', { op: 'lackingSession', init, events: firstTask });
    for (const said of [error, session.error]) {
      expect(lacksMethod(said, 'nonesuch')).toBe(true);
      expect(lacksMethod(said, 'runActivityTask')).toBe(false);
    }
    expect(session.answer).toHaveProperty('completed');
  });

  it('takes a workflow task as text, and answers in kind', async () => {
    await call('text', { op: 'open', init });
    expect(await call('text', { op: 'text', events: firstTask })).toMatchObject({
      completed: { commands: [{ startTimerCommandAttributes: { startToFireTimeout: '60s' } }] },
    });
  });

  it('executes a dispatch once, though it comes twice at the same time and once more later', async () => {
    const body = JSON.stringify(activityTask({ activityType: 'slow', dispatchId: 'run-1/9/1' }));
    const send = async () => (await harness.fetch(workerPaths.activityTask, { method: 'POST', body })).json();
    const answers = [...(await Promise.all([send(), send()])), await send()];
    expect(answers).toEqual(Array(3).fill({ completed: { result: payloads(1), identity: 'cf' } }));
  });

  it('finishes an activity whose caller went away, reports the result, and repeats it to a dispatch that comes again', async () => {
    const reports: unknown[] = [];
    const engine = createServer(async (incoming, outgoing) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      reports.push([incoming.url, JSON.parse(body)]);
      outgoing.end('{}');
    });
    await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
    const engineUrl = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`;
    const task = activityTask({ activityType: 'slow', dispatchId: 'run-1/10/1', engineUrl });
    expect(await call('six', { op: 'activity', task })).toMatchObject({
      error: expect.stringMatching(/timeout/),
    });
    await expect.poll(() => reports.length).toBe(1);
    const request = { method: 'POST', body: JSON.stringify(task) };
    const again = await harness.fetch(workerPaths.activityTask, request);
    const answer = (await again.json()) as { completed: { result: unknown } };
    expect(reports).toEqual([
      [
        '/api/v1/namespaces/default/activity-complete?noPayloadShorthand=true',
        { taskToken: task.taskToken, result: answer.completed.result, identity: 'cf' },
      ],
    ]);
    await new Promise((resolve) => engine.close(resolve));
  });
});
