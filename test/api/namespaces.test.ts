import { describe, expect, it } from 'vitest';
import { routes } from '../../src/api/routes.ts';
import { Namespaces } from '../../src/auth/namespaces.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { makeEngine, NS } from './engine.ts';
import { cases } from './route-cases.ts';

const NAMESPACES = '/api/v1/namespaces';

/** An engine whose registered namespaces are real. */
function engineWithNamespaces(answers: Parameters<typeof makeEngine>[0] = {}) {
  const registered = new Namespaces(memorySql(), () => Date.UTC(2026, 0, 1));
  const answer = <T>(work: () => T) => {
    try {
      return { ok: work() };
    } catch (error) {
      return { error: (error as { toData(): unknown }).toData() };
    }
  };
  return makeEngine({
    listNamespaces: () => registered.list(),
    findNamespace: (name: string) => registered.find(name),
    registerNamespace: (...args: Parameters<Namespaces['register']>) =>
      answer(() => registered.register(...args)),
    updateNamespace: (...args: Parameters<Namespaces['update']>) => answer(() => registered.update(...args)),
    deleteNamespace: (name: string) => registered.delete(name),
    ...answers,
  });
}

describe('a namespace', () => {
  it('says how far the moving of rows is, where its list grows', async () => {
    const engine = (shards: string) => {
      let asked = 0;
      const vars = { VISIBILITY_SHARDS: shards };
      return makeEngine({ listNamespaces: () => [], isMoving: () => asked++ < 3 }, vars);
    };
    expect((await engine('2,6').get(NS)).body.visibilityShards).toEqual({ counts: [2, 6], moving: 3 });
    expect((await engine('6').get(NS)).body).not.toHaveProperty('visibilityShards');
  });

  it.each([
    [{ seconds: 864_000, nanos: 0 }, '864000s'],
    [{ seconds: '864000' }, '864000s'],
    [{ seconds: { low: 864_000, high: 0, unsigned: false }, nanos: 500_000_000 }, '864000.5s'],
  ])('takes its retention also as a message of protobuf: %j', async (period, expected) => {
    const engine = engineWithNamespaces();
    const body = { namespace: 'shop', workflowExecutionRetentionPeriod: period };
    expect((await engine.post(NAMESPACES, body)).status).toBe(200);
    const { body: described } = await engine.get(`${NAMESPACES}/shop`);
    expect(described).toMatchObject({ config: { workflowExecutionRetentionTtl: expected } });
  });

  it.each([
    [{ seconds: -1 }],
    [{ seconds: 1.5 }],
    [{ seconds: 1, nanos: 1e9 }],
    [{ days: 3 }],
    [[864_000]],
    [864_000],
  ])('refuses %j for its retention', async (period) => {
    const body = { namespace: 'shop', workflowExecutionRetentionPeriod: period };
    expect((await engineWithNamespaces().post(NAMESPACES, body)).status).toBe(400);
  });

  it('is registered with a retention of 30 days unless it says otherwise, described, changed and listed', async () => {
    const engine = engineWithNamespaces();
    const body = { namespace: 'shop', description: 'a shop', data: { team: 'a' } };
    expect((await engine.post(NAMESPACES, body)).status).toBe(200);
    const { body: described } = await engine.get(`${NAMESPACES}/shop`);
    expect(described).toMatchObject({
      namespaceInfo: { name: 'shop', state: 'NAMESPACE_STATE_REGISTERED', description: 'a shop' },
      config: { workflowExecutionRetentionTtl: '2592000s' },
    });
    const change = {
      updateInfo: { data: { place: 'b' } },
      config: { workflowExecutionRetentionTtl: '86400s' },
    };
    const changed = await engine.post(`${NAMESPACES}/shop/update`, change);
    expect(changed.body).toMatchObject({
      namespaceInfo: { description: 'a shop', data: { team: 'a', place: 'b' } },
      config: { workflowExecutionRetentionTtl: '86400s' },
    });
    await engine.post(`${NS}/update`, change);
    const pages: string[][] = [];
    let token = '';
    do {
      const { body: page } = await engine.get(`${NAMESPACES}?pageSize=1&nextPageToken=${token}`);
      pages.push(page.namespaces.map((n: { namespaceInfo: { name: string } }) => n.namespaceInfo.name));
      token = page.nextPageToken ?? '';
    } while (token);
    expect(pages).toEqual([['default'], ['shop']]);
    expect((await engine.get(NS)).body.config).toEqual({ workflowExecutionRetentionTtl: '86400s' });
  });

  it('is registered once; the same request again changes nothing', async () => {
    const engine = engineWithNamespaces();
    const register = (requestId: string) => engine.post(NAMESPACES, { namespace: 'shop', requestId });
    expect((await register('q1')).status).toBe(200);
    expect((await register('q1')).status).toBe(200);
    const other = await register('q2');
    expect([other.status, other.body.code]).toEqual([409, 6]);
    expect((await engine.post(NAMESPACES, { namespace: 'default' })).status).toBe(409);
  });

  it.each([
    [{ namespace: 'system' }, 'namespace: stands for all namespaces'],
    [{ namespace: '../x' }, 'namespace: must be letters'],
    [{ namespace: 'x', workflowExecutionRetentionPeriod: '5s' }, 'retention: 5s is not between an hour'],
    [{ namespace: 'x', limits: { historyEvents: -1 } }, 'limits.historyEvents: must not be below 0'],
    [{ namespace: 'x', limits: { openRuns: 1 } }, 'openRuns'],
    [{ namespace: 'x', jurisdiction: 'mars' }, 'jurisdiction'],
  ])('%j is refused, and says why', async (body, message) => {
    const { status, body: reply } = await engineWithNamespaces().post(NAMESPACES, body);
    expect([status, reply.message]).toEqual([400, expect.stringContaining(message)]);
  });

  it('has a limit of requests of its own', async () => {
    const engine = engineWithNamespaces();
    await engine.post(NAMESPACES, { namespace: 'shop', limits: { requestsPerSecond: 2 } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await engine.get(`${NAMESPACES}/shop/workflows/w`)).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect((await engine.get(`${NS}/workflows/w`)).status).toBe(200);
  });

  it('keeps the limits that are not given, loses one with 0, and those of the variable are the variable’s', async () => {
    const engine = engineWithNamespaces();
    const limits = { requestsPerSecond: 2, historyEvents: 1_000 };
    await engine.post(NAMESPACES, { namespace: 'shop', limits });
    const update = async (given: object) =>
      (await engine.post(`${NAMESPACES}/shop/update`, { limits: given })).body.limits;
    expect(await update({ historyBytes: 5_000 })).toEqual({ ...limits, historyBytes: 5_000 });
    expect(await update({ requestsPerSecond: 0 })).toEqual({ historyEvents: 1_000, historyBytes: 5_000 });
    const refused = await engine.post(`${NS}/update`, { limits });
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('RUN_LIMITS')]);
  });

  it('has a jurisdiction from its beginning, which no update changes, nor a later namespace of its name', async () => {
    const engine = engineWithNamespaces({ count: () => ({ ok: { count: 0, groups: [] } }) });
    const register = (jurisdiction?: string) =>
      engine.post(NAMESPACES, { namespace: 'shop', ...(jurisdiction && { jurisdiction }) });
    expect((await register('eu')).status).toBe(200);
    expect((await engine.get(`${NAMESPACES}/shop`)).body.jurisdiction).toBe('eu');
    const moved = await engine.post(`${NAMESPACES}/shop/update`, { jurisdiction: 'us' });
    expect([moved.status, moved.body.message]).toEqual([400, expect.stringContaining('never changes')]);
    expect((await engine.send('DELETE', `${NAMESPACES}/shop`)).status).toBe(200);
    for (const other of ['us', undefined]) {
      const { status, body } = await register(other);
      expect([status, body.message]).toEqual([400, expect.stringContaining('its jurisdiction was eu')]);
    }
    expect((await register('eu')).status).toBe(200);
  });

  it('keeps its jurisdiction, too, where it was made before names were noted, and is found by it', () => {
    const sql = memorySql();
    const old = new Namespaces(sql, () => 0);
    for (const [name, jurisdiction] of [['plain'], ['there', 'eu']] as const)
      old.register({ namespace: name, ...(jurisdiction && { jurisdiction }) }, name);
    [...sql.exec('DROP TABLE jurisdictions')];
    const all = new Namespaces(sql, () => 0);
    expect(all.homeOfDeleted('there')).toBeUndefined();
    expect([all.delete('plain'), all.delete('there'), all.delete('there')]).toEqual([true, true, false]);
    expect(['plain', 'there', 'none'].map((name) => all.homeOfDeleted(name))).toEqual([
      {},
      { jurisdiction: 'eu' },
      undefined,
    ]);
    expect(() => all.register({ namespace: 'plain', jurisdiction: 'eu' }, 'x')).toThrow('a name keeps it');
    expect(() => all.register({ namespace: 'there' }, 'x')).toThrow('its jurisdiction was eu');
    expect(all.register({ namespace: 'there', jurisdiction: 'eu' }, 'x').id).toBe('x');
  });

  it('is deleted once nothing is in it, and then not there any more', async () => {
    let workflows = 3;
    let activities = 1;
    const count = ({ kind }: { kind?: string }) => (kind === 'activities' ? activities : workflows);
    const engine = engineWithNamespaces({
      count: (request: { kind?: string }) => ({ ok: { count: count(request), groups: [] } }),
    });
    await engine.post(NAMESPACES, { namespace: 'shop' });
    const full = await engine.send('DELETE', `${NAMESPACES}/shop`);
    expect([full.status, full.body.message]).toEqual([400, expect.stringContaining('12 workflow(s)')]);
    workflows = 0;
    const alone = await engine.send('DELETE', `${NAMESPACES}/shop`);
    expect([alone.status, alone.body.message]).toEqual([
      400,
      expect.stringContaining('4 activity(s) of no workflow'),
    ]);
    activities = 0;
    expect((await engine.send('DELETE', `${NAMESPACES}/shop`)).status).toBe(200);
    expect((await engine.get(`${NAMESPACES}/shop/workflows/w`)).status).toBe(404);
  });
});

describe('namespaces are apart', () => {
  const inside = routes.filter(({ path }) => path.includes('{namespace}'));

  it.each(inside.map((route) => [route.rpc, route] as const))(
    '%s in one asks no object of another, whichever of the two it is',
    async (rpc, route) => {
      const { path, body } = cases[rpc]!;
      for (const [here, there] of [
        ['shop', 'default'],
        ['default', 'shop'],
      ] as const) {
        const engine = engineWithNamespaces();
        await engine.post(NAMESPACES, { namespace: 'shop' });
        engine.stubs.length = 0;
        const own = path.replace('/namespaces/default', `/namespaces/${here}`);
        const { status } = await engine.send(route.method, own, body);
        expect(status).not.toBe(500);
        expect(engine.stubs.filter((object) => object.includes(there))).toEqual([]);
      }
    },
  );
});
