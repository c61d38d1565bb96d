/** Requests about search attributes, as zod schemas. */

import { z } from 'zod';
import { SearchAttributeType, searchAttributeType } from '../../sdk/common/search-attributes.ts';
import { id } from './schemas.ts';

/** In the order of their numbers, from 1. */
const typeNames = Object.keys(SearchAttributeType).map((name) => `INDEXED_VALUE_TYPE_${name}`);

/** `INDEXED_VALUE_TYPE_KEYWORD` or its number, or as people write it: `Keyword`. */
const indexedValueType = z.union([z.string(), z.int()]).transform((given, context) => {
  const type = searchAttributeType(typeof given === 'string' ? given : (typeNames[given - 1] ?? ''));
  if (type) return type;
  context.addIssue({ code: 'custom', message: `must be one of ${typeNames.join(', ')}` });
  return z.NEVER;
});

export const addSearchAttributes = z.strictObject({
  namespace: id,
  searchAttributes: z.record(z.string(), indexedValueType),
});
export const removeSearchAttributes = z.strictObject({
  namespace: id,
  searchAttributes: z.array(id).min(1).max(100),
});
