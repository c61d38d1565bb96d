/** The search attributes of a namespace: what there is, and which are its own. */

import type { z } from 'zod';
import { type AttributeTypes, systemAttributes } from '../../visibility/fields.ts';
import type { Call } from '../call.ts';
import type { inNamespace } from '../schemas.ts';
import type {
  addSearchAttributes as addSchema,
  removeSearchAttributes as removeSchema,
} from '../visibility-schemas.ts';

const wireTypes = (types: AttributeTypes): Record<string, string> =>
  Object.fromEntries(Object.entries(types).map(([name, type]) => [name, `INDEXED_VALUE_TYPE_${type}`]));

export async function listSearchAttributes(
  { namespace }: z.output<typeof inNamespace>,
  call: Call,
): Promise<{
  customAttributes: Record<string, string>;
  systemAttributes: Record<string, string>;
  storageSchema: Record<string, string>;
}> {
  const { attributes } = await call.namespace(namespace, async (stub) => ({
    ok: await stub.searchAttributes(),
  }));
  return {
    customAttributes: wireTypes(attributes),
    systemAttributes: wireTypes(systemAttributes),
    storageSchema: {},
  };
}

export async function addSearchAttributes(
  { namespace, searchAttributes }: z.output<typeof addSchema>,
  call: Call,
): Promise<object> {
  await call.namespace(namespace, (stub) => stub.addSearchAttributes(searchAttributes));
  return {};
}

export async function removeSearchAttributes(
  { namespace, searchAttributes }: z.output<typeof removeSchema>,
  call: Call,
): Promise<object> {
  await call.change(namespace, (stub) => stub.removeSearchAttributes(searchAttributes));
  return {};
}
