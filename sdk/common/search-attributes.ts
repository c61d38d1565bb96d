/**
 * Search attributes in both forms that users write: a map from name to a list of values, and typed pairs of a key and
 * one value. Stored they are JSON; the payload's `type` metadata says which type a value has, where that is known.
 */

import { ValueError } from './errors.ts';
import {
  base64ToBytes,
  bytesToBase64,
  defaultPayloadConverter,
  type PayloadJson,
  type PayloadMapJson,
  payloadFromJson,
  payloadToJson,
} from './payload.ts';

export type SearchAttributeValue = string[] | number[] | boolean[] | Date[];
/** Values by name; in an upsert an empty list or `undefined` removes the attribute. */
export type SearchAttributes = Record<
  string,
  SearchAttributeValue | Readonly<SearchAttributeValue> | undefined
>;

export const SearchAttributeType = {
  TEXT: 'TEXT',
  KEYWORD: 'KEYWORD',
  INT: 'INT',
  DOUBLE: 'DOUBLE',
  BOOL: 'BOOL',
  DATETIME: 'DATETIME',
  KEYWORD_LIST: 'KEYWORD_LIST',
} as const;
export type SearchAttributeType = keyof typeof SearchAttributeType;

interface ValueOf {
  TEXT: string;
  KEYWORD: string;
  INT: number;
  DOUBLE: number;
  BOOL: boolean;
  DATETIME: Date;
  KEYWORD_LIST: string[];
}

export interface SearchAttributeKey<T extends SearchAttributeType> {
  name: string;
  type: T;
}

/** A search attribute's name with the type of its values: `defineSearchAttributeKey('Color', 'KEYWORD')`. */
export function defineSearchAttributeKey<T extends SearchAttributeType>(
  name: string,
  type: T,
): SearchAttributeKey<T> {
  return { name, type };
}

export type SearchAttributePair = {
  [T in SearchAttributeType]: { key: SearchAttributeKey<T>; value: ValueOf[T] };
}[SearchAttributeType];
/** `null` removes the attribute. */
export type SearchAttributeUpdatePair = {
  [T in SearchAttributeType]: { key: SearchAttributeKey<T>; value: ValueOf[T] | null };
}[SearchAttributeType];

const isText = (value: unknown): value is string => typeof value === 'string';

/** Name in a payload's metadata, and what a value must be. */
const types: { [T in SearchAttributeType]: { wire: string; accepts(value: unknown): boolean } } = {
  TEXT: { wire: 'Text', accepts: isText },
  KEYWORD: { wire: 'Keyword', accepts: isText },
  INT: { wire: 'Int', accepts: Number.isInteger },
  DOUBLE: { wire: 'Double', accepts: (value) => typeof value === 'number' },
  BOOL: { wire: 'Bool', accepts: (value) => typeof value === 'boolean' },
  DATETIME: { wire: 'Datetime', accepts: (value) => value instanceof Date },
  KEYWORD_LIST: { wire: 'KeywordList', accepts: (value) => Array.isArray(value) && value.every(isText) },
};

function accepts<T extends SearchAttributeType>(type: T, value: unknown): value is ValueOf[T] {
  return types[type].accepts(value);
}

/** `KeywordList` or `INDEXED_VALUE_TYPE_KEYWORD_LIST` → `KEYWORD_LIST`. */
export function searchAttributeType(wire: string | undefined): SearchAttributeType | undefined {
  const names = Object.keys(types) as SearchAttributeType[];
  return names.find((name) => types[name].wire === wire || `INDEXED_VALUE_TYPE_${name}` === wire);
}

const copyOf = <V>(value: V): V => {
  if (value instanceof Date) return new Date(value) as V;
  return (Array.isArray(value) ? [...value] : value) as V;
};

/** The search attributes of a workflow by key. It never changes; updates give a new one. */
export class TypedSearchAttributes {
  readonly #pairs = new Map<string, SearchAttributePair>();

  /** @throws Error when a name occurs twice. */
  constructor(initialAttributes: SearchAttributePair[] = []) {
    for (const pair of initialAttributes) {
      if (this.#pairs.has(pair.key.name)) throw new Error(`Duplicate search attribute key: ${pair.key.name}`);
      this.#pairs.set(pair.key.name, pair);
    }
  }

  /** The value, or `undefined` when there is none of the key's type. */
  get<T extends SearchAttributeType>(key: SearchAttributeKey<T>): ValueOf[T] | undefined {
    const value: unknown = this.#pairs.get(key.name)?.value;
    return accepts(key.type, value) ? value : undefined;
  }

  getAll(): SearchAttributePair[] {
    return [...this.#pairs.values()].filter(({ key, value }) => accepts(key.type, value));
  }

  copy(): TypedSearchAttributes {
    return new TypedSearchAttributes(
      [...this.#pairs.values()].map(
        ({ key, value }) => ({ key: { ...key }, value: copyOf(value) }) as SearchAttributePair,
      ),
    );
  }

  /** A copy with the updates laid over it; a removal must name the type that the attribute has. */
  updateCopy(updates: SearchAttributeUpdatePair[]): TypedSearchAttributes {
    const copy = this.copy();
    for (const { key, value } of updates) {
      if (value !== null) copy.#pairs.set(key.name, { key, value } as SearchAttributePair);
      else if (copy.#pairs.get(key.name)?.key.type === key.type) copy.#pairs.delete(key.name);
    }
    return copy;
  }

  toJSON(): SearchAttributePair[] {
    return this.getAll();
  }

  /** The key that a list of values of the map form has, as far as its values tell. */
  static getKeyFromUntyped(
    name: string,
    values: SearchAttributes[string],
  ): SearchAttributeKey<SearchAttributeType> | undefined {
    if (values === undefined || values === null) return undefined;
    const value: unknown = values.length === 1 ? values[0] : values;
    const type = typeOfValue(value);
    return type && { name, type };
  }
}

function typeOfValue(value: unknown): SearchAttributeType | undefined {
  if (isText(value)) return Number.isNaN(Date.parse(value)) ? 'TEXT' : 'DATETIME';
  if (typeof value === 'number') return Number.isInteger(value) ? 'INT' : 'DOUBLE';
  if (typeof value === 'boolean') return 'BOOL';
  if (value instanceof Date) return 'DATETIME';
  return accepts('KEYWORD_LIST', value) ? 'KEYWORD_LIST' : undefined;
}

const jsonPayload = (value: unknown): PayloadJson => payloadToJson(defaultPayloadConverter.toPayload(value));

/** @throws ValueError when the value is no list, or the list mixes types. */
function encodeList(name: string, values: unknown): PayloadJson {
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

/** @throws ValueError when the value is not of the key's type. */
function encodePair({ key, value }: SearchAttributeUpdatePair): PayloadJson {
  if (value === null) return jsonPayload(null);
  if (!accepts(key.type, value)) {
    throw new ValueError(`Search attribute ${key.name}: ${JSON.stringify(value)} is no ${key.type} value.`);
  }
  return searchAttributePayload(key.type, value);
}

/** A value as it is stored: JSON, with its type beside it. */
export function searchAttributePayload(type: SearchAttributeType, value: unknown): PayloadJson {
  return withSearchAttributeType(jsonPayload(value), type);
}

export function withSearchAttributeType(payload: PayloadJson, type: SearchAttributeType): PayloadJson {
  const wire = bytesToBase64(new TextEncoder().encode(types[type].wire));
  return { ...payload, metadata: { ...payload.metadata, type: wire } };
}

/** Both forms → stored. Where both have a name, the typed one counts. */
export function encodeSearchAttributes(
  searchAttributes?: SearchAttributes,
  typedSearchAttributes?: TypedSearchAttributes | SearchAttributeUpdatePair[],
): PayloadMapJson {
  const untyped = Object.entries(searchAttributes ?? {}).map(([name, values]): [string, PayloadJson] => [
    name,
    encodeList(name, values ?? []),
  ]);
  const pairs = Array.isArray(typedSearchAttributes)
    ? typedSearchAttributes
    : (typedSearchAttributes?.getAll() ?? []);
  const typed = pairs.map((pair): [string, PayloadJson] => [pair.key.name, encodePair(pair)]);
  return Object.fromEntries([...untyped, ...typed]);
}

/** One stored attribute: its value as JSON has it, and the type that stands with it. */
export function decodeSearchAttribute(payload: PayloadJson): {
  value: unknown;
  type: SearchAttributeType | undefined;
} {
  const { type } = payload.metadata ?? {};
  return {
    value: defaultPayloadConverter.fromPayload<unknown>(payloadFromJson(payload)),
    type: searchAttributeType(type && new TextDecoder().decode(base64ToBytes(type))),
  };
}

/** Stored → lists of values; dates are recognised by the payload's type. Empty lists are left out. */
export function decodeSearchAttributes(stored: PayloadMapJson | null | undefined): SearchAttributes {
  const entries = Object.entries(stored ?? {}).map(([name, payload]) => {
    const { value, type } = decodeSearchAttribute(payload);
    const values = Array.isArray(value) ? value : [value];
    return [name, type === 'DATETIME' ? values.map((v) => new Date(v as string)) : values] as const;
  });
  return Object.fromEntries(entries.filter(([, values]) => values.length > 0)) as SearchAttributes;
}

/** Stored → typed; values without a type, or not of it, are left out. */
export function decodeTypedSearchAttributes(
  stored: PayloadMapJson | null | undefined,
): TypedSearchAttributes {
  const pairs = Object.entries(stored ?? {}).flatMap(([name, payload]) => {
    const { value: raw, type } = decodeSearchAttribute(payload);
    if (!type) return [];
    // A list of one is a value, as older writers store it.
    const single = type !== 'KEYWORD_LIST' && Array.isArray(raw) && raw.length === 1 ? raw[0] : raw;
    const value: unknown = type === 'DATETIME' && single ? new Date(single as string) : single;
    return accepts(type, value) ? [{ key: { name, type }, value } as SearchAttributePair] : [];
  });
  return new TypedSearchAttributes(pairs);
}
