/**
 * Search attributes as payloads in bytes, by the names of a file inside of Temporal's packages: programs that get them as messages
 * (`temporalio/omes` hands them to children) read and write them with it.
 */

import { ValueError } from './errors.ts';
import {
  JsonPayloadConverter,
  type Payload,
  type PayloadConverter,
  payloadFromJson,
  payloadToJson,
} from './payload.ts';
import * as own from './search-attributes.ts';

type Given<P> = P | null | undefined;
type Fields = Record<string, Payload>;

const mapped = <A, B>(map: Record<string, A>, made: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, made(value)]));
const inJson = (fields: Given<Fields>) => mapped(fields ?? {}, payloadToJson);

/** A list of values and back; which type they have, the payload says beside them. */
export class SearchAttributePayloadConverter implements PayloadConverter {
  readonly jsonConverter = new JsonPayloadConverter();

  /** @throws ValueError for what is no list, and for lists that mix types. */
  toPayload(values: unknown): Payload {
    return encodeUnifiedSearchAttributes({ value: values as own.SearchAttributes[string] }).value!;
  }

  fromPayload<T>(payload: Payload): T {
    if (!payload.metadata) throw new ValueError('Missing payload metadata');
    const { value, type } = own.decodeSearchAttribute(payloadToJson(payload));
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return (type === 'DATETIME' ? values.map((time) => new Date(time as string)) : values) as T;
  }
}
export const searchAttributePayloadConverter = new SearchAttributePayloadConverter();

/** Both forms; where both have a name, the typed one counts. */
export function encodeUnifiedSearchAttributes(
  searchAttributes?: own.SearchAttributes,
  typedSearchAttributes?: own.TypedSearchAttributes | own.SearchAttributeUpdatePair[],
): Fields {
  return mapped(own.encodeSearchAttributes(searchAttributes, typedSearchAttributes), payloadFromJson);
}

export const decodeSearchAttributes = (fields: Given<Fields>): own.SearchAttributes =>
  own.decodeSearchAttributes(inJson(fields));

export const decodeTypedSearchAttributes = (fields: Given<Fields>): own.TypedSearchAttributes =>
  own.decodeTypedSearchAttributes(inJson(fields));
