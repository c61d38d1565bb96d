/**
 * Payload shorthand, as in Temporal's HTTP API: plain JSON values in place of payloads, an array of them in place of a
 * list of payloads. What cannot be said in shorthand without loss stays in the long form, which is understood anywhere.
 */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { base64ToBytes, bytesToBase64, encodingTypes, type PayloadJson } from '../../sdk/common/payload.ts';
import { isObject, type JsonObject, mapPayloads, type Shape } from './message-shape.ts';

const encoder = new TextEncoder();
const PROTO_MESSAGE_TYPE = '_protoMessageType';
const JSON_PROTOBUF = 'json/protobuf';

const textToBase64 = (text: string): string => bytesToBase64(encoder.encode(text));
const NULL_ENCODING = textToBase64(encodingTypes.METADATA_ENCODING_NULL);
const textFromBase64 = (base64: string): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(base64ToBytes(base64));

/** Either alphabet, padded or not. */
export function isBase64(value: unknown): value is string {
  const bare = typeof value === 'string' && /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(value)?.[1];
  return typeof bare === 'string' && bare.length % 4 !== 1;
}

/** Shorthand (or long form) → long form. */
export function fromShorthand(value: unknown, shape: Shape): unknown {
  return mapPayloads(value, shape, (field, kind, path) =>
    kind === 'payload' ? payloadFromShorthand(field) : payloadsFromShorthand(field, path),
  );
}

/** Long form → shorthand. */
export function toShorthand(value: unknown, shape: Shape): unknown {
  return mapPayloads(value, shape, (field, kind) =>
    kind === 'payload' ? payloadToShorthand(field) : payloadsToShorthand(field),
  );
}

function payloadsFromShorthand(value: unknown, path: string): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return { payloads: value.map(payloadFromShorthand) };
  if (isObject(value) && (Array.isArray(value.payloads) || Object.keys(value).length === 0)) return value;
  throw invalidArgument(
    `${path}: expected an array of plain values, for example [42, "text"], or {"payloads": [...]}`,
  );
}

function payloadFromShorthand(value: unknown): PayloadJson {
  if (isLiteralPayload(value)) return value;
  if (isObject(value) && typeof value[PROTO_MESSAGE_TYPE] === 'string') {
    const { [PROTO_MESSAGE_TYPE]: messageType, ...fields } = value;
    return {
      metadata: { encoding: textToBase64(JSON_PROTOBUF), messageType: textToBase64(messageType as string) },
      data: textToBase64(JSON.stringify(fields)),
    };
  }
  return {
    metadata: { encoding: textToBase64(encodingTypes.METADATA_ENCODING_JSON) },
    data: textToBase64(JSON.stringify(value)),
  };
}

/** A payload in its long form: metadata in base64, an encoding among it, perhaps data, nothing else. */
function isLiteralPayload(value: unknown): value is PayloadJson {
  if (!isObject(value) || !isObject(value.metadata) || !Object.hasOwn(value.metadata, 'encoding'))
    return false;
  const known = Object.keys(value).every((key) => key === 'metadata' || key === 'data');
  return (
    known &&
    Object.values(value.metadata).every(isBase64) &&
    (value.data === undefined || isBase64(value.data))
  );
}

/** One payload that has no shorthand keeps them all in the long form. */
function payloadsToShorthand(list: unknown): unknown {
  if (!isObject(list) || !Array.isArray(list.payloads)) return list;
  const plain: unknown[] = [];
  for (const payload of list.payloads as unknown[]) {
    const value = isNullPayload(payload) ? { value: payload } : plainValue(payload);
    if (!value) return list;
    plain.push(value.value);
  }
  return plain;
}

function payloadToShorthand(payload: unknown): unknown {
  const value = plainValue(payload);
  return value ? value.value : payload;
}

function isNullPayload(payload: unknown): boolean {
  if (!isObject(payload) || !isObject(payload.metadata) || payload.data) return false;
  const { encoding, ...others } = payload.metadata;
  return NULL_ENCODING === encoding && Object.keys(others).length === 0;
}

/** `undefined` when the value would not come back as the same payload, or is none. */
function plainValue(payload: unknown): { value: unknown } | undefined {
  if (!isObject(payload) || !isObject(payload.metadata)) return undefined;
  const { encoding, messageType, ...others } = payload.metadata as NonNullable<PayloadJson['metadata']>;
  const { data } = payload as PayloadJson;
  if (encoding === undefined || data === undefined || Object.keys(others).length > 0) return undefined;
  try {
    const name = textFromBase64(encoding);
    const value: unknown = JSON.parse(textFromBase64(data));
    if (name === encodingTypes.METADATA_ENCODING_JSON && messageType === undefined) {
      return isLiteralPayload(value) || hasMessageType(value) ? undefined : { value };
    }
    if (name !== JSON_PROTOBUF || messageType === undefined || !isObject(value)) return undefined;
    const full: JsonObject = { ...value, [PROTO_MESSAGE_TYPE]: textFromBase64(messageType) };
    return PROTO_MESSAGE_TYPE in value || isLiteralPayload(full) ? undefined : { value: full };
  } catch {
    return undefined;
  }
}

function hasMessageType(value: unknown): boolean {
  return isObject(value) && typeof value[PROTO_MESSAGE_TYPE] === 'string';
}
