/**
 * Payloads in their two forms. `PayloadJson` (proto3 JSON: bytes in base64) is what is stored and sent;
 * `Payload` (bytes) is what payload converters and codecs written for Temporal's SDK see.
 */

import { PayloadConverterError, ValueError } from './errors.ts';
import { refuseReference } from './external-storage.ts';
import { knownAcrossCopies } from './known-class.ts';
import type { SerializationContext } from './serialization-context.ts';

/** A payload as stored and sent: metadata values and data in base64. */
export interface PayloadJson {
  metadata?: Record<string, string>;
  data?: string;
}

/** A list of payloads as stored and sent. */
export interface PayloadsJson {
  payloads: PayloadJson[];
}

/** A map of payloads (memo, search attributes, headers). */
export type PayloadMapJson = Record<string, PayloadJson>;

export interface Payload {
  metadata?: Record<string, Uint8Array> | null;
  data?: Uint8Array | null;
}

export type Headers = Record<string, Payload>;

export const METADATA_ENCODING_KEY = 'encoding';
/** Where a converter of the users' for protobuf messages keeps their type. */
export const METADATA_MESSAGE_TYPE_KEY = 'messageType';
export const encodingTypes = {
  METADATA_ENCODING_NULL: 'binary/null',
  METADATA_ENCODING_RAW: 'binary/plain',
  METADATA_ENCODING_JSON: 'json/plain',
  METADATA_ENCODING_PROTOBUF_JSON: 'json/protobuf',
  METADATA_ENCODING_PROTOBUF: 'binary/protobuf',
} as const;
export type EncodingType = (typeof encodingTypes)[keyof typeof encodingTypes];

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const encodingKeys = Object.fromEntries(
  Object.entries(encodingTypes).map(([k, v]) => [k, encoder.encode(v)]),
) as Record<keyof typeof encodingTypes, Uint8Array>;

/** The language's own, where the platform has them by now: workerd, newer versions of Node. */
type WithBase64 = Uint8Array & { toBase64?(): string };
const { fromBase64 } = Uint8Array as { fromBase64?(text: string): Uint8Array };

export function bytesToBase64(bytes: WithBase64): string {
  if (bytes.toBase64) return bytes.toBase64();
  let binary = '';
  // `apply` takes the bytes as they are: spreading them is ten times slower, which megabytes feel.
  for (let i = 0; i < bytes.length; i += 0x2000)
    binary += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x2000) as unknown as number[]);
  return btoa(binary);
}

export function base64ToBytes(base64: string): Uint8Array {
  if (fromBase64) return fromBase64.call(Uint8Array, base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function payloadToJson(payload: Payload): PayloadJson {
  const json: PayloadJson = {};
  if (payload.metadata) {
    json.metadata = Object.fromEntries(
      Object.entries(payload.metadata).map(([k, v]) => [k, bytesToBase64(v)]),
    );
  }
  if (payload.data) json.data = bytesToBase64(payload.data);
  return json;
}

export function payloadFromJson(json: PayloadJson): Payload {
  const payload: Payload = {};
  if (json.metadata) {
    payload.metadata = Object.fromEntries(
      Object.entries(json.metadata).map(([k, v]) => [k, base64ToBytes(v)]),
    );
  }
  if (json.data !== undefined) payload.data = base64ToBytes(json.data);
  return payload;
}

/** Converts values to payloads and back. The contract is that of Temporal's TypeScript SDK. */
export interface PayloadConverter {
  /** `context`: for what the payload is. */
  toPayload<T>(value: T, context?: SerializationContext): Payload;
  fromPayload<T>(payload: Payload, context?: SerializationContext): T;
}

/** A converter for one encoding; `toPayload` answers `undefined` for values that are not its own. */
export interface PayloadConverterWithEncoding {
  toPayload<T>(value: T, context?: SerializationContext): Payload | undefined;
  fromPayload<T>(payload: Payload, context?: SerializationContext): T;
  readonly encodingType: string;
}

/** In bytes: histories, descriptions and answers of the engine, which programs read with a converter, have the JSON form. */
function inBytes(payload: Payload | PayloadJson): Payload {
  const { metadata, data } = payload;
  const json = typeof data === 'string' || typeof Object.values(metadata ?? {})[0] === 'string';
  return json ? payloadFromJson(payload as PayloadJson) : (payload as Payload);
}

function encodingOf(payload: Payload): string {
  const encoding = payload.metadata?.[METADATA_ENCODING_KEY];
  if (!encoding) throw new ValueError('Got payload without an encoding');
  return decoder.decode(encoding);
}

/** Tries each converter in turn when writing, and picks by encoding when reading. */
export class CompositePayloadConverter implements PayloadConverter {
  readonly converters: PayloadConverterWithEncoding[];
  readonly converterByEncoding: Map<string, PayloadConverterWithEncoding>;
  constructor(...converters: PayloadConverterWithEncoding[]) {
    if (converters.length === 0)
      throw new PayloadConverterError('Must provide at least one PayloadConverterWithEncoding');
    this.converters = converters;
    this.converterByEncoding = new Map(converters.map((converter) => [converter.encodingType, converter]));
  }

  toPayload<T>(value: T, context?: SerializationContext): Payload {
    if (value instanceof RawValue) return value.payload;
    for (const converter of this.converters) {
      const payload = converter.toPayload(value, context);
      if (payload !== undefined) return payload;
    }
    throw new ValueError(`Unable to convert ${String(value)} to payload`);
  }

  fromPayload<T>(given: Payload | PayloadJson, context?: SerializationContext): T {
    const payload = inBytes(given);
    const encoding = encodingOf(payload);
    const converter = this.converterByEncoding.get(encoding);
    if (!converter) {
      refuseReference(payload);
      throw new ValueError(`Unknown encoding: ${encoding}`);
    }
    return converter.fromPayload(payload, context);
  }
}

/** `undefined` ↔ `binary/null`. */
export class UndefinedPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType = encodingTypes.METADATA_ENCODING_NULL;
  toPayload(value: unknown): Payload | undefined {
    return value === undefined
      ? { metadata: { [METADATA_ENCODING_KEY]: encodingKeys.METADATA_ENCODING_NULL } }
      : undefined;
  }
  fromPayload<T>(_payload: Payload): T {
    return undefined as T;
  }
}

/** `Uint8Array` ↔ `binary/plain`. */
export class BinaryPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType = encodingTypes.METADATA_ENCODING_RAW;
  toPayload(value: unknown): Payload | undefined {
    if (!(value instanceof Uint8Array)) return undefined;
    return { metadata: { [METADATA_ENCODING_KEY]: encodingKeys.METADATA_ENCODING_RAW }, data: value };
  }
  fromPayload<T>(payload: Payload): T {
    const { data } = payload;
    // Messages of protobuf have a Buffer, or an empty list where there is nothing.
    return (data?.constructor === Uint8Array ? data : new Uint8Array(data ?? [])) as T;
  }
}

/** Anything JSON can carry ↔ `json/plain`. */
export class JsonPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType = encodingTypes.METADATA_ENCODING_JSON;
  toPayload(value: unknown): Payload | undefined {
    let json: string | undefined;
    try {
      json = JSON.stringify(value);
    } catch {
      return undefined;
    }
    if (json === undefined) return undefined;
    return {
      metadata: { [METADATA_ENCODING_KEY]: encodingKeys.METADATA_ENCODING_JSON },
      data: encoder.encode(json),
    };
  }
  fromPayload<T>(payload: Payload): T {
    if (!payload.data || payload.data.length === 0) throw new ValueError('Got payload with no data');
    return JSON.parse(decoder.decode(payload.data)) as T;
  }
}

/** A value that is already a payload: converters pass it through as it is. */
export class RawValue<T = unknown> {
  readonly payload: Payload;
  constructor(
    value: T,
    payloadConverter: PayloadConverter = defaultPayloadConverter,
    context?: SerializationContext,
  ) {
    this.payload = payloadConverter.toPayload(value, context);
  }
  static fromPayload(payload: Payload): RawValue {
    return Object.assign(Object.create(RawValue.prototype) as RawValue, { payload });
  }
}

knownAcrossCopies(RawValue, 'RawValue');

export class DefaultPayloadConverter extends CompositePayloadConverter {
  constructor() {
    super(new UndefinedPayloadConverter(), new BinaryPayloadConverter(), new JsonPayloadConverter());
  }
}
export const defaultPayloadConverter = new DefaultPayloadConverter();

/** What is `undefined` or `null` stays so. */
export function convertOptionalToPayload(
  payloadConverter: PayloadConverter,
  value: unknown,
  context?: SerializationContext,
): Payload | null | undefined {
  return value === undefined || value === null ? value : payloadConverter.toPayload(value, context);
}

export function toPayloads(converter: PayloadConverter, ...values: unknown[]): Payload[] | undefined {
  return toPayloadsWithContext(converter, undefined, values);
}

export function toPayloadsWithContext(
  converter: PayloadConverter,
  context: SerializationContext | undefined,
  values: readonly unknown[],
): Payload[] | undefined {
  return values.length === 0 ? undefined : values.map((value) => converter.toPayload(value, context));
}

export function arrayFromPayloads(
  converter: PayloadConverter,
  payloads?: (Payload | PayloadJson)[] | null,
  context?: SerializationContext,
): unknown[] {
  return (payloads ?? []).map((payload) => converter.fromPayload(inBytes(payload), context));
}

export function fromPayloadsAtIndex<T>(
  converter: PayloadConverter,
  index: number,
  payloads?: (Payload | PayloadJson)[] | null,
  context?: SerializationContext,
): T {
  if (payloads === undefined || payloads === null || index >= payloads.length) return undefined as T;
  return converter.fromPayload(inBytes(payloads[index]!), context);
}

export function mapToPayloads<K extends string>(
  converter: PayloadConverter,
  map: Record<K, unknown>,
  context?: SerializationContext,
): Record<K, Payload> {
  return Object.fromEntries(
    Object.entries(map).map(([k, v]) => [k, converter.toPayload(v, context)]),
  ) as Record<K, Payload>;
}

export function mapFromPayloads<K extends string>(
  converter: PayloadConverter,
  map?: Record<K, Payload | PayloadJson> | null,
  context?: SerializationContext,
): Record<K, unknown> | undefined {
  if (!map) return undefined;
  return Object.fromEntries(
    Object.entries<Payload | PayloadJson>(map).map(([k, v]) => [
      k,
      converter.fromPayload(inBytes(v), context),
    ]),
  ) as Record<K, unknown>;
}

/** One value → stored form. */
export function toPayloadJson(
  converter: PayloadConverter,
  value: unknown,
  context?: SerializationContext,
): PayloadJson {
  return payloadToJson(converter.toPayload(value, context));
}

/** Values → stored form. No values give `undefined`, as an absent `input` or `result` is written. */
export function toPayloadsJson(converter: PayloadConverter, ...values: unknown[]): PayloadsJson | undefined {
  return toPayloadsJsonIn(undefined, converter, values);
}

/** As {@link toPayloadsJson}; the converter is told for what the payloads are. */
export function toPayloadsJsonIn(
  context: SerializationContext | undefined,
  converter: PayloadConverter,
  values: readonly unknown[],
): PayloadsJson | undefined {
  return values.length === 0
    ? undefined
    : { payloads: values.map((value) => toPayloadJson(converter, value, context)) };
}

/** Stored form → values. */
export function fromPayloadsJson(
  converter: PayloadConverter,
  payloads?: PayloadsJson | null,
  context?: SerializationContext,
): unknown[] {
  return (payloads?.payloads ?? []).map((p) => converter.fromPayload(payloadFromJson(p), context));
}

/** The first value of a stored list, or `undefined`: results have one. */
export function fromFirstPayloadJson<T>(
  converter: PayloadConverter,
  payloads?: PayloadsJson | null,
  context?: SerializationContext,
): T {
  const first = payloads?.payloads[0];
  return (first === undefined ? undefined : converter.fromPayload(payloadFromJson(first), context)) as T;
}
