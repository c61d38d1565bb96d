/**
 * Cancellation scopes: a tree under the workflow's own, the root. Cancelling a scope cancels what was opened in it and
 * in the scopes below it, except below one that cannot be cancelled.
 */

import { type Duration, msOptionalToNumber } from '../common/duration.ts';
import { CancelledFailure } from '../common/failure.ts';
import { assertInContext, currentScope, runInScope } from './runtime/context.ts';
import { startTimer } from './runtime/timer.ts';

export { AsyncLocalStorage } from 'node:async_hooks';

const NO_PARENT = Symbol('NO_PARENT');

export interface CancellationScopeOptions {
  /** The scope cancels itself after this time. */
  timeout?: Duration;
  /** `false` keeps cancellation of the scopes above out. Default `true`. */
  cancellable: boolean;
  /** Default: the current scope. */
  parent?: CancellationScope | typeof NO_PARENT;
}

export class CancellationScope {
  protected readonly timeout?: number;
  readonly cancellable: boolean;
  readonly parent?: CancellationScope;
  /**
   * Rejects when cancellation of the scope is requested, also where the scope cannot be cancelled: then nothing in it is
   * cancelled and `consideredCancelled` stays `false`, but whoever awaits this promise learns of the request.
   */
  readonly cancelRequested: Promise<never>;
  #requested = false;
  protected readonly reject: (reason?: unknown) => void;

  constructor(options?: CancellationScopeOptions) {
    this.timeout = msOptionalToNumber(options?.timeout);
    this.cancellable = options?.cancellable ?? true;
    let rejectRequested!: (reason: unknown) => void;
    this.cancelRequested = new Promise((_, reject) => {
      rejectRequested = reject;
    });
    this.reject = (reason) => {
      this.#requested = true;
      rejectRequested(reason);
    };
    // Nobody needs to listen.
    this.cancelRequested.catch(() => undefined);
    if (options?.parent === NO_PARENT) return;
    this.parent = options?.parent ?? CancellationScope.current();
    if (!this.parent.cancellable) return;
    this.#requested = this.parent.#requested;
    this.parent.cancelRequested.catch((reason) => this.reject(reason));
  }

  /** Was the scope cancelled? Never true of a scope that is not cancellable. */
  get consideredCancelled(): boolean {
    return this.#requested && this.cancellable;
  }

  /** Runs `fn` with this as the current scope: what it opens is cancelled with the scope. */
  run<T>(fn: () => Promise<T>): Promise<T> {
    return runInScope(this, () => this.runInContext(fn));
  }

  protected async runInContext<T>(fn: () => Promise<T>): Promise<T> {
    const timer = this.timeout ? this.#startTimeout(this.timeout) : undefined;
    try {
      return await fn();
    } finally {
      if (timer && !timer.consideredCancelled) timer.cancel();
    }
  }

  /** The timer of the timeout has a scope of its own, so that it can be cancelled when `fn` is done. */
  #startTimeout(timeoutMs: number): CancellationScope {
    const scope = new CancellationScope();
    const sleep = (): Promise<void> =>
      startTimer(assertInContext('CancellationScope.run'), timeoutMs, CancellationScope.prototype.run);
    scope.run(sleep).then(
      () => this.cancel(),
      () => undefined,
    );
    return scope;
  }

  /** Requests cancellation of the scope and of what is linked to it. */
  cancel(): void {
    this.reject(new CancelledFailure('Cancellation scope cancelled'));
  }

  /** The innermost scope that the calling code runs in. */
  static current(): CancellationScope {
    return currentScope() ?? assertInContext('CancellationScope.current').rootScope;
  }

  /** Short for `new CancellationScope({ cancellable: true }).run(fn)`. */
  static cancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new CancellationScope({ cancellable: true }).run(fn);
  }

  /** Short for `new CancellationScope({ cancellable: false }).run(fn)`. */
  static nonCancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new CancellationScope({ cancellable: false }).run(fn);
  }

  /** Short for `new CancellationScope({ cancellable: true, timeout }).run(fn)`. */
  static withTimeout<T>(timeout: Duration, fn: () => Promise<T>): Promise<T> {
    return new CancellationScope({ cancellable: true, timeout }).run(fn);
  }
}

/** The scope of the workflow function: cancelled when the workflow is asked to cancel. */
export class RootCancellationScope extends CancellationScope {
  constructor() {
    super({ cancellable: true, parent: NO_PARENT });
  }

  override cancel(): void {
    this.reject(new CancelledFailure('Workflow cancelled'));
  }
}
