import { describe, expect, it } from 'vitest';
import { isAudited, type Route, routes } from '../../src/api/routes.ts';
import { parseApiKey } from '../../src/auth/api-keys.ts';
import { NS, startBody } from '../api/engine.ts';
import { cases } from '../api/route-cases.ts';
import { ADMIN_KEY, bearer, guarded } from './support.ts';

const rows = routes.map((route) => [route.rpc, route] as [string, Route]);
const inNamespace = ({ path }: Route): boolean => path.includes('{namespace}');
const send = (engine: ReturnType<typeof guarded>, route: Route, headers: Record<string, string> = {}) => {
  const { path, body } = cases[route.rpc]!;
  return engine.send(route.method, path, body, headers);
};

/** Who may call what in a namespace: written down once more, not computed. */
const mayCall: Record<string, string[]> = {
  any: ['reader', 'writer', 'worker', 'admin'],
  reader: ['reader', 'writer', 'admin'],
  writer: ['writer', 'admin'],
  worker: ['worker', 'admin'],
  admin: ['admin'],
};

describe('SEC-T5 (CVE-2026-5724): without a credential', () => {
  it.each(rows)('%s is refused, and asks no object', async (_, route) => {
    const engine = guarded();
    for (const headers of [
      {},
      bearer('nonsense'),
      bearer(`perdure_0123456789abcdef_${'A'.repeat(43)}`),
      bearer(`${'a'.repeat(63)}b`),
      { authorization: `Basic ${ADMIN_KEY}` },
      { 'cf-access-jwt-assertion': 'a.b.c' },
    ] as Array<Record<string, string>>) {
      const reply = await send(engine, route, headers);
      expect([reply.status, reply.body.code]).toEqual([401, 16]);
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(engine.touched()).toEqual([]);
  });

  it('no route of the router is answered but those that say nothing of anybody, whoever adds one', async () => {
    const engine = guarded();
    const answered = new Set<string>();
    const paths = engine.app.routes.filter(({ method, path }) => method !== 'ALL' && path !== '/*');
    expect(paths.length).toBeGreaterThan(2 * routes.length);
    for (const { method, path } of paths) {
      const { status } = await engine.app.request(
        `http://127.0.0.1:8787${path.replace(/:\w+/g, 'x').replace('*', 'x')}`,
        { method, ...(method === 'POST' && { body: '{}' }) },
        engine.env,
      );
      if (status !== 401) answered.add(`${method} ${path}`);
    }
    expect([...answered].sort()).toEqual([
      // Takes a cookie away, and gives one for a credential that counts: test/auth/web-session.test.ts.
      'DELETE /ui/session',
      'GET /docs/api',
      'GET /health',
      'GET /openapi.json',
      'GET /ready',
      'GET /ui',
      'GET /ui/*',
      'POST /ui/session',
    ]);
  });

  it('nothing but health and the public keys is answered: no other path, known or not', async () => {
    const engine = guarded();
    for (const path of ['/', '/nope', '/docs', '/api/v1', '/debug', '/health/x'])
      expect([path, (await engine.get(path)).status]).toEqual([path, 401]);
    expect((await engine.get('/health')).body).toEqual({ status: 'SERVING' });
  });
});

describe('SEC-T6 (GHSA-h3jj-5f3v-3685): the role of a route', () => {
  it.each(rows)('%s is what it takes, in the namespace that the path names', async (_, route) => {
    const { status: done = 200 } = cases[route.rpc]!;
    for (const role of ['reader', 'writer', 'worker', 'admin']) {
      const engine = guarded();
      const here = await send(engine, route, bearer(await engine.keyWith(`default:${role}`)));
      const allowed =
        mayCall[route.permission]!.includes(role) && (inNamespace(route) || route.permission === 'any');
      expect([role, here.status]).toEqual([role, allowed ? done : 403]);
      if (!allowed) expect(engine.touched()).toEqual([]);

      const elsewhere = guarded();
      const foreign = await send(elsewhere, route, bearer(await elsewhere.keyWith(`shop:${role}`)));
      expect([role, foreign.status]).toEqual([role, route.permission === 'any' ? 200 : 403]);

      const everywhere = guarded();
      const system = await send(everywhere, route, bearer(await everywhere.keyWith(`system:${role}`)));
      expect([role, system.status]).toEqual([role, mayCall[route.permission]!.includes(role) ? done : 403]);
    }
    expect((await send(guarded(), route, bearer(ADMIN_KEY))).status).toBe(done);
  });

  it('is told apart from the namespace: one that is foreign and one that is not there look the same', async () => {
    const engine = guarded();
    const headers = bearer(await engine.keyWith('default:admin'));
    const foreign = await engine.get('/api/v1/namespaces/shop/workflows/w', headers);
    const absent = await engine.get('/api/v1/namespaces/nope/workflows/w', headers);
    expect(foreign.status).toBe(403);
    expect(absent.text.replaceAll('nope', 'shop')).toBe(foreign.text);
    expect((await engine.get('/api/v1/namespaces', headers)).body.namespaces).toMatchObject([
      { namespaceInfo: { name: 'default' } },
    ]);
  });

  it('counts several grants together, and what is no grant not at all', async () => {
    const engine = guarded();
    const both = bearer(
      await engine.keyWith('default:worker', 'default:reader', 'default:king', 'default', ':admin'),
    );
    expect((await engine.get(`${NS}/workflows`, both)).status).toBe(200);
    expect((await engine.post(`${NS}/activities/x/complete`, {}, both)).status).toBe(200);
    expect((await engine.post(`${NS}/workflows/w`, startBody, both)).status).toBe(403);
  });
});

describe('SEC-T2 (CVE-2025-14986): a request', () => {
  it('that is authorised for one namespace cannot name another inside', async () => {
    const engine = guarded();
    const headers = bearer(await engine.keyWith('default:admin'));
    const update = cases.ExecuteMultiOperation as {
      path: string;
      body: { startWorkflow: object; updateWorkflow: object };
    };
    const inner = [
      { ...update.body, namespace: 'shop' },
      { ...update.body, startWorkflow: { ...update.body.startWorkflow, namespace: 'shop' } },
      { ...update.body, updateWorkflow: { ...update.body.updateWorkflow, namespace: 'shop' } },
    ];
    for (const body of inner) expect((await engine.post(update.path, body, headers)).status).toBe(400);
    const query = await engine.get(`${NS}/workflows/w?namespace=shop`, headers);
    expect(query.status).toBe(400);
    expect(engine.touched()).toEqual([]);
  });
});

describe('SEC-T8: an engine', () => {
  it('without any credential configured serves nobody, and says so at its health', async () => {
    const engine = guarded({}, { PERDURE_ADMIN_KEY: undefined });
    const health = await engine.get('/health');
    expect([health.status, health.body.status]).toEqual([500, 'NOT_SERVING']);
    for (const [, route] of rows) expect((await send(engine, route, bearer(ADMIN_KEY))).status).toBe(403);
    expect(engine.stubs).toEqual([]);
  });

  it.each([
    ['an admin key that could be guessed', { PERDURE_ADMIN_KEY: 'secret' }],
    ['half of the settings for tokens', { JWT_JWKS_URL: 'https://id.example.com/jwks' }],
    ['half of the settings for Access', { ACCESS_TEAM_DOMAIN: 'team.cloudflareaccess.com' }],
    [
      'permissions that are not JSON',
      { ACCESS_TEAM_DOMAIN: 'a', ACCESS_AUDIENCE: 'b', ACCESS_PERMISSIONS: '{' },
    ],
  ])('with %s serves nobody', async (_, vars) => {
    const engine = guarded({}, vars);
    expect((await engine.get('/health')).status).toBe(500);
    expect((await engine.get('/api/v1/system-info', bearer(ADMIN_KEY))).status).toBe(403);
  });

  it('in development with a key set wants the key', async () => {
    const engine = guarded({}, { PERDURE_DEV: '1' });
    expect((await engine.get('/api/v1/system-info')).status).toBe(401);
    expect((await engine.get('/api/v1/system-info', bearer(ADMIN_KEY))).status).toBe(200);
  });

  it('is in development only when it is told so in so many words', async () => {
    for (const PERDURE_DEV of ['', '0', 'true', 'yes']) {
      const engine = guarded({}, { PERDURE_ADMIN_KEY: undefined, PERDURE_DEV });
      expect((await engine.get('/api/v1/system-info')).status).toBe(403);
    }
  });
});

describe('SEC-T10: what proves who somebody is', () => {
  it('reaches no object and no log', async () => {
    const canary = 'canary-5f0c2d';
    const engine = guarded({ request: () => Promise.reject(new Error('broken')) });
    const key = await engine.keyWith('default:admin');
    const headers = { ...bearer(key), cookie: canary, 'cf-access-client-secret': canary };
    for (const [, route] of rows) await send(engine, route, headers);
    const seen = JSON.stringify([engine.asked, engine.logged, engine.stubs]);
    expect(seen).not.toContain(canary);
    expect(seen).not.toContain(parseApiKey(key)!.secret);
  });
});

describe('the audit log', () => {
  it('gets every call that changes something as an admin, and every end by force, before it is done', async () => {
    const audited = rows.filter(([, route]) => isAudited(route));
    expect(audited.map(([rpc]) => rpc)).toEqual(
      expect.arrayContaining([
        'TerminateWorkflowExecution',
        'ResetWorkflowExecution',
        'CreateApiKey',
        'RevokeApiKey',
        'DeleteWorkerDeployment',
      ]),
    );
    for (const [rpc, route] of audited) {
      const engine = guarded();
      await send(engine, route, { ...bearer(ADMIN_KEY), 'cf-connecting-ip': '192.0.2.7' });
      const [first] = engine.asked;
      expect(first).toMatchObject({
        object: inNamespace(route) ? 'namespace default' : 'namespace \u0000system',
        method: 'audit',
        args: [{ principal: 'admin-key', rpc, remoteAddress: '192.0.2.7' }],
      });
    }
  });

  it('stops what it cannot take', async () => {
    const engine = guarded({ audit: () => Promise.reject(new Error('disk full')) });
    const reply = await engine.post(`${NS}/workflows/w/terminate`, {}, bearer(ADMIN_KEY));
    expect(reply.status).toBe(500);
    expect(engine.asked.map(({ method }) => method)).toEqual(['audit']);
  });

  it('gets a Worker when it is new, not each time that it registers again', async () => {
    const seen: string[] = [];
    const worker = { url: 'http://127.0.0.1:1', registeredTime: '1', lastSeenTime: '1' };
    const engine = guarded({
      registerWorker: () => ({ ok: worker }),
      audit: ({ rpc }: { rpc: string }) => void seen.push(rpc),
    });
    const register = () => engine.post(`${NS}/workers`, { url: worker.url }, bearer(ADMIN_KEY));
    await register();
    worker.lastSeenTime = '2';
    await register();
    expect(seen).toEqual(['RegisterWorker']);
  });
});

describe('a namespace with a limit', () => {
  it('gets 429 with Retry-After beyond it, others go on', async () => {
    const engine = guarded({}, { RATE_LIMITS: '{"default": 3}' });
    const ask = (namespace: string) =>
      engine.get(`/api/v1/namespaces/${namespace}/workflows/w`, bearer(ADMIN_KEY));
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await ask('default')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await ask('default');
    expect([refused.headers.get('retry-after'), refused.body.code]).toEqual(['1', 8]);
    expect(refused.body.details).toMatchObject([
      { cause: 'RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT', scope: 'RESOURCE_EXHAUSTED_SCOPE_NAMESPACE' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo' },
    ]);
    expect((await ask('shop')).status).toBe(200);
    expect(engine.touched().length).toBe(4);
  });

  it('is told when it is worth another try', async () => {
    const engine = guarded({}, { RATE_LIMITS: '{"default": 0.2}' });
    const statuses = [];
    for (let i = 0; i < 2; i++) {
      const { status, headers } = await engine.get(`${NS}/workflows/w`, bearer(ADMIN_KEY));
      statuses.push([status, headers.get('retry-after')]);
    }
    expect(statuses).toEqual([
      [200, null],
      [429, '5'],
    ]);
  });
});
