import { describe, expect, it, vi } from 'vitest';
import {
  Client,
  type ClientOptions,
  Connection,
  type ConnectionOptions,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  type Metadata,
  type RpcError,
  ServiceError,
} from '../../sdk/client/index.ts';
import { FakeEngine, refusal, settle, silence, unreachable, useVirtualTime } from './fake-engine.ts';

const started = { runId: 'run-1', started: true, status: 'WORKFLOW_EXECUTION_STATUS_RUNNING' };
const options = { taskQueue: 'q', workflowId: 'w' };

function clientOf(engine: FakeEngine): Client {
  return new Client({ connection: Connection.lazy({ address: engine }) });
}

useVirtualTime();

describe('a call', () => {
  it('is repeated with the same request id after network errors and 503', async () => {
    const engine = new FakeEngine(unreachable(), refusal(503, 14, 'busy'), unreachable(), started);
    const handle = await settle(clientOf(engine).workflow.start('transfer', options));
    expect(handle.firstExecutionRunId).toBe('run-1');
    const ids = engine.calls.map((call) => call.body.requestId);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('has another request id than the call before it', async () => {
    const engine = new FakeEngine({});
    const handle = clientOf(engine).workflow.getHandle('w');
    await settle(Promise.all([handle.signal('a'), handle.signal('a')]));
    expect(new Set(engine.calls.map((call) => call.body.requestId)).size).toBe(2);
  });

  it('may have a deadline that is months away', async () => {
    const engine = new FakeEngine(unreachable(), started);
    const client = clientOf(engine);
    const start = () => client.workflow.start('transfer', options);
    const handle = await settle(client.withDeadline(Date.now() + 90 * 86_400_000, start));
    expect(handle.firstExecutionRunId).toBe('run-1');
  });

  it('is not repeated when the engine refuses it', async () => {
    const engine = new FakeEngine(refusal(400, 3, 'taskQueue.name: must not be empty'));
    const error = await settle(
      clientOf(engine)
        .workflow.start('transfer', options)
        .catch((e) => e),
    );
    expect(error).toBeInstanceOf(ServiceError);
    expect(error.message).toContain('taskQueue.name: must not be empty');
    expect(isGrpcServiceError(error.cause) && error.cause.code).toBe(3);
    expect(engine.calls).toHaveLength(1);
  });

  it('gives up after ten attempts that reached nobody, and says where it called', async () => {
    const engine = new FakeEngine(unreachable());
    const error = await settle(
      clientOf(engine)
        .workflow.start('transfer', options)
        .catch((e) => e),
    );
    expect(engine.calls).toHaveLength(10);
    expect(error.message).toBe(
      'Failed to start Workflow: cannot reach the engine at its service binding: connect ECONNREFUSED',
    );
    expect((error.cause as RpcError).status).toBe('UNAVAILABLE');
  });

  it('waits longer before each attempt, up to five seconds, never all clients in step', async () => {
    const times: number[] = [];
    const engine = new FakeEngine(() => {
      times.push(Date.now());
      return unreachable();
    });
    await settle(
      clientOf(engine)
        .workflow.start('transfer', options)
        .catch(() => undefined),
    );
    const waits = times.slice(1).map((time, i) => time - times[i]!);
    const expected = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000];
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.floor(expected[i]! * 0.8));
      expect(wait).toBeLessThanOrEqual(Math.ceil(expected[i]! * 1.2));
    }
    expect(waits).toHaveLength(expected.length);
  });

  it.each([
    ['seconds', 429, '7', 7_000],
    ['seconds', 503, '2', 2_000],
    ['a date', 503, new Date(1_800_000_009_000).toUTCString(), 9_000],
    ['an hour, of which a minute is enough', 429, '3600', 60_000],
    ['nothing that it can read', 503, 'soon', 0],
    ['less than it would wait anyway', 429, '0', 900],
  ])('comes back when the engine says so: %s (%d)', async (_, status, retryAfter, least) => {
    vi.setSystemTime(1_800_000_000_000);
    const busy = Response.json(
      { code: status === 429 ? 8 : 14, message: 'busy', details: [] },
      { status, headers: { 'retry-after': retryAfter } },
    );
    const times: number[] = [];
    const engine = new FakeEngine(
      () => {
        times.push(Date.now());
        return busy;
      },
      () => {
        times.push(Date.now());
        return started;
      },
    );
    await settle(clientOf(engine).workflow.start('transfer', options));
    const [wait] = times.slice(1).map((time, i) => time - times[i]!);
    expect(wait).toBeGreaterThanOrEqual(Math.max(least, 80) - 100);
    expect(wait).toBeLessThanOrEqual(Math.max(least, 1_000) * 1.25);
  });

  it('does not wait beyond its deadline because an engine says so', async () => {
    const busy = () =>
      Response.json({ code: 8, message: 'busy' }, { status: 429, headers: { 'retry-after': '30' } });
    const client = clientOf(new FakeEngine(busy));
    const begun = Date.now();
    const start = () => client.workflow.start('transfer', options);
    const error = await settle(client.withDeadline(begun + 2_000, start).catch((e) => e));
    expect(isGrpcDeadlineError(error.cause ?? error)).toBe(true);
    expect(Date.now() - begun).toBeLessThan(2_500);
  });

  it('counts an attempt that is not answered as lost and tries again', async () => {
    const engine = new FakeEngine(silence, started);
    await settle(clientOf(engine).workflow.start('transfer', options));
    expect(engine.calls).toHaveLength(2);
  });

  it('ends with CANCELLED when its signal fires, also between two attempts', async () => {
    for (const engine of [new FakeEngine(silence), new FakeEngine(unreachable())]) {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 150);
      const client = clientOf(engine);
      const error = await settle(
        client
          .withAbortSignal(abort.signal, () => client.workflow.start('transfer', options))
          .catch((e) => e),
      );
      expect(isGrpcCancelledError(error)).toBe(true);
      expect(engine.calls.length).toBeLessThan(4);
    }
  });

  it('is not sent at all when its signal has fired before', async () => {
    const engine = new FakeEngine(started);
    const client = clientOf(engine);
    const call = client.withAbortSignal(AbortSignal.abort(), () =>
      client.workflow.start('transfer', options),
    );
    expect(isGrpcCancelledError(await settle(call.catch((e) => e)))).toBe(true);
    expect(engine.calls).toHaveLength(0);
  });

  it('ends with DEADLINE_EXCEEDED at its deadline, and says what it met until then', async () => {
    const client = clientOf(new FakeEngine(unreachable()));
    const call = client.withDeadline(Date.now() + 1_000, () => client.workflow.start('transfer', options));
    const error = await settle(call.catch((e) => e));
    expect(isGrpcDeadlineError(error)).toBe(true);
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('takes the long form of payloads and sends headers and key', async () => {
    const engine = new FakeEngine({ count: '0' });
    const connection = Connection.lazy({ address: engine, apiKey: 'k', headers: { 'x-a': '1' } });
    const client = new Client({ connection, namespace: 'n s' });
    await settle(client.withMetadata({ 'x-b': '2' }, () => client.workflow.count("WorkflowId = 'a'")));
    const [call] = engine.calls;
    expect(call!.path).toBe('/api/v1/namespaces/n%20s/workflow-count');
    expect(Object.fromEntries(call!.query)).toEqual({
      noPayloadShorthand: 'true',
      query: "WorkflowId = 'a'",
    });
    expect(call!.headers.get('authorization')).toBe('Bearer k');
    expect([call!.headers.get('x-a'), call!.headers.get('x-b')]).toEqual(['1', '2']);
  });

  it('takes bytes as metadata under names that end in -bin, and only there', async () => {
    const client = clientOf(new FakeEngine({ count: '0' }));
    const count = () => client.workflow.count();
    const wrong: Metadata[] = [{ trace: new Uint8Array([1]) }, { 'trace-bin': 'text' }];
    for (const metadata of wrong) {
      await expect(client.withMetadata(metadata, count)).rejects.toThrow(
        /bytes are for names that end in -bin/,
      );
    }
    expect(await settle(client.withMetadata({ 'trace-bin': new Uint8Array([1]) }, count))).toMatchObject({
      count: 0,
    });
  });

  it('tells when something else than an engine answers', async () => {
    const engine = new FakeEngine(new Response('<html>nginx</html>', { status: 404 }));
    const error = await settle(
      clientOf(engine)
        .workflow.start('transfer', options)
        .catch((e) => e),
    );
    expect(error.message).toContain('is this the address of a Perdure engine?');
    expect(engine.calls).toHaveLength(1);
  });

  it('keeps a payload that is too large apart from an engine that is busy', async () => {
    const engine = new FakeEngine(refusal(413, 8, 'input: 3145728 bytes are more than 1048576'));
    const error = await settle(
      clientOf(engine)
        .workflow.start('transfer', options)
        .catch((e) => e),
    );
    expect((error.cause as RpcError).status).toBe('PAYLOAD_TOO_LARGE');
    expect(engine.calls).toHaveLength(1);
  });
});

describe('connecting', () => {
  it('fails with one clear sentence when no engine answers in time', async () => {
    const connecting = Connection.connect({ address: new FakeEngine(unreachable()), connectTimeout: '2s' });
    const error = await settle(connecting.catch((e) => e));
    expect(error.message).toBe(
      'Failed to connect to the engine: cannot reach the engine at its service binding: connect ECONNREFUSED',
    );
  });

  it('refuses an address that is no URL', () => {
    expect(() => Connection.lazy({ address: 'http://' })).toThrow('Not an address: "http://"');
  });
});

describe('the options of a client', () => {
  it('say what was left out, for itself and its parts', () => {
    const connection = Connection.lazy({ address: new FakeEngine({}) });
    const client = new Client({ connection, identity: 'me', workflow: { queryRejectCondition: 'NOT_OPEN' } });
    expect(client.options).toMatchObject({
      namespace: 'default',
      identity: 'me',
      interceptors: {},
      plugins: [],
    });
    expect(client.options.loadedDataConverter.payloadConverter.toPayload(1)).toBeDefined();
    expect(client.workflow.options.queryRejectCondition).toBe('NOT_OPEN');
    expect([client.schedule, client.activity].map(({ options }) => options.identity)).toEqual(['me', 'me']);
  });

  it('are changed by plugins: of the connection for it and its clients, of the client once', async () => {
    const engine = new FakeEngine({ count: '0' });
    const seen: string[] = [];
    const plugin = {
      name: 'tenant',
      configureConnection: (options: ConnectionOptions) => ({ ...options, metadata: { 'x-tenant': 't' } }),
      configureClient: (options: ClientOptions) => {
        seen.push(options.namespace ?? 'default');
        return { ...options, namespace: 'of-the-plugin' };
      },
    };
    const connection = Connection.lazy({ address: engine, plugins: [plugin] });
    const client = new Client({ connection });
    await settle(client.workflow.count());
    expect(engine.calls[0]!.path).toContain('/of-the-plugin/');
    expect(engine.calls[0]!.headers.get('x-tenant')).toBe('t');
    expect(seen).toEqual(['default']);
  });

  it('are changed by the plugins of the client first, then by those of its connection', () => {
    const plugin = (name: string) => ({
      name,
      configureClient: (options: ClientOptions) => ({
        ...options,
        namespace: `${options.namespace ?? ''}${name}`,
      }),
    });
    const connection = Connection.lazy({ address: new FakeEngine(), plugins: [plugin('-theirs')] });
    expect(new Client({ connection, plugins: [plugin('own')] }).options.namespace).toBe('own-theirs');
  });
});
