import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import { event } from './fake-engine.ts';

const servers: Server[] = [];
interface Asked {
  url: string;
  body: Record<string, any>;
  headers: Record<string, unknown>;
}

/** Answers on a real port and remembers what it was asked. */
async function serve(answer: (asked: Asked) => object): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = request.method === 'POST' ? ((await json(request)) as Record<string, unknown>) : {};
    const one = { url: request.url ?? '', body, headers: request.headers };
    asked.push(one);
    const reply = answer(one);
    response.writeHead('refused' in reply ? 403 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const reversed = (text: string): string => [...text].reverse().join('');
const turned = ({ data, metadata }: PayloadJson): PayloadJson => ({
  metadata: metadata!,
  data: btoa(reversed(atob(data!))),
});
const secret = (value: unknown): PayloadJson => ({
  metadata: { encoding: btoa('json/plain') },
  data: btoa(reversed(JSON.stringify(value))),
});
const events = [
  event(1, 'WORKFLOW_EXECUTION_STARTED', {
    workflowType: { name: 'letter' },
    taskQueue: { name: 'q' },
    input: { payloads: [secret({ to: 'Alice' })] },
  }),
  event(2, 'WORKFLOW_EXECUTION_FAILED', {
    failure: {
      message: 'Encoded failure',
      encodedAttributes: secret({ message: 'nobody home', stack_trace: '' }),
      applicationFailureInfo: { type: 'NotThere' },
    },
  }),
];

async function perdure(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await run(args, {
    print: (line) => out.push(line),
    complain: (line) => err.push(line),
    colors: plain,
    env: {},
    abortSignal: new AbortController().signal,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

const engine = () =>
  serve(({ url }) => (url.includes('/history') ? { history: { events } } : { runId: 'r', started: true }));
const codec = () =>
  serve(({ body, headers }) =>
    headers.authorization === 'Bearer t'
      ? { payloads: (body.payloads as PayloadJson[]).map(turned) }
      : { refused: 'you may not read these' },
  );

describe('the command line with a codec endpoint', () => {
  it('shows decoded payloads and the texts of encoded failures', async () => {
    const flags = ['--address', (await engine()).url, '-w', 'w'];
    const endpoint = await codec();
    const decoding = [
      ...flags,
      '--codec-endpoint',
      `${endpoint.url}/of/{namespace}/`,
      '--codec-auth',
      'Bearer t',
    ];
    const { out } = await perdure('workflow', 'show', ...decoding);
    expect(out).toContain('letter({"to":"Alice"}) on q');
    expect(out).toContain('NotThere: nobody home');
    expect(endpoint.asked[0]).toMatchObject({
      url: '/of/default/decode',
      headers: { 'x-namespace': 'default' },
    });
    const whole = await perdure('workflow', 'show', '-o', 'json', ...decoding);
    expect(whole.out).toContain(btoa('{"to":"Alice"}'));
    const without = await perdure('workflow', 'show', ...flags);
    expect(without.out).not.toContain('Alice');
    expect(without.out).toContain('Encoded failure');
  });

  it('lists and shows workflows whose payloads it cannot read', async () => {
    const info = {
      execution: { workflowId: 'w', runId: 'r' },
      type: { name: 'letter' },
      startTime: '2026-11-21T20:00:00.000Z',
      status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED',
      historyLength: '7',
      taskQueue: 'q',
      memo: { fields: { note: { metadata: { encoding: btoa('binary/encrypted') }, data: btoa('abc') } } },
    };
    const { url } = await serve(() => ({ executions: [info] }));
    expect((await perdure('workflow', 'list', '--address', url)).out).toContain('letter');
  });

  it('encodes what it starts workflows with', async () => {
    const { url, asked } = await engine();
    const endpoint = await codec();
    const flags = ['--address', url, '--codec-endpoint', endpoint.url, '--codec-auth', 'Bearer t'];
    const started = await perdure(
      'workflow',
      'start',
      ...flags,
      '--type',
      'letter',
      '-t',
      'q',
      '-w',
      'w',
      '-i',
      '{"to":"Bob"}',
    );
    expect(started.exitCode).toBe(0);
    const start = asked.find(({ body }) => body.input)!;
    expect(start.body.input).toEqual({ payloads: [secret({ to: 'Bob' })] });
  });

  it('replays histories that were written with converters', async () => {
    const root = join(import.meta.dirname, '../..');
    const recorded = readFileSync(join(root, 'test/histories/data-converter-own-types.json'), 'utf8');
    const temporary = mkdtempSync(join(tmpdir(), 'perdure-cli-'));
    onTestFinished(() => rmSync(temporary, { recursive: true }));
    const file = join(temporary, 'history.json');
    writeFileSync(file, JSON.stringify(JSON.parse(recorded).history));
    const folder = join(root, 'test/features/data-converter');
    const replay = ['workflow', 'replay', file, '--workflows', join(folder, 'workflows.ts')];
    const converter = ['--payload-converter', join(folder, 'payload-converter.ts')];
    expect(await perdure(...replay, ...converter)).toMatchObject({ exitCode: 0 });
    expect(await perdure(...replay)).toMatchObject({ exitCode: 1 });
  });

  it('says what the endpoint says, and fails', async () => {
    const flags = ['--address', (await engine()).url, '-w', 'w', '--codec-endpoint', (await codec()).url];
    const { exitCode, err } = await perdure('workflow', 'show', ...flags);
    expect(exitCode).toBe(1);
    expect(err).toMatch(/codec endpoint http.*decode answered 403: .*you may not read these/);
  });
});
