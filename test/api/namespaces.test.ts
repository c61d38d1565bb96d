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
    [{ namespace: 'x', limits: { requestsPerSecond: 0 } }, 'limits.requestsPerSecond: must be over 0'],
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

  it('is deleted once nothing is in it, and then not there any more', async () => {
    let workflows = 3;
    const engine = engineWithNamespaces({ count: () => ({ ok: { count: workflows, groups: [] } }) });
    await engine.post(NAMESPACES, { namespace: 'shop' });
    const full = await engine.send('DELETE', `${NAMESPACES}/shop`);
    expect([full.status, full.body.message]).toEqual([400, expect.stringContaining('12 workflow(s)')]);
    workflows = 0;
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
