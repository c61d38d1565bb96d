/**
 * The Worker in plain Python: registers itself, verifies, heartbeats, is killed and cancelled, answers 202 and by token. Between the
 * engine and it stands a proxy that remembers what was sent: what is sent once more, by somebody else, is refused.
 */

import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PYTHON_TASK_QUEUE, type Report, TASK_QUEUE } from '../../examples/python-worker/shared.ts';
import { type Engine, launchEngine } from '../../scripts/lib/launch.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { HttpApi, until } from '../http-api.ts';
import { keepHistory, World } from './processes.ts';

const folder = join(projectRoot, 'examples/python-worker');
const found = spawnSync('python3', ['-c', 'import sys; print(sys.version_info >= (3, 8))'], {
  encoding: 'utf8',
});
const missing = found.stdout?.trim() === 'True' ? '' : ' (not run: there is no python3 of at least 3.8 here)';
const inPython = describe.runIf(missing === '');

interface Dispatch {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Passes dispatches on to a port and remembers them. */
class Middleman {
  readonly dispatches: Dispatch[] = [];
  readonly #server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { method = 'GET', url, headers } = incoming;
    if (method === 'POST') this.dispatches.push({ headers, body });
    const passed = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.startsWith('webhook-') || name.startsWith('perdure-')),
    ) as Record<string, string>;
    await fetch(`http://127.0.0.1:${this.to}${url}`, { method, headers: passed, ...(body && { body }) }).then(
      async (response) => {
        outgoing.writeHead(response.status, { 'perdure-sdk': response.headers.get('perdure-sdk') ?? '' });
        outgoing.end(await response.text());
      },
      () => outgoing.destroy(),
    );
  });
  to = 0;

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

inPython(`a Worker in plain Python${missing}`, () => {
  const world = new World();
  const proxy = new Middleman();
  let engine: Engine;
  let api: HttpApi;
  let worker: ProcessGroup;
  let proxyUrl = '';

  const startWorker = async (): Promise<void> => {
    const env = {
      ...process.env,
      PORT: String(proxy.to),
      PERDURE_ADDRESS: engine.url,
      WORKER_URL: proxyUrl,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    worker = new ProcessGroup('python3', [join(folder, 'worker.py')], { env });
    await until('the Worker to register', () => worker.output.includes('Registered'), 30_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${worker.output}`);
      },
    );
  };
  const start = (workflowId: string, rounds: number, numbers = [1, 2, 3]) =>
    api.start({ workflowId, workflowType: 'report', taskQueue: TASK_QUEUE, args: [{ numbers, rounds }] });
  const activity = async (workflowId: string) => (await api.describe(workflowId)).pendingActivities[0] as any;
  const kept = (workflowId: string) => keepHistory(api, workflowId, 'examples/python-worker/workflows.ts');

  beforeAll(async () => {
    engine = await launchEngine({ dataDir: join(world.dir, 'engine'), workers: ['examples/python-worker'] });
    api = new HttpApi(engine.url);
    proxyUrl = await proxy.listen();
    proxy.to = await freePort();
    await startWorker();
  });
  afterAll(async () => {
    await worker?.stop();
    await engine?.kill();
    proxy.close();
    await world.end();
  });

  it('runs activities at once, with heartbeats, and completed later by their token', async () => {
    await start('report', 20);
    const result = (await api.result('report')) as Report;
    expect(result).toMatchObject({
      summary: { mean: 2, deviation: 1 },
      simulation: { rounds: 20, begunAt: 0 },
      approval: 'approved by a colleague',
    });
    const types = await api.eventTypes('report');
    expect(types.filter((type) => type === 'ActivityTaskCompleted')).toHaveLength(3);
    await kept('report');
  });

  it('fails by the type that it says, and is not asked again', async () => {
    await start('too-few', 1, [1]);
    const { closeEvent } = (await api.closed('too-few')) as any;
    const { failure } = closeEvent.workflowExecutionFailedEventAttributes;
    expect(failure.cause).toMatchObject({
      message: 'a summary needs two numbers',
      applicationFailureInfo: { type: 'TooFewNumbers', nonRetryable: true },
    });
    expect(failure.cause.stackTrace).toContain('worker.py');
    await kept('too-few');
  });

  it('that was killed goes on from its last heartbeat', async () => {
    await start('killed', 600);
    await until('a heartbeat', async () => (await activity('killed'))?.heartbeatDetails);
    await worker.stop();
    console.log('kill -9: the Python Worker; in flight: a simulation');
    await startWorker();
    const result = (await api.result('killed', 40_000)) as Report;
    expect(result.simulation.rounds).toBe(600);
    expect(result.simulation.begunAt).toBeGreaterThan(0);
    await kept('killed');
  });

  it('hears of a cancellation by its heartbeat, and ends', async () => {
    await start('cancelled', 100_000);
    await until('a heartbeat', async () => (await activity('cancelled'))?.heartbeatDetails);
    await api.ok('POST', '/workflows/cancelled/cancel', {});
    const { status } = await api.closed('cancelled');
    expect(status).toBe('WORKFLOW_EXECUTION_STATUS_CANCELED');
    expect(await api.eventTypes('cancelled')).toContain('ActivityTaskCanceled');
    await kept('cancelled');
  });

  it('takes nothing that is not signed, was changed, or came before', async () => {
    const { headers, body } = proxy.dispatches.at(-1)!;
    const webhook = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.startsWith('webhook-')),
    ) as Record<string, string>;
    const send = async (changed: Record<string, string>, text = body): Promise<[number, string]> => {
      const url = `http://127.0.0.1:${proxy.to}/perdure/v1/activity-task`;
      const response = await fetch(url, { method: 'POST', headers: changed, body: text });
      return [response.status, ((await response.json()) as { message: string }).message];
    };
    expect(await send(webhook)).toEqual([401, expect.stringContaining('came before')]);
    expect(await send({})).toEqual([401, expect.stringContaining('not signed')]);
    expect(await send(webhook, `${body} `)).toEqual([401, expect.stringContaining('no signature')]);
    expect(await send({ ...webhook, 'webhook-id': 'x' })).toEqual([401, expect.any(String)]);
    const late = String(Number(webhook['webhook-timestamp']) - 301);
    expect(await send({ ...webhook, 'webhook-timestamp': late })).toEqual([401, expect.any(String)]);
    expect((await send({ ...webhook, origin: 'https://example.com' }))[0]).toBe(403);
  });

  it('that is told to end says so to the engine', async () => {
    const queues = async () => JSON.stringify(await api.ok('GET', '/workers'));
    expect(await queues()).toContain(PYTHON_TASK_QUEUE);
    await worker.stop(10_000);
    expect(await queues()).not.toContain(PYTHON_TASK_QUEUE);
  });
});

inPython(`its calls${missing}`, () => {
  it('come again when a busy engine wants them, and not before', async () => {
    const times: number[] = [];
    const busy = createServer((incoming, outgoing) => {
      incoming.resume();
      times.push(Date.now());
      // The first pause of its own would be a quarter of a second.
      if (times.length === 1) outgoing.writeHead(429, { 'retry-after': '2' }).end('{"code": 8}');
      else outgoing.end('{}');
    });
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    const program = `
import sys, perdure_worker as w
print(w.Engine(sys.argv[1]).respond("token", {"completed": {}}), w.retry_after("Thu, 01 Jan 2026 00:00:00 GMT"), w.retry_after("soon"))`;
    const python = new ProcessGroup('python3', ['-B', '-c', program, address], { cwd: folder });
    await until('the answer to be taken', () => python.output.includes('\n'), 20_000);
    await python.stop();
    busy.close();
    expect(python.output.trim()).toBe('True 0 0');
    expect(times).toHaveLength(2);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(2_000);
  });
});

inPython(`its Ed25519${missing}`, () => {
  it('agrees with that of Node: on the vector of RFC 8032, on others, and on broken ones', () => {
    const hex = (text: string) => Buffer.from(text, 'hex');
    const cases: Array<{ key: Buffer; signature: Buffer; message: Buffer; valid: boolean }> = [
      {
        key: hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
        signature: hex(
          'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
        ),
        message: hex(''),
        valid: true,
      },
    ];
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    for (let i = 1; i <= 16; i++) {
      const seed = Buffer.alloc(32, i);
      const der = Buffer.concat([hex('302e020100300506032b657004220420'), seed]);
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
      const key = spki.subarray(-32);
      const message = Buffer.from('ü'.repeat(i * 9));
      const signature = sign(null, message, privateKey);
      const flipped = Buffer.from(signature);
      flipped[(i * 4) % 64]! ^= 1 << (i % 8);
      // The same number modulo the order: not the one spelling that is allowed.
      const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
      const again = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
      cases.push(
        { key, message, signature, valid: true },
        { key, message, signature: flipped, valid: false },
        { key, message: Buffer.concat([message, Buffer.from('x')]), signature, valid: false },
        { key, message, signature: Buffer.concat([signature.subarray(0, 32), again]), valid: false },
        { key, message, signature: signature.subarray(0, 63), valid: false },
        { key: Buffer.alloc(32, 0xff), message, signature, valid: false },
      );
    }
    const program = `
import json, sys, ed25519
f = bytes.fromhex
print(json.dumps([ed25519.verify(f(k), f(s), f(m)) for k, s, m in json.load(sys.stdin)]))`;
    const input = JSON.stringify(
      cases.map(({ key, signature, message }) => [key, signature, message].map((b) => b.toString('hex'))),
    );
    const { stdout, stderr } = spawnSync('python3', ['-B', '-c', program], {
      cwd: folder,
      input,
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual(cases.map(({ valid }) => valid));
  });
});
