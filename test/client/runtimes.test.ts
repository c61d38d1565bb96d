/** perdure/client where there is no Node: in a Worker without any compatibility flag, and with them. */

import { gzipSync } from 'node:zlib';
import { Miniflare, type Request, Response } from 'miniflare';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleForBrowsers } from './bundle.ts';
import { closed, FakeEngine, payloads, refusal, silence } from './fake-engine.ts';

const WORKER = `
import { Client, Connection, isGrpcCancelledError, isGrpcDeadlineError, WorkflowNotFoundError } from 'perdure/client';

export default {
  async fetch(request, env) {
    const client = new Client({ connection: Connection.lazy({ address: env.ENGINE }), identity: 'a Worker' });
    const start = (c) => c.workflow.start('greet', { taskQueue: 'q', workflowId: 'greet-1', args: ['World'] });
    const failure = (promise) => promise.then(() => 'none', (error) =>
      isGrpcDeadlineError(error) ? 'deadline' : isGrpcCancelledError(error) ? 'cancelled' :
      error instanceof WorkflowNotFoundError ? 'not found' : error.message);
    switch (new URL(request.url).pathname) {
      case '/execute': return Response.json(await (await start(client)).result());
      case '/unknown': return Response.json(await failure(client.workflow.getHandle('nobody').describe()));
      case '/deadline': return Response.json(await failure(client.withDeadline(Date.now() + 50, start)));
      case '/cancelled': {
        const abort = new AbortController();
        const call = failure(client.withAbortSignal(abort.signal, start));
        abort.abort();
        return Response.json(await call);
      }
      case '/nested': {
        const describe = (c) => c.workflow.getHandle('w').describe();
        const call = client.withMetadata({ 'x-a': '1', 'x-c-bin': new Uint8Array([1, 2]) }, (outer) =>
          outer.withMetadata({ 'x-b': '2' }, describe));
        return Response.json(await failure(call));
      }
      case '/no-parameter': return Response.json(await failure(client.withMetadata({ 'x-a': '1' }, () => start(client))));
    }
  },
};`;

const started = { runId: 'run-1', started: true, status: '' };
const completed = {
  eventId: '3',
  eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
  workflowExecutionCompletedEventAttributes: { result: payloads('Hello, World!') },
};
const notFound = () => refusal(404, 5, 'no such workflow');

interface Runtime {
  compatibilityDate: string;
  compatibilityFlags: string[];
}
/** As they were before Workers had anything of Node. */
const bare: Runtime = { compatibilityDate: '2023-01-01', compatibilityFlags: [] };
const withNode: Runtime = { compatibilityDate: '2026-10-20', compatibilityFlags: ['nodejs_compat'] };

let script: string;
beforeAll(async () => {
  script = await bundleForBrowsers(WORKER);
});
let worker: Miniflare | undefined;
afterEach(() => worker?.dispose());

/** What the Worker answers, on an engine that answers like this. */
async function ask(path: string, runtime: Runtime, engine: FakeEngine): Promise<unknown> {
  await worker?.dispose();
  const modules = { 'worker.js': { type: 'esm' as const, contents: script } };
  const handler = async (request: Request): Promise<Response> => {
    const body = request.method === 'GET' ? undefined : await request.text();
    const { url, method, headers } = request;
    // The fake engine's silence ends with its call.
    const init = { method, headers: Object.fromEntries(headers), signal: AbortSignal.timeout(2_000) };
    const answer = await engine.fetch(url, { ...init, ...(body && { body }) });
    return new Response(await answer.text(), { status: answer.status });
  };
  const config = {
    name: 'client',
    ...runtime,
    manifest: { mainModule: 'worker.js', modules },
    env: { ENGINE: { type: 'fetcher' as const, handler } },
  };
  worker = new Miniflare({ host: '127.0.0.1', port: 0, cf: false, workers: [{ config }] });
  return (await worker.dispatchFetch(`http://worker${path}`)).json();
}

it('the client is bundled for a browser without a module of Node, in less than 40 KB', async () => {
  const bundle = await bundleForBrowsers(`export * from 'perdure/client';`);
  expect(bundle).not.toMatch(/from ?"node:|require\("/);
  expect(gzipSync(bundle).length).toBeLessThan(40_000);
});

describe.each([
  ['without anything of Node', bare],
  ['with nodejs_compat', withNode],
])('in a Worker %s, the client', (_, runtime) => {
  it('starts a workflow over a service binding and gets its result', async () => {
    const engine = new FakeEngine(started, closed(completed));
    expect(await ask('/execute', runtime, engine)).toBe('Hello, World!');
    expect(engine.calls.map(({ body }) => body.identity)).toEqual(['a Worker', undefined]);
  });

  it('throws Temporal’s errors', async () => {
    expect(await ask('/unknown', runtime, new FakeEngine(notFound()))).toBe('not found');
  });

  it('keeps to a deadline and to a signal', async () => {
    expect(await ask('/deadline', runtime, new FakeEngine(silence))).toBe('deadline');
    expect(await ask('/cancelled', runtime, new FakeEngine(silence))).toBe('cancelled');
  });

  it('sends the headers of the calls around it, bytes in base64', async () => {
    const engine = new FakeEngine(notFound());
    expect(await ask('/nested', runtime, engine)).toBe('not found');
    const { headers } = engine.calls[0]!;
    expect(['x-a', 'x-b', 'x-c-bin'].map((name) => headers.get(name))).toEqual(['1', '2', 'AQI=']);
  });
});

it('where calls cannot be followed, a function that does not take the client is refused, not served without', async () => {
  const engine = new FakeEngine(started);
  expect(await ask('/no-parameter', bare, engine)).toContain('no AsyncLocalStorage');
  expect(engine.calls).toEqual([]);
  expect(await ask('/no-parameter', withNode, engine)).toBe('none');
  expect(engine.calls[0]!.headers.get('x-a')).toBe('1');
});
