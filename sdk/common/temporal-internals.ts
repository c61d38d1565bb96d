/**
 * What Temporal's other packages (`@temporalio/envconfig`) and tools that read histories import from the inside of
 * `@temporalio/common`, by its names. The packages for Temporal programs have it there; nothing else uses it.
 */

export * from './codec-helpers.ts';

/** Temporal's `TLSConfig`. The engine takes no client certificates: an option that asks for more than TLS is refused. */
export interface TLSConfig {
  serverNameOverride?: string;
  serverRootCACertificate?: Uint8Array;
  clientCertPair?: { crt: Uint8Array; key: Uint8Array };
}

/** The fields that have a value. */
export function filterNullAndUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value != null)) as T;
}
