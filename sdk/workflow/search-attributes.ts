/** Search attributes in the form of a map from name to a list of values. */

import { ValueError } from '../common/errors.ts';
import type { SearchAttributesJson } from '../common/history.ts';
import { base64ToBytes, type PayloadJson } from '../common/payload.ts';
import { assertInContext } from './runtime/context.ts';
import { VERSION_ATTRIBUTE } from './runtime/match.ts';
import { fromJsonPayload, jsonPayload } from './runtime/payloads.ts';

export type SearchAttributeValue = string[] | number[] | boolean[] | Date[];
/** Values by name; an empty list or `undefined` removes the attribute. */
export type SearchAttributes = Record<string, SearchAttributeValue | readonly never[] | undefined>;

/**
 * Lays search attributes over those of the run.
 * @throws ValueError when a value is no list, or a list mixes types
 */
export function upsertSearchAttributes(searchAttributes: SearchAttributes): void {
  const context = assertInContext('upsertSearchAttributes');
  context.assertWritable('change search attributes');
  const given = Object.entries(searchAttributes);
  const indexedFields = Object.fromEntries(given.map(([name, values]) => [name, encode(name, values ?? [])]));
  // The list of patches is the SDK's own; Temporal's sends an empty command in its place, and so do we.
  const ownOnly = VERSION_ATTRIBUTE in indexedFields;
  context.commands.push('UpsertWorkflowSearchAttributes', {
    searchAttributes: ownOnly ? {} : { indexedFields },
  });
  const next = { ...context.info.searchAttributes };
  for (const [name, values] of given) {
    if (!values || values.length === 0) delete next[name];
    // A list of anything but text has no type among search attributes: Temporal's SDK does not show it, nor do we.
    else if (values.length === 1 || typeof values[0] === 'string') next[name] = values;
  }
  context.info = { ...context.info, searchAttributes: next };
}

function encode(name: string, values: SearchAttributeValue | readonly never[]): PayloadJson {
  if (!Array.isArray(values)) throw new ValueError(`Search attribute ${name}: a list of values is needed.`);
  const kinds = new Set(values.map((value) => (value instanceof Date ? 'Date' : typeof value)));
  const [kind] = kinds;
  const allowed = kind === undefined || ['string', 'number', 'boolean', 'Date'].includes(kind);
  if (kinds.size > 1 || !allowed) {
    throw new ValueError(
      `Search attribute ${name}: all values must be strings, all numbers, all booleans or all Dates.`,
    );
  }
  return jsonPayload(values);
}

/** Stored search attributes → lists of values; dates are recognised by the payload's type. */
export function decodeSearchAttributes(stored: SearchAttributesJson | undefined): SearchAttributes {
  const entries = Object.entries(stored?.indexedFields ?? {}).map(([name, payload]) => {
    const value = fromJsonPayload<unknown>(payload);
    const values = Array.isArray(value) ? value : [value];
    const type = payload.metadata?.type && new TextDecoder().decode(base64ToBytes(payload.metadata.type));
    return [name, type === 'Datetime' ? values.map((v) => new Date(v as string)) : values];
  });
  return Object.fromEntries(entries) as SearchAttributes;
}
