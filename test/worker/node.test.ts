import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SDK_HEADER, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { type NodeWorkerOptions, Worker } from '../../sdk/worker/node.ts';
import { activityTask, gate, payloads, recordingLogger, until } from './support.ts';

interface Call {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

/** A stand-in for the engine: records calls; `status` says how it answers them. */
class FakeEngine {
  readonly calls: Call[] = [];
  status = (_call: Call): number => 200;
  private server: Server | undefined;
  port = 0;

  async start(port = 0): Promise<this> {
    this.server = createServer(async (incoming, outgoing) => {
      const call = {
        method: incoming.method!,
        path: incoming.url!.split('?')[0]!,
        body: JSON.parse((await text(incoming)) || '{}') as Record<string, unknown>,
      };
      this.calls.push(call);
      const status = this.status(call);
      outgoing.writeHead(status, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(status < 300 ? {} : { code: 5, message: 'refused' }));
    });
    await new Promise<void>((resolve) => this.server!.listen(port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }
  async stop(): Promise<void> {
    if (!this.server) return;
    const closed = new Promise((resolve) => this.server!.close(resolve));
    this.server.closeAllConnections();
    this.server = undefined;
    await closed;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  of(method: string, end: string): Call[] {
    return this.calls.filter((call) => call.method === method && call.path.endsWith(end));
  }
}

async function text(incoming: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of incoming) all += chunk;
  return all;
}

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startEngine(): Promise<FakeEngine> {
  const engine = await new FakeEngine().start();
  cleanups.push(() => engine.stop());
  return engine;
}

async function startWorker(engine: FakeEngine, options: Partial<NodeWorkerOptions> = {}) {
  const { logger, entries } = recordingLogger();
  const worker = await Worker.create({
    taskQueue: 'transfers',
    activities: { withdraw: async () => 'ok' },
    engine: engine.url,
    identity: 'w1',
    registrationInterval: 20,
    shutdownSignals: [],
    logger,
    ...options,
  });
  const running = worker.run();
  cleanups.push(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
  return { worker, entries, running };
}

const sendTask = (worker: Worker, fields: Parameters<typeof activityTask>[0] = {}) =>
  fetch(`${worker.url}${workerPaths.activityTask}`, {
    method: 'POST',
    body: JSON.stringify(activityTask(fields)),
  });

/** Sends a task over a connection of its own and answers with what breaks that connection. */
function sendTaskOnConnection(worker: Worker): () => void {
  const body = JSON.stringify(activityTask());
  const request = httpRequest(`${worker.url}${workerPaths.activityTask}`, { method: 'POST', agent: false });
  request.on('error', () => undefined);
  request.end(body);
  return () => request.destroy();
}

describe('a Worker on Node', () => {
  it('serves over HTTP, registers its URL, and unregisters when it stops', async () => {
    const engine = await startEngine();
    const { worker, entries, running } = await startWorker(engine);
    await until(() => engine.of('POST', '/workers').length > 0);
    expect(engine.of('POST', '/workers')[0]).toMatchObject({
      path: '/api/v1/namespaces/default/workers',
      body: { url: worker.url },
    });
    const description = await fetch(`${worker.url}${workerPaths.describe}`);
    expect(description.headers.has(SDK_HEADER)).toBe(true);
    expect(await description.json()).toMatchObject({ identity: 'w1', taskQueues: [{ name: 'transfers' }] });
    const answer = await sendTask(worker);
    expect(await answer.json()).toEqual({ completed: { result: payloads('ok'), identity: 'w1' } });
    worker.shutdown();
    await running;
    expect(worker.getState()).toBe('STOPPED');
    expect(engine.of('DELETE', '/workers')[0]?.body).toEqual({ url: worker.url });
    const messages = entries.map((entry) => entry.message);
    expect(messages[0]).toBe('Worker started');
    expect(entries[0]?.meta).toMatchObject({ namespace: 'default', taskQueue: 'transfers', url: worker.url });
    expect(messages.at(-1)).toBe('Worker stopped');
  });

  it('registers again and again, and logs only when the state changes', async () => {
    const engine = await startEngine();
    const { entries } = await startWorker(engine);
    await until(() => engine.of('POST', '/workers').length >= 4);
    expect(entries.filter((entry) => entry.message === 'Worker registered with the engine').length).toBe(1);
  });

  it('waits for an engine that is not there yet', async () => {
    const engine = await startEngine();
    const { port } = engine;
    await engine.stop();
    const { entries } = await startWorker(engine);
    const count = (message: string) => entries.filter((entry) => entry.message === message).length;
    await until(() => count('Waiting for the engine') > 0);
    await engine.start(port);
    await until(() => engine.of('POST', '/workers').length > 0);
    await until(() => count('Worker registered with the engine') === 1);
    expect(count('Waiting for the engine')).toBe(1);
  });

  it('says that its port is in use', async () => {
    const engine = await startEngine();
    await expect(Worker.create({ taskQueue: 'q', engine: engine.url, port: engine.port })).rejects.toThrow(
      new RegExp(`Port ${engine.port} on 127.0.0.1 is in use`),
    );
  });

  it('reports what it finished while the engine was dead, once it is back', async () => {
    const engine = await startEngine();
    const { port } = engine;
    const begun = gate();
    const finish = gate<string>();
    let executions = 0;
    const activities = {
      withdraw: async () => {
        executions++;
        begun.open();
        return finish.promise;
      },
    };
    const { worker, entries } = await startWorker(engine, { activities });
    await until(() => entries.some((entry) => entry.message === 'Worker registered with the engine'));
    const breakConnection = sendTaskOnConnection(worker);
    await begun.promise;
    breakConnection();
    await engine.stop();
    finish.open('survived');
    await until(() => entries.some((entry) => entry.message === 'Waiting for the engine'));
    await engine.start(port);
    await until(() => engine.of('POST', '/activity-complete').length > 0);
    expect(engine.of('POST', '/activity-complete')[0]?.body).toEqual({
      taskToken: activityTask().taskToken,
      result: payloads('survived'),
      identity: 'w1',
    });
    const again = await sendTask(worker);
    expect(await again.json()).toEqual({ completed: { result: payloads('survived'), identity: 'w1' } });
    expect(executions).toBe(1);
  });

  it('reports answers again that went out just before the engine was lost', async () => {
    const engine = await startEngine();
    const { port } = engine;
    const { worker, entries } = await startWorker(engine);
    await until(() => entries.some((entry) => entry.message === 'Worker registered with the engine'));
    await (await sendTask(worker)).json();
    await engine.stop();
    await until(() => entries.some((entry) => entry.message === 'Waiting for the engine'));
    engine.status = (call) => (call.path.endsWith('/activity-complete') ? 404 : 200);
    await engine.start(port);
    await until(() => engine.of('POST', '/activity-complete').length === 1);
  });

  it('heartbeats to the engine and stops the activity when the engine does not know it any more', async () => {
    const engine = await startEngine();
    const { heartbeat, sleep } = await import('../../sdk/activity/index.ts');
    engine.status = (call) => (call.path.endsWith('/activity-heartbeat') ? 404 : 200);
    const activities = {
      withdraw: async () => {
        heartbeat({ progress: 1 });
        await sleep('1 minute');
      },
    };
    const { worker } = await startWorker(engine, { activities });
    const answer = await sendTask(worker, { heartbeatTimeout: '10s' });
    expect(await answer.json()).toMatchObject({
      failed: { failure: { applicationFailureInfo: { type: 'AttemptOver' } } },
    });
    expect(engine.of('POST', '/activity-heartbeat')[0]?.body).toEqual({
      taskToken: activityTask().taskToken,
      details: payloads({ progress: 1 }),
      identity: 'w1',
    });
  });

  it('lets running activities finish when it is shut down, and refuses new ones without its header', async () => {
    const engine = await startEngine();
    const begun = gate();
    const finish = gate<string>();
    const activities = {
      withdraw: async () => {
        begun.open();
        return finish.promise;
      },
    };
    const { worker, running } = await startWorker(engine, { activities });
    const answer = sendTask(worker);
    await begun.promise;
    worker.shutdown();
    await until(() => worker.getState() === 'DRAINING');
    const refused = await sendTask(worker, { dispatchId: 'another' }).catch(() => undefined);
    expect(refused?.headers.has(SDK_HEADER) ?? false).toBe(false);
    finish.open('in time');
    expect(await (await answer).json()).toEqual({
      completed: { result: payloads('in time'), identity: 'w1' },
    });
    await running;
  });

  it('cancels what does not finish within the grace time, so that the attempt is retried elsewhere', async () => {
    const engine = await startEngine();
    const begun = gate();
    const { cancelled } = await import('../../sdk/activity/index.ts');
    const activities = {
      withdraw: async () => {
        begun.open();
        await cancelled();
      },
    };
    const { worker, running } = await startWorker(engine, { activities, shutdownGraceTime: 30 });
    const answer = sendTask(worker);
    await begun.promise;
    worker.shutdown();
    expect(await (await answer).json()).toMatchObject({
      failed: { failure: { applicationFailureInfo: { type: 'WorkerShutdown' } } },
    });
    await running;
  });
});
