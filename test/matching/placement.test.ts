import { expect, it } from 'vitest';
import { boundWorkers, type Env } from '../../src/env.ts';
import { placed } from '../../src/placement.ts';

/** A kind of object, and a name of one that belongs to the namespace. */
const kinds = {
  WORKFLOW_EXECUTION: (namespace: string) => JSON.stringify([namespace, 'w']),
  VISIBILITY: (namespace: string) => JSON.stringify([namespace, 3]),
  SCHEDULE: (namespace: string) => JSON.stringify([namespace, 's']),
  BATCH: (namespace: string) => namespace,
  NAMESPACE: (namespace: string) => namespace,
  LIMITED_TASK_QUEUE: (namespace: string) => JSON.stringify([namespace, 'q']),
} as const;
type Kind = keyof typeof kinds;
const all = Object.keys(kinds) as Kind[];

interface Asked {
  place: string;
  name: string;
  options: object | undefined;
}

class Engine {
  readonly env: Env;
  /** Names that the engine's own object was asked for. */
  readonly lookups: string[] = [];
  readonly homes: Record<string, { jurisdiction?: string }> = { 'shop-eu': { jurisdiction: 'eu' }, shop: {} };
  readonly homesOfDeleted: Record<string, { jurisdiction?: string }> = {};
  /** The engine's own object does not answer so often. */
  failures = 0;

  constructor(settings: Partial<Env> = {}) {
    const bindings = Object.fromEntries(all.map((kind) => [kind, this.#objects('anywhere')]));
    this.env = { ...bindings, ...settings } as Env;
  }

  #objects(place: string): object {
    return {
      jurisdiction: (jurisdiction: string) => this.#objects(jurisdiction),
      getByName: (name: string, options?: object) => ({
        // What every stub of the engine has: methods.
        where: async (): Promise<Asked> => ({ place, name, options }),
        findNamespace: async (namespace: string) => {
          if (this.failures-- > 0) throw new Error('overloaded');
          this.lookups.push(`${place}: ${namespace}`);
          return this.homes[namespace];
        },
        homeOfDeletedNamespace: async (namespace: string) => this.homesOfDeleted[namespace],
      }),
    };
  }

  async where(kind: Kind, namespace = 'default'): Promise<Asked> {
    const stub = placed(this.env)[kind].getByName(kinds[kind](namespace)) as unknown as {
      where(): Promise<Asked>;
    };
    return (await stub).where();
  }
}

it.each(all)(
  'objects of %s are where the engine is, and those of the variable’s namespaces ask nobody',
  async (kind) => {
    const here = new Engine();
    expect(await here.where(kind)).toEqual({
      place: 'anywhere',
      name: kinds[kind]('default'),
      options: undefined,
    });
    const eu = new Engine({ JURISDICTION: 'eu' });
    expect(await eu.where(kind)).toMatchObject({ place: 'eu' });
    expect([...here.lookups, ...eu.lookups]).toEqual([]);
  },
);

it.each(all)('objects of %s are where their namespace is, which is asked for once', async (kind) => {
  const engine = new Engine({ JURISDICTION: 'us' });
  for (let i = 0; i < 3; i++) expect(await engine.where(kind, 'shop-eu')).toMatchObject({ place: 'eu' });
  expect(await engine.where(kind, 'shop')).toMatchObject({ place: 'us' });
  expect(engine.lookups).toEqual(['us: shop-eu', 'us: shop']);
});

it('a namespace that is not there yet is asked for again', async () => {
  const engine = new Engine();
  expect(await engine.where('BATCH', 'new')).toMatchObject({ place: 'anywhere' });
  engine.homes.new = { jurisdiction: 'eu' };
  expect(await engine.where('BATCH', 'new')).toMatchObject({ place: 'eu' });
});

it('objects of a namespace that was deleted are where they were', async () => {
  const engine = new Engine({ JURISDICTION: 'us' });
  Object.assign(engine.homesOfDeleted, { 'old-eu': { jurisdiction: 'eu' }, old: {} });
  for (let i = 0; i < 2; i++)
    expect(await engine.where('NAMESPACE', 'old-eu')).toMatchObject({ place: 'eu' });
  expect(await engine.where('NAMESPACE', 'old')).toMatchObject({ place: 'us' });
  expect(engine.lookups).toEqual(['us: old-eu', 'us: old']);
});

it('one stub goes on when the engine’s own object answers again', async () => {
  const engine = new Engine();
  engine.failures = 1;
  const stub = placed(engine.env).BATCH.getByName('shop-eu') as unknown as { where(): Promise<Asked> };
  await expect(stub.where()).rejects.toThrow('overloaded');
  expect(await stub.where()).toMatchObject({ place: 'eu' });
});

it('a hint goes with each name, within a jurisdiction as well', async () => {
  const options = { locationHint: 'weur' };
  const hinted = new Engine({ LOCATION_HINT: 'weur' });
  expect(await hinted.where('SCHEDULE')).toMatchObject({ place: 'anywhere', options });
  expect(await hinted.where('SCHEDULE', 'shop-eu')).toMatchObject({ place: 'eu', options });
});

it('in development there are no jurisdictions', async () => {
  const engine = new Engine({ JURISDICTION: 'us', PERDURE_DEV: '1' });
  expect(await engine.where('NAMESPACE', 'shop-eu')).toMatchObject({ place: 'anywhere' });
});

it('other bindings and variables stay, and the same environment is placed once', () => {
  const { env } = new Engine({ JURISDICTION: 'eu', NAMESPACES: 'shop' });
  Object.assign(env, { WORKER_ORDERS: { fetch: async () => new Response() } });
  expect(placed(env).NAMESPACES).toBe('shop');
  expect(boundWorkers(placed(env))).toMatchObject([{ name: 'WORKER_ORDERS' }]);
  expect(placed(env)).toBe(placed(env));
});

it('only services are bound Workers, whatever the name of a variable begins with', () => {
  const { env } = new Engine({ WORKER_HOSTS: '.example.com' });
  const service = { fetch: async () => new Response() };
  Object.assign(env, { WORKER_ORDERS: service, WORKER_TOKEN: 'secret', WORKER_LIMITS: { most: 5 } });
  expect(boundWorkers(placed(env))).toEqual([{ name: 'WORKER_ORDERS', service }]);
});
