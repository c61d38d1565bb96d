/** `instanceof` across copies of this package: a test runner or a bundle may have loaded one of its own. */

/** Instances of the class in any copy count as instances; of subclasses that users make, only their own do. */
export function knownAcrossCopies(known: abstract new (...args: never[]) => object, name: string): void {
  const mark = Symbol.for(`perdure.${name}`);
  Object.defineProperty(known.prototype, mark, { value: true });
  Object.defineProperty(known, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== known) return Function.prototype[Symbol.hasInstance].call(this as () => void, value);
      return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[mark] === true;
    },
  });
}
