import { describe, expect, it } from 'vitest';
import { SDK_HEADER, type WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import { describeWorker } from '../../src/namespace/describe-worker.ts';
import { MAX_WAITING, MAX_WORKERS, WorkerRegistry } from '../../src/namespace/registry.ts';
import { WorkerStore } from '../../src/namespace/store.ts';
import { memorySql } from '../visibility/sqlite.ts';

const serving = (...queues: string[]): WorkerDescription => ({
  identity: 'worker-1',
  sdk: { name: 'perdure-typescript', version: '0.1.0' },
  taskQueues: queues.map((name) => ({ name, workflowTypes: ['w'], activityTypes: [] })),
});
const url = 'http://127.0.0.1:9233';

function setUp(describe: (url: string) => Promise<WorkerDescription> = async () => serving('q')) {
  const sql = memorySql();
  const poked: string[] = [];
  const clock = { now: 1_000 };
  const ports = {
    describe,
    sighted: () => undefined,
    poke: (ids: string[]) => void poked.push(...ids),
    now: () => clock.now,
    urlPolicy: { development: true },
  };
  const open = (): WorkerRegistry => new WorkerRegistry(new WorkerStore(sql), ports);
  return { sql, poked, clock, open, registry: open() };
}

describe('registering a Worker', () => {
  it('keeps what the Worker said of itself, over a restart of the object', async () => {
    const { registry, open } = setUp();
    const time = '1970-01-01T00:00:01.000Z';
    const worker = { url, description: serving('q'), registeredTime: time, lastSeenTime: time };
    expect(await registry.register({ url: `${url}/` })).toEqual(worker);
    expect(open().list()).toEqual([worker]);
  });

  it('again refreshes it under the one spelling of its URL', async () => {
    const { registry, clock } = setUp();
    await registry.register({ url });
    clock.now = 2_000;
    await registry.register({ url: `${url}//`, identity: 'renamed' });
    expect(registry.list()).toMatchObject([
      {
        url,
        registeredTime: '1970-01-01T00:00:01.000Z',
        lastSeenTime: '1970-01-01T00:00:02.000Z',
        description: { identity: 'renamed' },
      },
    ]);
  });

  it('is refused, and nothing kept, when nothing answers there as a Worker', async () => {
    const { registry, sql } = setUp(() => Promise.reject(new Error('connection refused')));
    await expect(registry.register({ url })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: `url: ${url} did not answer as a Worker: connection refused`,
    });
    expect(registry.list()).toEqual([]);
    expect(sql.statements.filter((s) => s.startsWith('CREATE'))).toEqual([]);
  });

  it.each([
    ['ftp://127.0.0.1/', 'only http and https, not ftp'],
    ['http://user:pass@127.0.0.1/', 'must not carry a user name'],
    ['http://127.0.0.1/?a=1', 'must not carry a query'],
    ['127.0.0.1:9233', 'not an absolute URL'],
    ['http://example.com', 'must be https'],
    ['https://10.0.0.1/', '10.0.0.1 is not a public host'],
    ['http://[::ffff:7f00:1]/', 'is not a public host'],
    ['http://localhost./', 'is not a public host'],
    ['http://169.254.169.254/', 'is not a public host'],
  ])('is refused for %s before it is asked', async (bad, reason) => {
    let asked = 0;
    const { registry } = setUp(async () => {
      asked++;
      return serving('q');
    });
    await expect(registry.register({ url: bad })).rejects.toThrow(reason);
    expect(asked).toBe(0);
  });

  it('is taken for every spelling of this machine', async () => {
    const { registry } = setUp();
    for (const host of ['localhost:1', '127.0.0.1:2', '127.1:3', '0x7f000001:4', '[::1]:5'])
      await registry.register({ url: `http://${host}/base/` });
    expect(registry.list().map((worker) => worker.url)).toEqual([
      'http://127.0.0.1:2/base',
      'http://127.0.0.1:3/base',
      'http://127.0.0.1:4/base',
      'http://[::1]:5/base',
      'http://localhost:1/base',
    ]);
  });

  it('stops at the bound of Workers, but still refreshes those it has', async () => {
    const { registry } = setUp();
    for (let port = 1; port <= MAX_WORKERS; port++)
      await registry.register({ url: `http://127.0.0.1:${port}` });
    await expect(registry.register({ url: 'http://127.0.0.1:65000' })).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    });
    await registry.register({ url: 'http://127.0.0.1:1' });
    expect(registry.list().length).toBe(MAX_WORKERS);
  });

  it('ends by unregistering, which may be repeated', async () => {
    const { registry } = setUp();
    await registry.register({ url });
    expect(registry.unregister({ url: `${url}/` })).toEqual({ removed: true });
    expect(registry.unregister({ url })).toEqual({ removed: false });
    expect(registry.list()).toEqual([]);
  });
});

describe('the secret that a Worker gave', () => {
  it('is kept for those who call it, shown to nobody, and forgotten with the Worker', async () => {
    const { registry, open } = setUp();
    const signingSecret = `whsec_${btoa('s'.repeat(32))}`;
    expect(JSON.stringify(await registry.register({ url, signingSecret }))).not.toContain('whsec_');
    // Registering again, as another one may do, does not take it away.
    await registry.register({ url });
    expect(JSON.stringify(open().list())).not.toContain('whsec_');
    expect(open().reachable()).toEqual([{ url, signingSecret }]);
    registry.unregister({ url });
    await registry.register({ url });
    expect(open().reachable()).toEqual([{ url }]);
  });
});

describe('runs that wait for a Worker', () => {
  it('are poked once when one registers for their task queue, and others are not', async () => {
    const { registry, poked } = setUp();
    registry.waiting('q', 'a');
    registry.waiting('q', 'b');
    registry.waiting('q', 'a');
    registry.waiting('elsewhere', 'c');
    await registry.register({ url });
    expect(poked).toEqual(['a', 'b']);
    await registry.register({ url });
    expect(poked).toEqual(['a', 'b']);
  });

  it('are poked when a known Worker registers again, as one does after a restart', async () => {
    const { registry, poked } = setUp();
    await registry.register({ url });
    registry.waiting('q', 'late');
    await registry.register({ url });
    expect(poked).toEqual(['late']);
  });

  it('are remembered up to a bound, which frees up when they are poked', async () => {
    const { registry, poked } = setUp();
    for (let i = 0; i <= MAX_WAITING; i++) registry.waiting('q', `w${i}`);
    await registry.register({ url });
    expect(poked.length).toBe(MAX_WAITING);
    registry.waiting('q', 'again');
    await registry.register({ url });
    expect(poked.at(-1)).toBe('again');
  });
});

describe('asking a URL what it serves', () => {
  const answering = (
    body: unknown,
    headers: Record<string, string> = { [SDK_HEADER]: 'typescript/0.1.0' },
    status = 200,
  ) =>
    describeWorker(
      url,
      async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }),
    );

  it('gives the description, without fields that are not known', async () => {
    expect(await answering({ ...serving('q'), extra: 1 })).toEqual(serving('q'));
  });

  it('asks at the path of the protocol, follows no redirect and does not wait for ever', async () => {
    let asked: [string, RequestInit] | undefined;
    await describeWorker(url, async (...args) => {
      asked = args;
      return new Response(JSON.stringify(serving()), { headers: { [SDK_HEADER]: 'x' } });
    });
    expect(asked![0]).toBe(`${url}/perdure/v1/describe`);
    expect(asked![1].redirect).toBe('manual');
    expect(asked![1].signal).toBeInstanceOf(AbortSignal);
  });

  it('refuses answers that are not a Worker’s, with the reason', async () => {
    await expect(answering(serving('q'), {})).rejects.toThrow(`HTTP 200 without the header ${SDK_HEADER}`);
    await expect(answering('', { location: 'http://10.0.0.1/' }, 302)).rejects.toThrow('HTTP 302 without');
    await expect(answering('{}', { [SDK_HEADER]: 'x' }, 500)).rejects.toThrow('HTTP 500');
    await expect(answering('not json')).rejects.toThrow('its description is not one');
    await expect(answering({ ...serving(), taskQueues: [{ name: 5 }] })).rejects.toThrow(
      'its description is not one',
    );
    const [taskQueue] = serving('q').taskQueues;
    const standing = { ...serving(), taskQueues: [{ ...taskQueue, maxActivitiesPerSecond: 0 }] };
    await expect(answering(standing)).rejects.toThrow('its description is not one');
    await expect(describeWorker(url, () => Promise.reject(new TypeError('fetch failed')))).rejects.toThrow(
      'connection failed',
    );
    const late = Object.assign(new Error('x'), { name: 'TimeoutError' });
    await expect(describeWorker(url, () => Promise.reject(late))).rejects.toThrow('no answer within 5 s');
  });
});
