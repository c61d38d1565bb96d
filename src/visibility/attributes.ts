/** A namespace's search attributes as the rest of the engine knows them, and what a start or upsert may set. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import type { SearchAttributesJson } from '../../sdk/common/history.ts';
import { base64ToBytes } from '../../sdk/common/payload.ts';
import { decodeSearchAttribute, withSearchAttributeType } from '../../sdk/common/search-attributes.ts';
import type { Env } from '../env.ts';
import { type AttributeTypes, asFieldValue, settableType } from './fields.ts';

/** What the Namespace object answers. */
export interface NamespaceAttributes {
  attributes: AttributeTypes;
  /** The test environment: names that nobody added are taken, too. */
  anyName?: true;
}

interface NamespaceRpc {
  searchAttributes(): Promise<NamespaceAttributes>;
}

/** What each isolate read last. Attributes are added rarely; a name that is missing is asked for again. */
const known = new WeakMap<object, Map<string, NamespaceAttributes>>();

async function read(env: Env, namespace: string, names: readonly string[]): Promise<NamespaceAttributes> {
  const cache = known.get(env.NAMESPACE) ?? new Map<string, NamespaceAttributes>();
  known.set(env.NAMESPACE, cache);
  const before = cache.get(namespace);
  if (before && names.every((name) => settableType(name, before.attributes))) return before;
  const now = await (env.NAMESPACE.getByName(namespace) as unknown as NamespaceRpc).searchAttributes();
  cache.set(namespace, now);
  return now;
}

/** @param names that the asker needs: none of them is missing because it was added only now */
export async function searchAttributesOf(
  env: Env,
  namespace: string,
  names: readonly string[],
): Promise<AttributeTypes> {
  return (await read(env, namespace, names)).attributes;
}

const MAX_VALUE_BYTES = 2 * 1024;
const MAX_TOTAL_BYTES = 40 * 1024;
const MAX_KEYS = 100;

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
      if (anyName) return [name, payload] as const;
      throw invalidArgument(
        `Namespace ${namespace} has no mapping defined for search attribute ${name}. ` +
          'Add it: perdure operator search-attribute create --name … --type …',
      );
    }
    const bytes = base64ToBytes(payload.data ?? '').length;
    total += name.length + bytes;
    if (bytes > MAX_VALUE_BYTES)
      throw invalidArgument(
        `search attribute ${name} value size ${bytes} exceeds size limit ${MAX_VALUE_BYTES}`,
      );
    const { value } = decodeSearchAttribute(payload);
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
