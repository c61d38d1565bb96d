/** Sessions over real WebSockets: the engine's side of them, and a Worker on Node. */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SESSION_PROTOCOL } from '../../sdk/common/session-socket.ts';
import { SDK_HEADER, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { type NodeWorkerOptions, Worker } from '../../sdk/worker/node.ts';
import { WebSocketSession } from '../../src/effects/websocket-session.ts';
import { gate, recordingLogger, until, values } from './support.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let workflowsPath: string;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-sessions-'));
  workflowsPath = join(folder, 'workflows.ts');
  await writeFile(
    workflowsPath,
    `import { condition, defineQuery, defineSignal, proxyLocalActivities, setHandler } from 'perdure/workflow';
    const { hold } = proxyLocalActivities({ startToCloseTimeout: '1 minute' });
    export async function gather(n: number): Promise<string[]> {
      const got: string[] = [];
      setHandler(defineSignal<[string]>('add'), (item) => void got.push(item));
      setHandler(defineQuery('items'), () => got);
      await condition(() => got.length >= n);
      return got;
    }
    export async function holding(): Promise<unknown> { return hold(); }`,
  );
  return () => rm(folder, { recursive: true });
});

/** Takes registrations, and signs nothing: the tests stand for it. */
async function startEngine(): Promise<string> {
  const engine = createServer((_, answer) => void answer.end('{}'));
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    engine.closeAllConnections();
    engine.close();
  });
  return `http://127.0.0.1:${(engine.address() as AddressInfo).port}`;
}

async function startWorker(options: Partial<NodeWorkerOptions> = {}) {
  const { logger, entries } = recordingLogger();
  const worker = await Worker.create({
    taskQueue: 'q',
    workflowsPath,
    engine: await startEngine(),
    identity: 'w1',
    registrationInterval: '1 hour',
    shutdownSignals: [],
    shutdownGraceTime: '5 seconds',
    logger,
    ...options,
  });
  const running = worker.run();
  const stop = async (): Promise<void> => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  };
  cleanups.push(stop);
  return { worker, entries, stop };
}

const init = (workflowType: string) => ({
  namespace: 'default',
  workflowId: 'w',
  runId: 'run-1',
  workflowType,
  taskQueue: 'q',
});

async function dial(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${workerPaths.session}`, [SESSION_PROTOCOL]);
  cleanups.push(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', ({ message }) => reject(new Error(message)));
  });
  return socket;
}

async function openSession(url: string, workflowType = 'gather') {
  const socket = await dial(url);
  const told: string[] = [];
  const session = new WebSocketSession(socket, init(workflowType), {
    worker: 'w1',
    callTimeoutMs: 10_000,
    maxReplyLength: 32 * 1024 * 1024,
    notServed: () => told.push('not served'),
    unheard: () => told.push('unheard'),
  });
  return { session, socket, told };
}

const taskQueue = { name: 'q', kind: 'TASK_QUEUE_KIND_NORMAL' };
const eventTime = '2026-01-02T03:04:05Z';
let ids = 0;
const event = (eventId: number, type: string, attributes: object): any => {
  const key = `${type.toLowerCase().replace(/_(.)/g, (_, c: string) => c.toUpperCase())}EventAttributes`;
  return {
    eventId: String(eventId),
    eventTime,
    eventType: `EVENT_TYPE_${type}`,
    taskId: String(++ids),
    [key]: attributes,
  };
};
const firstTask = (workflowType: string, ...input: unknown[]) => [
  event(1, 'WORKFLOW_EXECUTION_STARTED', {
    workflowType: { name: workflowType },
    taskQueue,
    input: { payloads: input.map((value) => payload(value)) },
    workflowTaskTimeout: '10s',
    originalExecutionRunId: 'run-1',
    firstExecutionRunId: 'run-1',
    attempt: 1,
  }),
  event(2, 'WORKFLOW_TASK_SCHEDULED', { taskQueue, startToCloseTimeout: '10s', attempt: 1 }),
  event(3, 'WORKFLOW_TASK_STARTED', { scheduledEventId: '2', identity: 'engine', requestId: 'r1' }),
];
const payload = (value: unknown) => ({
  metadata: { encoding: btoa('json/plain') },
  data: Buffer.from(JSON.stringify(value)).toString('base64'),
});
const signalled = (item: string) => [
  event(4, 'WORKFLOW_TASK_COMPLETED', { scheduledEventId: '2', startedEventId: '3' }),
  event(5, 'WORKFLOW_EXECUTION_SIGNALED', { signalName: 'add', input: { payloads: [payload(item)] } }),
  event(6, 'WORKFLOW_TASK_SCHEDULED', { taskQueue, startToCloseTimeout: '10s', attempt: 1 }),
  event(7, 'WORKFLOW_TASK_STARTED', { scheduledEventId: '6', identity: 'engine', requestId: 'r2' }),
];

describe('a Worker on Node', () => {
  it('holds a run from task to task, and answers queries from it', async () => {
    const { worker } = await startWorker();
    const { session } = await openSession(worker.url);
    const first = await session.runWorkflowTask(firstTask('gather', 1));
    expect(first).toMatchObject({ completed: { commands: [], identity: 'w1' } });
    const item = '😀'.repeat(400_000);
    const second = await session.runWorkflowTask(signalled(item));
    expect(second).toMatchObject({
      completed: { commands: [{ commandType: 'COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION' }] },
    });
    const { result } = (await session.query([], { queryType: 'items' })) as { result: any };
    expect(values(result)).toEqual([[item]]);
  });

  it('says that it does not serve a type', async () => {
    const { worker } = await startWorker();
    const { session, told } = await openSession(worker.url, 'unknown');
    await expect(session.runWorkflowTask(firstTask('unknown'))).rejects.toThrow(
      /"unknown" is not served here/,
    );
    expect(told).toEqual(['not served']);
  });

  it('finishes the local activity that runs when it shuts down, answers, and says goodbye', async () => {
    const running = gate();
    const hold = gate<string>();
    const activities = {
      hold: () => {
        running.open();
        return hold.promise;
      },
    };
    const { worker, stop } = await startWorker({ activities });
    const { session, socket } = await openSession(worker.url, 'holding');
    const idle = await openSession(worker.url);
    await idle.session.feed(firstTask('gather', 1).slice(0, 1));
    const goodbyes: number[] = [];
    for (const end of [socket, idle.socket]) end.addEventListener('close', ({ code }) => goodbyes.push(code));
    expect(await session.runWorkflowTask(firstTask('holding'))).toEqual({ localActivities: true });
    const answer = session.proceed();
    await running.promise;
    const stopped = stop();
    await until(() => idle.session.ended);
    expect(session.ended).toBe(false);
    hold.open('held');
    expect(await answer).toMatchObject({ completed: { commands: expect.any(Array) } });
    await stopped;
    await until(() => session.ended);
    expect(goodbyes).toEqual([1001, 1001]);
  });

  it('takes no new session while it shuts down', async () => {
    const hold = gate();
    const { worker, stop } = await startWorker({ activities: { hold: () => hold.promise } });
    const { session } = await openSession(worker.url, 'holding');
    await session.runWorkflowTask(firstTask('holding'));
    const answer = session.proceed();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const stopped = stop();
    await expect(dial(worker.url)).rejects.toThrow(/ECONNREFUSED|503/);
    hold.open();
    await answer;
    await stopped;
  });

  it('forgets the run when the engine is gone without a word, and goes on serving others', async () => {
    const { worker, entries } = await startWorker();
    const { session, socket } = await openSession(worker.url);
    const task = session.runWorkflowTask(firstTask('gather', 1));
    socket.terminate();
    await expect(task).rejects.toThrow('w1 closed the session (1006)');
    const other = await openSession(worker.url);
    expect(await other.session.runWorkflowTask(firstTask('gather', 1))).toHaveProperty('completed');
    expect(entries.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });

  it('ends a session whose frames are too large, or none of its protocol', async () => {
    const { worker } = await startWorker();
    const closing = async (frame: string | Uint8Array) => {
      const socket = await dial(worker.url);
      const closed = new Promise<number>((resolve) => {
        socket.addEventListener('close', ({ code }) => resolve(code));
      });
      socket.send(frame);
      return closed;
    };
    expect(await closing('x'.repeat(1024 * 1024 + 1))).toBe(1009);
    expect(await closing('hello')).toBe(1002);
    expect(await closing(new Uint8Array(10))).toBe(1002);
  });

  it('answers an upgrade that it refuses as a Worker does', async () => {
    const { worker } = await startWorker();
    const upgrade = (path: string, ...headers: string[]) =>
      raw(worker.url, [
        `GET ${path} HTTP/1.1`,
        'host: localhost',
        'connection: upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      ]);
    const protocol = `sec-websocket-protocol: other, ${SESSION_PROTOCOL}`;
    const sdk = new RegExp(`^${SDK_HEADER}: typescript/`, 'im');
    const accepted = await upgrade(workerPaths.session, protocol);
    expect(accepted).toMatch(/^HTTP\/1.1 101 /);
    expect(accepted).toMatch(sdk);
    expect(accepted).toMatch(/^sec-websocket-protocol: perdure\.session\.v1\r$/im);
    // A page that a browser near this Worker has open always says where it comes from.
    expect(await upgrade(workerPaths.session, protocol, 'origin: https://evil.example')).toMatch(
      /^HTTP\/1.1 403 Forbidden\r\n[\s\S]*Web pages have no business here/,
    );
    const otherVersion = await upgrade(workerPaths.session, 'sec-websocket-protocol: perdure.session.v2');
    expect(otherVersion).toMatch(
      /^HTTP\/1.1 400 [\s\S]*The subprotocol perdure\.session\.v1 must be offered/,
    );
    expect(otherVersion).toMatch(sdk);
    expect(await upgrade(workerPaths.describe, protocol)).toMatch(/^HTTP\/1.1 400 [\s\S]*is no WebSocket/);
    expect(await upgrade('/elsewhere', protocol)).toMatch(/^HTTP\/1.1 404 /);
    const plain = await fetch(`${worker.url}${workerPaths.session}`);
    expect([plain.status, plain.headers.has(SDK_HEADER)]).toEqual([426, true]);
  });
});

/** Sends a request as it is; answers with what comes back within a moment. */
function raw(url: string, lines: string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    cleanups.push(() => socket.destroy());
    let text = '';
    socket.on('error', reject);
    socket.on('end', () => resolve(text));
    socket.on('data', (data) => {
      text += data;
      if (text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n')) resolve(text);
    });
  });
}

describe('a Worker on Node in a bundle of its user', () => {
  it('has sessions, with nothing installed beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-bundled-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const outfile = join(folder, 'worker.mjs');
    const entryPoints = [join(import.meta.dirname, '../url-worker.ts')];
    await build({ entryPoints, outfile, bundle: true, keepNames: true, format: 'esm', platform: 'node' });
    const child = spawn(process.execPath, [outfile], { env: { TASK_QUEUE: 'q' }, cwd: folder });
    cleanups.push(() => child.kill());
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    const url = (): string | undefined => /serving (http\S+)\n/.exec(output)?.[1];
    await until(() => url() !== undefined);
    const { session } = await openSession(url()!);
    expect(await session.runWorkflowTask(firstTask('gather', 1))).toHaveProperty('completed');
  });
});

describe('a Worker built for Cloudflare', () => {
  it('has no WebSocket library in it: the platform has its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-built-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const entry = join(folder, 'worker.ts');
    await writeFile(
      entry,
      `import { createWorker } from 'perdure/worker';\nexport default createWorker({ taskQueue: 'q' });`,
    );
    const outfile = join(folder, 'worker.js');
    await buildWorker({ entry, outfile, platform: 'cloudflare', logLevel: 'silent' });
    const { sources } = JSON.parse(await readFile(`${outfile}.map`, 'utf8')) as { sources: string[] };
    expect(sources.some((source) => source.endsWith('sdk/worker/sessions.ts'))).toBe(true);
    expect(sources.filter((source) => source.includes('node_modules/ws/'))).toEqual([]);
  });
});
