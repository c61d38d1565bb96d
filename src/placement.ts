/** Where objects are: a jurisdiction that they never leave, a place near which new ones are made. */

import { type Env, isDevelopment } from './env.ts';

type ObjectBinding = {
  [K in keyof Env]-?: Env[K] extends DurableObjectNamespace ? K : never;
}[keyof Env];

/** Every kind of object: one that is forgotten here does not compile. */
const objectBindings: Record<ObjectBinding, true> = {
  WORKFLOW_EXECUTION: true,
  VISIBILITY: true,
  SCHEDULE: true,
  BATCH: true,
  NAMESPACE: true,
  LIMITED_TASK_QUEUE: true,
};

/** One for each environment: others keep what they know by it. */
const made = new WeakMap<Env, Env>();

/** The environment whose objects are placed as its settings say: what entries and objects work with. */
export function placed(env: Env): Env {
  const { LOCATION_HINT: locationHint } = env;
  // workerd on a machine of one's own knows no jurisdictions, and refuses them.
  const jurisdiction = isDevelopment(env) ? undefined : env.JURISDICTION;
  if (!jurisdiction && !locationHint) return env;
  const known = made.get(env);
  if (known) return known;
  const place = (all: DurableObjectNamespace): DurableObjectNamespace => {
    const within = jurisdiction ? all.jurisdiction(jurisdiction as DurableObjectJurisdiction) : all;
    if (!locationHint) return within;
    const hint = { locationHint: locationHint as DurableObjectLocationHint };
    // The engine asks for objects by their names, and in no other way.
    const { getByName }: Pick<DurableObjectNamespace, 'getByName'> = {
      getByName: (name) => within.getByName(name, hint),
    };
    return { getByName } as DurableObjectNamespace;
  };
  const bindings = Object.keys(objectBindings) as ObjectBinding[];
  const result = { ...env, ...Object.fromEntries(bindings.map((name) => [name, place(env[name])])) };
  made.set(env, result);
  return result;
}
