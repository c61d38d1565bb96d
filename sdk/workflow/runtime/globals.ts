/**
 * Globals that would let workflow code see more than its history: the clock, randomness, timers, the network, the
 * garbage collector. They are replaced once per isolate by versions that ask whether a workflow is calling. In a workflow
 * they are deterministic or throw; for everybody else they do what they always did.
 */

import { CancellationScope } from '../cancellation-scope.ts';
import { DeterminismViolationError } from '../errors.ts';
import { assertInContext, currentContext, type WorkflowContext } from './context.ts';
import { fillFrom, uuidFrom } from './random.ts';
import { startTimer } from './timer.ts';

type AnyFunction = (...args: any[]) => any;
type Constructor = new (...args: any[]) => object;

const RealDate = globalThis.Date;

/** The real clock, in epoch milliseconds. */
export const realNow: () => number = RealDate.now.bind(RealDate);

/** Things that must not happen in a workflow, and what to do instead. */
const FORBIDDEN: ReadonlyArray<readonly [object: () => object | undefined, names: string[], instead: string]> = [
  [() => globalThis, ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'], 'call an activity'],
  [() => globalThis, ['setInterval', 'setImmediate', 'MessageChannel', 'BroadcastChannel'], 'use sleep'],
  [() => globalThis, ['WeakRef', 'FinalizationRegistry'], 'keep a plain reference'],
  [() => (globalThis as { scheduler?: object }).scheduler, ['wait', 'postTask', 'yield'], 'use sleep'],
  [() => globalThis.AbortSignal, ['timeout'], 'use CancellationScope.withTimeout'],
  [() => globalThis.Atomics, ['wait', 'waitAsync'], 'use condition'],
  [() => globalThis.process as object | undefined, ['nextTick', 'hrtime'], 'use sleep and Date.now'],
  [
    () => globalThis.crypto?.subtle,
    ['digest', 'encrypt', 'decrypt', 'sign', 'verify', 'generateKey', 'importKey', 'exportKey', 'deriveKey', 'deriveBits'],
    'call an activity',
  ],
];

let installed = false;

/** Replaces the globals; does so once. */
export function installGlobals(): void {
  if (installed) return;
  installed = true;
  replaceDate();
  replaceTimers();
  replaceRandomness();
  replace(globalThis.performance, 'now', (real) => () => {
    const context = currentContext();
    return context ? context.now - context.info.runStartTime.getTime() : real();
  });
  for (const [find, names, instead] of FORBIDDEN) {
    const object = find();
    if (object) for (const name of names) forbid(object, name, instead);
  }
}

/** Replaces a function where it is defined: on the object or on its prototype. */
function replace(object: object, name: string, make: (real: AnyFunction) => unknown): void {
  let owner: object | null = object;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const descriptor = owner && Object.getOwnPropertyDescriptor(owner, name);
  const real: unknown = (object as Record<string, unknown>)[name];
  if (!owner || !descriptor || typeof real !== 'function') return;
  const bound = owner === object && !isClass(real) ? real.bind(object) : real;
  const value = make(bound as AnyFunction);
  Object.defineProperty(owner, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: descriptor.enumerable ?? false,
  });
}

function isClass(value: object): boolean {
  return 'prototype' in value && value.prototype !== undefined;
}

function forbid(object: object, name: string, instead: string): void {
  const check = (): void => {
    if (!currentContext()) return;
    throw new DeterminismViolationError(`${name} cannot be used in a workflow: ${instead} instead.`);
  };
  replace(object, name, (real) => {
    return new Proxy(real, {
      construct(target, args, newTarget) {
        check();
        return Reflect.construct(target, args, newTarget);
      },
      apply(target, self, args) {
        check();
        return Reflect.apply(target, self, args);
      },
    });
  });
}

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
  });
  RealDate.now = () => currentContext()?.now ?? realNow();
  RealDate.prototype.constructor = PatchedDate;
  globalThis.Date = PatchedDate;
}

function replaceTimers(): void {
  replace(globalThis, 'setTimeout', (real) => (callback: AnyFunction, ms?: number, ...args: unknown[]) => {
    const context = currentContext();
    return context ? setWorkflowTimeout(context, callback, ms ?? 0, args) : real(callback, ms, ...args);
  });
  replace(globalThis, 'clearTimeout', (real) => (handle: unknown) => {
    const context = currentContext();
    return context ? clearWorkflowTimeout(context, handle) : real(handle);
  });
}

function setWorkflowTimeout(context: WorkflowContext, callback: AnyFunction, ms: number, args: unknown[]): number {
  const handle = context.nextSeq.timer;
  const scope = new CancellationScope({ cancellable: true });
  const timer = scope.run(() => startTimer(context, scope, Math.max(1, Math.ceil(ms) || 1), globalThis.setTimeout));
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
  replace(Math, 'random', (real) => () => currentContext()?.random.next() ?? real());
  const draw = (): number => assertInContext('A random draw').random.next();
  const { crypto } = globalThis;
  if (!crypto) return;
  replace(crypto, 'randomUUID', (real) => (...args: unknown[]) => {
    return currentContext() ? uuidFrom(draw) : real.apply(crypto, args);
  });
  replace(crypto, 'getRandomValues', (real) => (array: ArrayBufferView) => {
    if (!currentContext()) return real.call(crypto, array);
    fillFrom(draw, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  });
}
