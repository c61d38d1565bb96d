/**
 * Globals that would let workflow code see more than its history: the clock, randomness, timers, the network, the
 * garbage collector. They are replaced once per isolate by versions that ask whether a workflow is calling. In a workflow
 * they are deterministic or throw; for everybody else they do what they always did.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { CancellationScope } from '../cancellation-scope.ts';
import { DeterminismViolationError } from '../errors.ts';
import { currentContext, type WorkflowContext } from './context.ts';
import { fillFrom, uuidFrom } from './random.ts';
import { startTimer } from './timer.ts';

type AnyFunction = (...args: any[]) => any;
type Constructor = new (...args: any[]) => object;

const RealDate = globalThis.Date;

/** The real clock, in epoch milliseconds. */
export const realNow: () => number = RealDate.now.bind(RealDate);

interface Forbidden {
  /** What the functions are written after, in code and in messages. */
  prefix: string;
  object: () => object | undefined;
  names: string[];
  instead: string;
}

/** Things that must not happen in a workflow, and what to do instead. */
export const FORBIDDEN: readonly Forbidden[] = [
  {
    prefix: '',
    object: () => globalThis,
    names: ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'],
    instead: 'call an activity',
  },
  {
    prefix: '',
    object: () => globalThis,
    names: ['setInterval', 'setImmediate', 'MessageChannel', 'BroadcastChannel'],
    instead: 'use sleep',
  },
  {
    prefix: '',
    object: () => globalThis,
    names: ['WeakRef', 'FinalizationRegistry'],
    instead: 'keep a plain reference',
  },
  {
    prefix: 'scheduler.',
    object: () => (globalThis as { scheduler?: object }).scheduler,
    names: ['wait', 'postTask', 'yield'],
    instead: 'use sleep',
  },
  {
    prefix: 'AbortSignal.',
    object: () => AbortSignal,
    names: ['timeout'],
    instead: 'use CancellationScope.withTimeout',
  },
  { prefix: 'Atomics.', object: () => Atomics, names: ['wait', 'waitAsync'], instead: 'use condition' },
  {
    prefix: 'crypto.subtle.',
    object: () => crypto.subtle,
    names: [
      ...['digest', 'encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
      ...['generateKey', 'importKey', 'exportKey', 'deriveKey', 'deriveBits'],
    ],
    instead: 'call an activity',
  },
];

export type WorkflowGlobals = Pick<typeof globalThis, 'Date' | 'setTimeout' | 'clearTimeout'>;

let installed: WorkflowGlobals | undefined;

/**
 * Replaces the globals; does so once.
 * @returns those that a test may fake for the program around a workflow: what workflow code means by their names all the same
 */
export function installGlobals(): WorkflowGlobals {
  if (installed) return installed;
  replaceDate();
  replaceTimers();
  replaceRandomness();
  replaceOtherClocks();
  provideAsyncLocalStorage();
  for (const row of FORBIDDEN) {
    const object = row.object();
    if (object) for (const name of row.names) forbid(object, name, row);
  }
  const { setTimeout, clearTimeout } = globalThis;
  installed = { Date: globalThis.Date, setTimeout, clearTimeout };
  return installed;
}

/** Temporal's sandbox has it as a global, which libraries ask for where they may not import `node:async_hooks`. */
function provideAsyncLocalStorage(): void {
  if ('AsyncLocalStorage' in globalThis) return;
  const value = AsyncLocalStorage;
  Object.defineProperty(globalThis, 'AsyncLocalStorage', { value, writable: true, configurable: true });
}

/** Replaces a function where it is defined: on the object or on its prototype. Its other properties stay. */
function replace(object: object, name: string, make: (real: AnyFunction) => AnyFunction): void {
  let owner: object | null = object;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const real: unknown = (object as Record<string, unknown>)[name];
  if (!owner || typeof real !== 'function') return;
  const { enumerable } = Object.getOwnPropertyDescriptor(owner, name)!;
  const value = make(real as AnyFunction);
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable });
}

/** A function that acts in workflows as `inWorkflow` does and everywhere else as the real one. */
function twoFaced(
  real: AnyFunction,
  inWorkflow: (context: WorkflowContext, args: any[]) => unknown,
): AnyFunction {
  return new Proxy(real, {
    apply(target, self, args) {
      const context = currentContext();
      return context ? inWorkflow(context, args) : Reflect.apply(target, self, args);
    },
  });
}

function forbid(object: object, name: string, { prefix, instead }: Forbidden): void {
  const check = (): void => {
    if (!currentContext()) return;
    throw new DeterminismViolationError(`${prefix}${name} cannot be used in a workflow: ${instead} instead.`);
  };
  replace(
    object,
    name,
    (real) =>
      new Proxy(real, {
        construct(target, args, newTarget) {
          check();
          return Reflect.construct(target, args, newTarget);
        },
        apply(target, self, args) {
          check();
          return Reflect.apply(target, self, args);
        },
      }),
  );
}

const contextualNow = (): number => currentContext()?.now ?? realNow();

function replaceDate(): void {
  const PatchedDate: DateConstructor = new Proxy(RealDate, {
    construct(target, args, newTarget) {
      const now = args.length === 0 ? currentContext()?.now : undefined;
      return Reflect.construct(target as Constructor, now === undefined ? args : [now], newTarget);
    },
    apply(target) {
      const now = currentContext()?.now;
      return now === undefined ? target() : new target(now).toString();
    },
    // A test may have put something else there.
    get: (target, key) => (key === 'now' && currentContext() ? contextualNow : Reflect.get(target, key)),
  });
  RealDate.now = contextualNow;
  RealDate.prototype.constructor = PatchedDate;
  globalThis.Date = PatchedDate;
}

/** Clocks that do not ask Date. */
function replaceOtherClocks(): void {
  const sinceStart = ({ now, info }: WorkflowContext): number => now - info.runStartTime.getTime();
  replace(performance, 'now', (real) => twoFaced(real, sinceStart));
  const { process } = globalThis as { process?: { hrtime?: object } };
  if (process?.hrtime) {
    replace(process.hrtime, 'bigint', (real) =>
      twoFaced(real, (context) => BigInt(sinceStart(context)) * 1_000_000n),
    );
    replace(process, 'hrtime', (real) =>
      twoFaced(real, (context, [before]) => hrtimeOf(sinceStart(context), before)),
    );
    replace(process, 'uptime', (real) => twoFaced(real, (context) => sinceStart(context) / 1_000));
  }
  const formats = Intl.DateTimeFormat.prototype;
  const { get } = Object.getOwnPropertyDescriptor(formats, 'format')!;
  // Only a date that is left out is now: null is the epoch.
  const orNow = (date: unknown): unknown => (date === undefined ? currentContext()?.now : date);
  const format = function (this: Intl.DateTimeFormat): AnyFunction {
    const real = get!.call(this) as AnyFunction;
    return currentContext() ? (date) => real(orNow(date)) : real;
  };
  Object.defineProperty(formats, 'format', { configurable: true, get: format });
  replace(
    formats,
    'formatToParts',
    (real) =>
      new Proxy(real, {
        apply: (target, self, [date]) => Reflect.apply(target, self, [orNow(date)]),
      }),
  );
}

/** Seconds and nanoseconds, since `before` where that is given. */
function hrtimeOf(ms: number, [seconds, nanos]: [number, number] = [0, 0]): [number, number] {
  const since = ms - seconds * 1_000 - nanos / 1_000_000;
  return [Math.floor(since / 1_000), Math.round((since % 1_000) * 1_000_000)];
}

function replaceTimers(): void {
  replace(globalThis, 'setTimeout', (real) =>
    twoFaced(real, (context, [callback, ms, ...args]) =>
      setWorkflowTimeout(context, callback, ms ?? 0, args),
    ),
  );
  replace(globalThis, 'clearTimeout', (real) =>
    twoFaced(real, (context, [handle]) => clearWorkflowTimeout(context, handle)),
  );
}

function setWorkflowTimeout(
  context: WorkflowContext,
  callback: AnyFunction,
  ms: number,
  args: unknown[],
): number {
  const handle = context.nextSeq.timer;
  const scope = new CancellationScope({ cancellable: true });
  const timer = scope.run(() =>
    startTimer(context, Math.max(1, Math.ceil(ms) || 1), installGlobals().setTimeout),
  );
  timer.then(
    () => {
      context.timeouts.delete(handle);
      callback(...args);
    },
    () => context.timeouts.delete(handle),
  );
  context.timeouts.set(handle, scope);
  return handle;
}

/** Clearing a timeout that ended takes a timer number in Temporal's SDK: numbers must stay the same here. */
function clearWorkflowTimeout(context: WorkflowContext, handle: unknown): void {
  const scope = context.timeouts.get(handle as number);
  if (scope) {
    context.timeouts.delete(handle as number);
    scope.cancel();
  } else if (typeof handle === 'number' && handle >= 1 && handle < context.nextSeq.timer) {
    context.nextSeq.timer += 1;
  }
}

function replaceRandomness(): void {
  replace(Math, 'random', (real) => twoFaced(real, (context) => context.draw()));
  replace(crypto, 'randomUUID', (real) => twoFaced(real, (context) => uuidFrom(() => context.draw())));
  replace(crypto, 'getRandomValues', (real) =>
    twoFaced(real, (context, [array]: ArrayBufferView[]) => {
      fillFrom(() => context.draw(), new Uint8Array(array!.buffer, array!.byteOffset, array!.byteLength));
      return array;
    }),
  );
}
