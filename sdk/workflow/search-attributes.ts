/** Changing the run's search attributes, in either form. */

import type { PayloadMapJson } from '../common/payload.ts';
import {
  encodeSearchAttributes,
  type SearchAttributes,
  type SearchAttributeUpdatePair,
  type SearchAttributeValue,
  TypedSearchAttributes,
} from '../common/search-attributes.ts';
import type { WorkflowInfo } from './info.ts';
import { assertInContext } from './runtime/context.ts';
import { VERSION_ATTRIBUTE } from './runtime/match.ts';

type Known = Pick<WorkflowInfo, 'searchAttributes' | 'typedSearchAttributes'>;

/**
 * Lays search attributes over those of the run: pairs of a key and a value (`null` removes it), or a map from name to a
 * list of values (an empty list or `undefined` removes it).
 * @throws ValueError when a value has the wrong type
 */
export function upsertSearchAttributes(
  searchAttributes: SearchAttributes | SearchAttributeUpdatePair[],
): void {
  const context = assertInContext('upsertSearchAttributes');
  context.assertWritable('change search attributes');
  if (searchAttributes === undefined || searchAttributes === null) {
    throw new TypeError('upsertSearchAttributes needs search attributes.');
  }
  const typed = Array.isArray(searchAttributes);
  const indexedFields: PayloadMapJson = typed
    ? encodeSearchAttributes(undefined, searchAttributes)
    : encodeSearchAttributes(searchAttributes);
  // The list of patches is the SDK's own; Temporal's sends an empty command in its place, and so do we.
  const ownOnly = VERSION_ATTRIBUTE in indexedFields;
  context.commands.push('UpsertWorkflowSearchAttributes', {
    searchAttributes: ownOnly ? {} : { indexedFields },
  });
  Object.assign(context.carried.searchAttributes, indexedFields);
  const known = typed ? withPairs(context.info, searchAttributes) : withMap(context.info, searchAttributes);
  context.info = { ...context.info, ...known };
}

function withPairs(known: Known, pairs: SearchAttributeUpdatePair[]): Known {
  const searchAttributes = { ...known.searchAttributes };
  for (const { key, value } of pairs) {
    if (value === null) delete searchAttributes[key.name];
    else searchAttributes[key.name] = (Array.isArray(value) ? value : [value]) as SearchAttributeValue;
  }
  return { searchAttributes, typedSearchAttributes: known.typedSearchAttributes.updateCopy(pairs) };
}

function withMap(known: Known, map: SearchAttributes): Known {
  const searchAttributes = { ...known.searchAttributes };
  const updates: SearchAttributeUpdatePair[] = [];
  const pairs = known.typedSearchAttributes.getAll();
  for (const [name, values] of Object.entries(map)) {
    const before = pairs.find(({ key }) => key.name === name)?.key;
    if (!values || values.length === 0) {
      delete searchAttributes[name];
      if (before) updates.push({ key: before, value: null } as SearchAttributeUpdatePair);
      continue;
    }
    // A list of anything but text has no type among search attributes: Temporal's SDK does not show it, nor do we.
    const key = TypedSearchAttributes.getKeyFromUntyped(name, values);
    if (!key) continue;
    searchAttributes[name] = values;
    // Text may be a keyword: then it stays one.
    const type = key.type === 'TEXT' && before ? before.type : key.type;
    const single: unknown = values.length === 1 ? values[0] : values;
    const value = type === 'DATETIME' ? new Date(single as string) : single;
    updates.push({ key: { name, type }, value } as SearchAttributeUpdatePair);
  }
  return { searchAttributes, typedSearchAttributes: known.typedSearchAttributes.updateCopy(updates) };
}
