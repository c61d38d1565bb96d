/**
 * Faults in workerd: the Nth call of a kind (storage, queue, RPC, fetch) that concerns one workflow fails. The engine's source
 * knows nothing of it: `../entry.ts` gives its objects a context and an environment in which every such call asks here first.
 *
 * What a call concerns stands in it: workflow ids of these tests are `~KEY~…`, and whatever carries one belongs to the plan of
 * that key. So many scenarios run at once, each with a fault of its own.
 */

export const callKinds = ['storage', 'queue', 'rpc', 'fetch'] as const;
export type CallKind = (typeof callKinds)[number];

export const modes = ['before', 'after', 'late'] as const;
/** `before`: it fails and does nothing. `after`: it is done, and reported as failed. `late`: it is done some time later. */
export type Mode = (typeof modes)[number];

export interface Fault {
  kind: CallKind;
  mode: Mode;
  /** From 1. */
  nth: number;
}

/** What is to happen to the calls of one key, and what did. */
export interface Plan {
  fault: Fault | undefined;
  /** Calls so far. */
  counts: Record<CallKind, number>;
  /** The calls of objects among them, by name. */
  asked: string[];
  /** Alarms of the object that came. */
  alarms: number;
  /** Of the object of the workflow, an alarm is one row written; and of others that have it in their tables. */
  rows: Record<'own' | 'listed', { read: number; written: number }>;
  /** What was hit. */
  hit?: string;
}

const LATE_MS = 60;
const KEY = /~([\w-]+)~/;

const plans = new Map<string, Plan>();

export function arm(key: string, fault?: Fault): Plan {
  const plan: Plan = {
    fault,
    counts: { storage: 0, queue: 0, rpc: 0, fetch: 0 },
    asked: [],
    alarms: 0,
    rows: { own: { read: 0, written: 0 }, listed: { read: 0, written: 0 } },
  };
  plans.set(key, plan);
  return plan;
}

export function disarm(): void {
  plans.clear();
}

export function alarmFired(object: string | undefined): void {
  const plan = plans.get(keyIn(object ?? '') ?? '');
  if (plan) plan.alarms++;
}

let looking = false;

/** Looks at what is stored, at once: no call of the engine's, so it is not counted and does not fail. */
export function unharmed<T>(look: () => T): T {
  looking = true;
  try {
    return look();
  } finally {
    looking = false;
  }
}

const keyIn = (text: string): string | undefined => KEY.exec(text)?.[1];
/** Of arguments: they may hold what is no JSON. */
const textOf = (value: unknown): string => {
  try {
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  } catch {
    return '';
  }
};

/** Counts the call; answers how it is to go wrong, if it is. */
function strike(kind: CallKind, key: string | undefined, what: string): Mode | undefined {
  const plan = key === undefined || looking ? undefined : plans.get(key);
  if (!plan) return undefined;
  const nth = ++plan.counts[kind];
  if (kind === 'rpc') plan.asked.push(what);
  const { fault } = plan;
  if (fault?.kind !== kind || fault.nth !== nth) return undefined;
  plan.hit = what;
  return fault.mode;
}

/** As the platform marks it: what the caller asked for may or may not have happened. */
class LostError extends Error {
  readonly retryable = true;
  readonly remote = true;
}

const failure = (kind: CallKind, what: string): Error =>
  kind === 'rpc' || kind === 'fetch'
    ? new LostError(`Network connection lost. (injected: ${what})`)
    : new Error(`injected: ${what} failed`);

function callNow<T>(kind: CallKind, key: string | undefined, what: string, call: () => T): T {
  // Nothing that is synchronous can be late.
  const mode = strike(kind, key, what);
  if (mode === 'before') throw failure(kind, what);
  const value = call();
  if (mode !== 'after') return value;
  // A statement that is not read to its end is not done.
  (value as { toArray?(): unknown } | undefined)?.toArray?.();
  throw failure(kind, what);
}

async function callLater<T>(
  kind: CallKind,
  key: string | undefined,
  what: string,
  call: () => T | Promise<T>,
): Promise<Awaited<T>> {
  const mode = strike(kind, key, what);
  if (mode === 'before') throw failure(kind, what);
  if (mode === 'late') await new Promise((resolve) => setTimeout(resolve, LATE_MS));
  const value = await call();
  if (mode === 'after') throw failure(kind, what);
  return value;
}

type Method = (...args: unknown[]) => unknown;

/** An object's storage, its calls replaced in place: the class of the platform takes no other context than its own. */
export function withFaultyStorage(ctx: DurableObjectState): DurableObjectState {
  const { storage } = ctx;
  const own = keyIn(ctx.id.name ?? '');
  const exec = storage.sql.exec.bind(storage.sql) as Method;
  storage.sql.exec = ((query: string, ...bindings: unknown[]) => {
    if (plans.size === 0) return exec(query, ...bindings);
    const key = own ?? keyIn(textOf(bindings));
    return callNow('storage', key, `sql ${query.trim().slice(0, 40)}`, () => {
      const cursor = exec(query, ...bindings) as SqlStorageCursor<never>;
      const rows = key === undefined || looking ? undefined : plans.get(key)?.rows;
      if (rows) tally(cursor, own === undefined ? rows.listed : rows.own);
      return cursor;
    });
  }) as typeof storage.sql.exec;
  const transactionSync = storage.transactionSync.bind(storage) as Method;
  storage.transactionSync = ((work: () => unknown) =>
    callNow('storage', own, 'transactionSync', () =>
      transactionSync(work),
    )) as typeof storage.transactionSync;
  // The platform refuses at once what it cannot store; what it cannot store later ends the object.
  const setAlarm = storage.setAlarm.bind(storage) as Method;
  storage.setAlarm = ((time: number) =>
    callNow('storage', own, 'setAlarm', () => {
      const plan = own === undefined ? undefined : plans.get(own);
      if (plan) plan.rows.own.written++;
      return setAlarm(time);
    })) as typeof storage.setAlarm;
  return ctx;
}

/** What is written is written by now; what is read is read as it is asked for. */
function tally(cursor: SqlStorageCursor<never>, sum: { read: number; written: number }): void {
  let read = 0;
  const more = (): void => {
    sum.read += cursor.rowsRead - read;
    read = cursor.rowsRead;
  };
  sum.written += cursor.rowsWritten;
  more();
  const toArray = cursor.toArray.bind(cursor);
  const iterate = cursor[Symbol.iterator].bind(cursor);
  cursor.toArray = () => {
    const rows = toArray();
    more();
    return rows;
  };
  cursor[Symbol.iterator] = () => {
    const rows = iterate();
    const next = rows.next.bind(rows);
    rows.next = () => {
      const result = next();
      more();
      return result;
    };
    return rows;
  };
}

let environments = new WeakMap<object, object>();
let variables: Record<string, string> = {};

/** As a deployment changes them; objects learn of it when they are made the next time. */
export function deployVariables(changed: Record<string, string>): void {
  variables = changed;
  environments = new WeakMap();
}

/** The same bindings; what goes through them asks first. */
export function withFaultyBindings<E extends object>(env: E): E {
  let wrapped = environments.get(env) as E | undefined;
  if (!wrapped) {
    const all = Object.entries({ ...env, ...variables });
    wrapped = Object.fromEntries(all.map(([name, value]) => [name, bound(name, value)])) as E;
    environments.set(env, wrapped);
  }
  return wrapped;
}

function bound(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (name.startsWith('WORKER_')) return service(name, value);
  if (name.startsWith('TASK_QUEUE') || name === 'DEAD') return methods(value, 'queue', name);
  if ('getByName' in value) return objects(name, value as DurableObjectNamespace);
  return value;
}

function objects(name: string, namespace: DurableObjectNamespace): object {
  const getByName = (id: string): object => methods(namespace.getByName(id), 'rpc', name, keyIn(id));
  return new Proxy(namespace, {
    get: (target, property) => {
      if (property === 'getByName') return getByName;
      const value = Reflect.get(target, property) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Every method of `target` is a call. */
function methods(target: object, kind: CallKind, name: string, key?: string): object {
  return new Proxy(target, {
    get: (_, property) => {
      // It is no promise.
      if (property === 'then') return undefined;
      const method = Reflect.get(target, property) as unknown;
      if (typeof method !== 'function') return method;
      // Not `method.apply`: of a method over RPC that would be one more property.
      const call = (args: unknown[]): unknown => Reflect.apply(method as Method, target, args);
      if (typeof property === 'symbol' || plans.size === 0) return (...args: unknown[]) => call(args);
      return (...args: unknown[]) =>
        callLater(kind, key ?? keyIn(textOf(args)), `${name}.${property}`, () => call(args));
    },
  });
}

/** A Worker: HTTP, and sessions over JS RPC, whose calls are calls to the Worker too. */
function service(name: string, target: object): object {
  const own = target as { fetch: Method; openWorkflowSession: Method };
  return new Proxy(target, {
    get: (_, property) => {
      if (property === 'then') return undefined;
      if (property === 'fetch')
        return (url: unknown, init?: { body?: unknown }) =>
          callLater('fetch', keyIn(textOf(init?.body)), `${name} ${textOf(url)}`, () => own.fetch(url, init));
      if (property === 'openWorkflowSession')
        return (init: unknown) => {
          const open = () => own.openWorkflowSession(init);
          if (plans.size === 0) return open();
          const key = keyIn(textOf(init));
          const opening = callLater('fetch', key, `${name}.openWorkflowSession`, open);
          return pipelined(
            opening.then((session) => methods(session as object, 'fetch', `${name} session`, key)),
          );
        };
      const value = Reflect.get(target, property) as unknown;
      return typeof value === 'function' ? (...args: unknown[]) => Reflect.apply(value, target, args) : value;
    },
  });
}

/** As JS RPC: what is still being opened takes calls already. */
function pipelined(opening: Promise<object>): object {
  // Who awaits nothing of it is told by the first call.
  opening.catch(() => undefined);
  return new Proxy(opening, {
    get: (_, property) => {
      if (property === 'then') return opening.then.bind(opening);
      return (...args: unknown[]) =>
        opening.then(
          (target) => Reflect.apply(Reflect.get(target, property) as Method, target, args),
          (error: unknown) => {
            if (property !== Symbol.dispose) throw error;
          },
        );
    },
  });
}
