/**
 * What programs, Temporal's other packages (`@temporalio/envconfig`) and tools that read histories import from the inside of
 * `@temporalio/common`, by its names. Workflow code may: nothing here touches the world before it is called.
 * @module perdure/common/temporal-internals
 */

import type { DataConverter, LoadedDataConverter } from './data-converter.ts';

export * from './codec-helpers.ts';
export { composeInterceptors, type Next } from './interceptors.ts';
export { loadDataConverter } from './load-data-converter.ts';
export type { Headers } from './payload.ts';
export {
  type NamedKind as ReservedNameEntityType,
  RESERVED_PREFIX as TEMPORAL_RESERVED_PREFIX,
  refuseReservedName as throwIfReservedName,
} from './reserved-names.ts';
export * from './search-attribute-converters.ts';

/** Whether nothing of it is left to be loaded or filled in. */
export function isLoadedDataConverter(
  converter: DataConverter | LoadedDataConverter | undefined,
): converter is LoadedDataConverter {
  const { payloadConverter, failureConverter, payloadCodecs } = converter ?? {};
  return Boolean(payloadConverter && failureConverter && payloadCodecs);
}

export const STACK_TRACE_QUERY_NAME = '__stack_trace';
export const ENHANCED_STACK_TRACE_QUERY_NAME = '__enhanced_stack_trace';

/** Temporal's `TLSConfig`. The engine takes no client certificates: an option that asks for more than TLS is refused. */
export interface TLSConfig {
  serverNameOverride?: string;
  serverRootCACertificate?: Uint8Array;
  clientCertPair?: { crt: Uint8Array; key: Uint8Array };
}

/** What `tls` asks for, as settings: an API key alone asks for TLS, too. */
export function normalizeTlsConfig(
  tls?: TLSConfig | boolean | null,
  apiKey?: unknown,
): TLSConfig | undefined {
  const wanted = tls ?? apiKey !== undefined;
  return wanted === true ? {} : wanted || undefined;
}

/** The fields that have a value. */
export function filterNullAndUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value != null)) as T;
}

/** `delta` laid over `original`; what has no value in it is taken away. Where nothing changes it is `original` itself. */
export function mergeObjects<T extends Record<string, unknown>>(
  original: T,
  delta: Partial<T> | undefined,
): T;
export function mergeObjects<T extends Record<string, unknown>>(
  original: T | undefined,
  delta: Partial<T> | undefined,
): T | undefined;
export function mergeObjects(
  original: Record<string, unknown> | undefined,
  delta: Record<string, unknown> | undefined,
): Record<string, unknown> | undefined {
  if (!original || !delta) return original ?? delta;
  const changed = Object.entries(delta).some(([key, value]) => value !== original[key]);
  return changed ? filterNullAndUndefined({ ...original, ...delta }) : original;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As `{ ...target, ...source }`, and so on inside of objects that both have. */
export function deepMerge<T extends Record<string, unknown>>(target: T, source: Partial<T>): T {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(isObject(source) ? source : {})) {
    const own = merged[key];
    merged[key] = isObject(own) && isObject(value) ? deepMerge(own, value) : value;
  }
  return merged as T;
}
