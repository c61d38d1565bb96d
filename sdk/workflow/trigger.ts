/** A promise that other code settles; it rejects when the scope it was made in is cancelled. */

import { CancellationScope } from './cancellation-scope.ts';

export class Trigger<T> implements PromiseLike<T> {
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
  protected readonly promise: Promise<T>;

  constructor() {
    let ends!: Pick<Trigger<T>, 'resolve' | 'reject'>;
    this.promise = new Promise<T>((resolve, reject) => {
      const scope = CancellationScope.current();
      if (scope.cancellable) scope.cancelRequested.catch(reject);
      ends = { resolve, reject };
    });
    this.resolve = ends.resolve;
    this.reject = ends.reject;
    // A trigger that nobody awaits may be rejected.
    this.promise.catch(() => undefined);
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what a trigger is for.
  then<TResult1 = T, TResult2 = never>(
    onfulfilled?: ((value: T) => TResult1 | PromiseLike<TResult1>) | undefined | null,
    onrejected?: ((reason: any) => TResult2 | PromiseLike<TResult2>) | undefined | null,
  ): PromiseLike<TResult1 | TResult2> {
    return this.promise.then(onfulfilled, onrejected);
  }
}
