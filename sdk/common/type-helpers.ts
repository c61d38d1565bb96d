/**
 * Small helpers of types and of errors, by the names of Temporal's `@temporalio/common/lib/type-helpers`, which programs import
 * although they are not public.
 */

import { knownAcrossCopies } from './known-class.ts';

/** All keys are there, with values. */
export type NonNullableObject<T> = { [P in keyof T]-?: NonNullable<T[P]> };
// biome-ignore lint/suspicious/noExplicitAny: any function at all
export type AnyFunc = (...args: any[]) => any;
export type OmitFirst<T> = T extends [unknown, ...infer Rest] ? Rest : never;
export type OmitLast<T> = T extends [...infer Rest, unknown] ? Rest : never;
export type OmitFirstParam<F> = F extends AnyFunc
  ? (...args: OmitFirst<Parameters<F>>) => ReturnType<F>
  : never;
export type OmitLastParam<F extends AnyFunc> = (...args: OmitLast<Parameters<F>>) => ReturnType<F>;
/** `Base`, but the members of `New` as they are there. */
export type Replace<Base, New> = Omit<Base, keyof New> & New;
/** At least one of the keys is there. */
export type RequireAtLeastOne<T, Keys extends keyof T = keyof T> = Omit<T, Keys> &
  { [K in Keys]-?: Required<Pick<T, K>> & Partial<Pick<T, Exclude<Keys, K>>> }[Keys];
/** An error's class. */
// biome-ignore lint/suspicious/noExplicitAny: whatever it is made of
export type Class<E extends Error> = { new (...args: any[]): E; prototype: E };

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** For the compiler alone: `Copy` is an `Orig`. */
export function checkExtends<Orig, _Copy extends Orig>(): void {}

function owns<X extends Record<string, unknown>, Y extends PropertyKey>(
  record: X,
  property: Y,
): record is X & Record<Y, unknown> {
  return Object.hasOwn(record, property);
}

export { owns as hasOwnProperty };

export function hasOwnProperties<X extends Record<string, unknown>, Y extends PropertyKey>(
  record: X,
  properties: Y[],
): record is X & Record<Y, unknown> {
  return properties.every((property) => property in record);
}

/** By its shape: errors of another copy or realm are errors, too. */
export function isError(error: unknown): error is Error {
  return isRecord(error) && typeof error.name === 'string' && typeof error.message === 'string';
}

export function isAbortError(error: unknown): error is Error & { name: 'AbortError' } {
  return isError(error) && error.name === 'AbortError';
}

/** The message of an error, or the text that was thrown in the place of one. */
export function errorMessage(error: unknown): string | undefined {
  if (isError(error)) return error.message;
  return typeof error === 'string' ? error : undefined;
}

/** `error.code`, where it is a text. */
export function errorCode(error: unknown): string | undefined {
  return isRecord(error) && typeof error.code === 'string' ? error.code : undefined;
}

/** For the last branch of a `switch`: the compiler refuses it while a case is missing. */
export function assertNever(message: string, value: never): never {
  throw new TypeError(`${message}: ${value}`);
}

/** A decorator of error classes: sets their name, and has `instanceof` hold between copies of the class. */
export function SymbolBasedInstanceOfError<E extends Error>(markerName: string): (known: Class<E>) => void {
  return (known) => {
    Object.defineProperty(known.prototype, 'name', { value: markerName, enumerable: true });
    knownAcrossCopies(known, `error.${markerName}`);
  };
}
