/** Chains of interceptors: each may look at a call, change it, and pass it on with `next`. */

// biome-ignore lint/suspicious/noExplicitAny: a method of any parameters
type AnyFunction = (...args: any[]) => any;
// biome-ignore lint/suspicious/noExplicitAny: `unknown` is another type to the compiler where `IF` is `this`
type WithoutLast<T> = T extends [...infer Rest, any] ? Rest : never;
type WithoutLastParameter<F extends AnyFunction> = (...args: WithoutLast<Parameters<F>>) => ReturnType<F>;

/** What method `FN` of an interceptor is given to pass the call on: the method without its last parameter. */
export type Next<IF, FN extends keyof IF> = Required<IF>[FN] extends AnyFunction
  ? WithoutLastParameter<Required<IF>[FN]>
  : never;

/**
 * One function out of the interceptors' methods of that name: the first interceptor is called first, `next` comes last.
 * Interceptors without the method are passed over.
 */
export function composeInterceptors<I extends object, M extends keyof I>(
  interceptors: readonly I[],
  method: M,
  next: Next<I, M>,
): Next<I, M> {
  type Call = (input: unknown) => unknown;
  return interceptors.reduceRight<Call>(
    (inner, interceptor) => {
      const methods = interceptor as Record<M, ((input: unknown, next: Call) => unknown) | undefined>;
      if (methods[method] === undefined) return inner;
      return (input) => methods[method]!(input, inner);
    },
    next as unknown as Call,
  ) as unknown as Next<I, M>;
}
