/**
 * Where objects are: a jurisdiction that they never leave, a place near which new ones are made. Each namespace may have a
 * jurisdiction of its own, which only the engine's own object knows: whoever asks for an object of a namespace for the
 * first time gets a stub that asks there first. What is learnt stays true: a name keeps its jurisdiction for good.
 */

import { isSystemObject, systemObject } from './auth/system-object.ts';
import { type Env, isDevelopment, namespaces } from './env.ts';

type ObjectBinding = {
  [K in keyof Env]-?: Env[K] extends DurableObjectNamespace ? K : never;
}[keyof Env];

const isName = (name: string): string => name;
const isFirstOfPair = (name: string): string => (JSON.parse(name) as [string])[0];

/** Every kind of object, and how its name tells its namespace: one that is forgotten here does not compile. */
const objectBindings: Record<ObjectBinding, (name: string) => string> = {
  WORKFLOW_EXECUTION: isFirstOfPair,
  VISIBILITY: isFirstOfPair,
  SCHEDULE: isFirstOfPair,
  BATCH: isName,
  NAMESPACE: isName,
  LIMITED_TASK_QUEUE: isFirstOfPair,
};

/** One for each environment: others keep what they know by it. */
const made = new WeakMap<Env, Env>();

/** The environment whose objects are placed as its settings say: what entries and objects work with. */
export function placed(env: Env): Env {
  const known = made.get(env);
  if (known) return known;
  const homes = new Homes(env);
  const bindings = Object.entries(objectBindings) as Array<[ObjectBinding, (name: string) => string]>;
  const result: Env = { ...env };
  for (const [binding, namespaceOf] of bindings) result[binding] = homes.objects(env[binding], namespaceOf);
  made.set(env, result);
  homes.ask = async (name) => {
    const engine = systemObject(result);
    return (await engine.findNamespace(name)) ?? engine.homeOfDeletedNamespace(name);
  };
  return result;
}

class Homes {
  readonly #env: Env;
  /** Namespace → its jurisdiction; `undefined`: that of the engine. */
  readonly #known = new Map<string, string | undefined>();
  ask: (namespace: string) => Promise<{ jurisdiction?: string } | undefined> = async () => undefined;

  constructor(env: Env) {
    this.#env = env;
    // Those of the variable are where the engine is.
    for (const name of namespaces(env)) this.#known.set(name, undefined);
  }

  /** The engine asks for objects by their names, and in no other way. */
  objects(all: DurableObjectNamespace, namespaceOf: (name: string) => string): DurableObjectNamespace {
    const getByName = (name: string): DurableObjectStub => {
      if (isSystemObject(name)) return this.#stub(all, undefined, name);
      const namespace = namespaceOf(name);
      if (this.#known.has(namespace)) return this.#stub(all, this.#known.get(namespace), name);
      return later(async () => this.#stub(all, await this.#find(namespace), name));
    };
    return { getByName } as Pick<DurableObjectNamespace, 'getByName'> as DurableObjectNamespace;
  }

  /** A namespace that is not there yet is not remembered. */
  async #find(namespace: string): Promise<string | undefined> {
    const record = await this.ask(namespace);
    if (record) this.#known.set(namespace, record.jurisdiction);
    return record?.jurisdiction;
  }

  #stub(all: DurableObjectNamespace, own: string | undefined, name: string): DurableObjectStub {
    const { LOCATION_HINT: locationHint } = this.#env;
    // workerd on a machine of one's own knows no jurisdictions, and refuses them.
    const jurisdiction = isDevelopment(this.#env) ? undefined : (own ?? this.#env.JURISDICTION);
    const within = jurisdiction ? all.jurisdiction(jurisdiction as DurableObjectJurisdiction) : all;
    return locationHint
      ? within.getByName(name, { locationHint: locationHint as DurableObjectLocationHint })
      : within.getByName(name);
  }
}

/** A stub that is found when the first of its methods is called. It has methods only. */
function later(find: () => Promise<DurableObjectStub>): DurableObjectStub {
  let found: Promise<DurableObjectStub> | undefined;
  const call =
    (method: string) =>
    async (...args: unknown[]): Promise<unknown> => {
      // One that failed is looked for anew.
      found ??= find().catch((error) => {
        found = undefined;
        throw error;
      });
      const stub = (await found) as unknown as Record<string, (...args: unknown[]) => unknown>;
      return stub[method]!(...args);
    };
  return new Proxy({} as DurableObjectStub, {
    // Whoever awaits a stub gets it: it is no promise.
    get: (_, method) => (typeof method === 'symbol' || method === 'then' ? undefined : call(method)),
  });
}
