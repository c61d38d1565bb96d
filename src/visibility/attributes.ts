/** A namespace's search attributes as the rest of the engine knows them, and what a start or upsert may set. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import type { SearchAttributesJson } from '../../sdk/common/history.ts';
import { base64ToBytes, type PayloadJson } from '../../sdk/common/payload.ts';
import { decodeSearchAttribute, withSearchAttributeType } from '../../sdk/common/search-attributes.ts';
import { type Env, now } from '../env.ts';
import { type AttributeTypes, asFieldValue, guessedType, settableType } from './fields.ts';
import { unknownFieldOf } from './list-filter.ts';

/** What the Namespace object answers. */
export interface NamespaceAttributes {
  attributes: AttributeTypes;
  /** The test environment: names that nobody added are taken, too. */
  anyName?: true;
}

interface NamespaceRpc {
  searchAttributes(): Promise<NamespaceAttributes>;
}

/** Attributes change rarely: one that is missing is asked for again at once, one that was removed is known so long. */
const KNOWN_MS = 60_000;
/** What each isolate read last. */
const known = new WeakMap<object, Map<string, { read: EpochMs; attributes: NamespaceAttributes }>>();

async function read(env: Env, namespace: string, names: readonly string[]): Promise<NamespaceAttributes> {
  const cache = known.get(env.NAMESPACE) ?? new Map();
  known.set(env.NAMESPACE, cache);
  const before = cache.get(namespace);
  const time = now(env);
  const fresh = before && Math.abs(time - before.read) < KNOWN_MS;
  if (fresh && names.every((name) => settableType(name, before.attributes.attributes)))
    return before.attributes;
  const attributes = await (env.NAMESPACE.getByName(namespace) as unknown as NamespaceRpc).searchAttributes();
  cache.set(namespace, { read: time, attributes });
  return attributes;
}

/** @param names that the asker needs: none of them is missing because it was added only now */
export async function searchAttributesOf(
  env: Env,
  namespace: string,
  names: readonly string[],
): Promise<AttributeTypes> {
  return (await read(env, namespace, names)).attributes;
}

/**
 * A filter as `parse` reads it. Only one that names a search attribute of the namespace's own needs to ask for them: they
 * are part of the answer then.
 */
export async function parsedWith<T>(
  parse: (attributes: AttributeTypes) => T,
  ask: (names: readonly string[]) => Promise<AttributeTypes>,
): Promise<{ parsed: T; attributes: { attributes?: AttributeTypes } }> {
  try {
    return { parsed: parse({}), attributes: {} };
  } catch (error) {
    const name = unknownFieldOf(error);
    if (name === undefined) throw error;
    const attributes = await ask([name]);
    return { parsed: parse(attributes), attributes: { attributes } };
  }
}

const MAX_VALUE_BYTES = 2 * 1024;
export const MAX_TOTAL_BYTES = 40 * 1024;
export const MAX_KEYS = 100;

/**
 * The search attributes of a request with their types beside the values.
 * @throws ServiceError INVALID_ARGUMENT for a name that the namespace does not have, a value that is not of the type,
 *   or more than Temporal takes
 */
export async function typedSearchAttributes(
  env: Env,
  namespace: string,
  given: SearchAttributesJson,
): Promise<SearchAttributesJson> {
  const fields = given.indexedFields ?? {};
  const names = Object.keys(fields);
  if (names.length === 0) return given;
  return typedAs(namespace, given, await read(env, namespace, names));
}

export function typedAs(
  namespace: string,
  given: SearchAttributesJson,
  { attributes, anyName }: NamespaceAttributes,
): SearchAttributesJson {
  const fields = Object.entries(given.indexedFields ?? {});
  if (fields.length > MAX_KEYS)
    throw invalidArgument(`number of search attributes ${fields.length} exceeds limit ${MAX_KEYS}`);
  let total = 0;
  const typed = fields.map(([name, payload]) => {
    const type = settableType(name, attributes);
    if (!type) {
      if (anyName) return [name, withGuessedType(payload)] as const;
      throw invalidArgument(
        `Namespace ${namespace} has no mapping defined for search attribute ${name}. ` +
          'Add it: perdure operator search-attribute create --name … --type …',
      );
    }
    const { bytes, value } = readable(name, payload);
    total += name.length + bytes;
    if (bytes > MAX_VALUE_BYTES)
      throw invalidArgument(
        `search attribute ${name} value size ${bytes} exceeds size limit ${MAX_VALUE_BYTES}`,
      );
    const removed = value === null || (Array.isArray(value) && value.length === 0);
    if (!removed && asFieldValue(value, type) === undefined)
      throw invalidArgument(
        `invalid value for search attribute ${name} of type ${type}: ${JSON.stringify(value)}`,
      );
    return [name, withSearchAttributeType(payload, type)] as const;
  });
  if (total > MAX_TOTAL_BYTES)
    throw invalidArgument(`total size of search attributes ${total} exceeds size limit ${MAX_TOTAL_BYTES}`);
  return { ...given, indexedFields: Object.fromEntries(typed) };
}

/** A value without a type gets the one that its like has most often. */
function withGuessedType(payload: PayloadJson): PayloadJson {
  const { value, type } = decodeSearchAttribute(payload);
  const nothing = value === null || (Array.isArray(value) && value.length === 0);
  return type || nothing ? payload : withSearchAttributeType(payload, guessedType(value));
}

/** Nobody has looked into it before: a Worker of any SDK may have made it. @throws ServiceError INVALID_ARGUMENT */
function readable(name: string, payload: PayloadJson): { bytes: number; value: unknown } {
  try {
    const { value } = decodeSearchAttribute(payload);
    return { bytes: base64ToBytes(payload.data ?? '').length, value };
  } catch (error) {
    throw invalidArgument(`search attribute ${name} cannot be read: ${(error as Error).message}`);
  }
}
