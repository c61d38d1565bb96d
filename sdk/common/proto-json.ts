/**
 * Messages of protobufjs in the JSON form of proto3. The library is the user's: what is needed of it is reached through a
 * message's own type. It converts the plain fields itself; the well-known types, whose JSON is not that of their fields, are
 * converted here.
 */

import { ValueError } from './errors.ts';

/** What is used of protobufjs's `Field`. */
interface ProtoField {
  readonly name: string;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly resolvedType: object | null;
  resolve(): unknown;
}

/** What is used of protobufjs's `Type`. */
export interface ProtoType {
  readonly name: string;
  readonly fullName: string;
  readonly fieldsArray: ProtoField[];
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): Record<string, unknown>;
  fromObject(object: object): object;
}

type Json = Record<string, unknown>;
interface WellKnown {
  toJson(value: Json): unknown;
  fromJson(json: unknown): unknown;
}

const plain = { longs: String, enums: String, bytes: String, json: true };

export function toProtoJson(type: ProtoType, message: object): unknown {
  return written(type, type.toObject(message, plain));
}

/** Unknown fields are passed over. */
export function fromProtoJson(type: ProtoType, json: unknown): object {
  return type.fromObject(read(type, json) as object);
}

/** The plain object of a message → its JSON. */
function written(type: ProtoType, object: unknown): unknown {
  const known = wellKnown[type.fullName];
  if (known) return known.toJson(object as Json);
  const json: Json = {};
  for (const field of type.fieldsArray) {
    const value = (object as Json)[field.name];
    if (value === undefined || value === null) continue;
    json[jsonName(field)] = each(field, value, written);
  }
  return json;
}

/** JSON of a message → the plain object of which protobufjs makes one. */
function read(type: ProtoType, json: unknown): unknown {
  const known = wellKnown[type.fullName];
  if (known) return known.fromJson(json);
  if (typeof json !== 'object' || json === null)
    throw new ValueError(`${type.name}: expected an object in JSON`);
  const object: Json = {};
  for (const field of type.fieldsArray) {
    const value = (json as Json)[jsonName(field)] ?? (json as Json)[field.name];
    if (value === undefined || value === null) continue;
    object[field.name] = each(field, value, read);
  }
  return object;
}

/** `some_field`, where the generator kept the case, is `someField` in JSON. */
function jsonName({ name }: ProtoField): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Converts the messages in a field: one, a list, or a map of them. */
function each(
  field: ProtoField,
  value: unknown,
  convert: (type: ProtoType, value: unknown) => unknown,
): unknown {
  field.resolve();
  const { resolvedType } = field;
  if (!resolvedType || !('fieldsArray' in resolvedType)) return value;
  const one = (item: unknown): unknown => convert(resolvedType as ProtoType, item);
  if (field.repeated) return (value as unknown[]).map(one);
  if (!field.map) return one(value);
  return Object.fromEntries(Object.entries(value as Json).map(([key, item]) => [key, one(item)]));
}

/** `1.5s`, `-0.000000001s` */
export function durationText(duration: Json): string {
  const seconds = longText(duration.seconds ?? 0);
  const nanos = Number(duration.nanos ?? 0);
  const negative = seconds.startsWith('-') || nanos < 0;
  return `${negative ? '-' : ''}${seconds.replace('-', '')}${fraction(Math.abs(nanos))}s`;
}

/** 64 bits as a number, a text, a bigint, a `Long`, or what JSON makes of a `Long`. */
export function longText(value: unknown): string {
  const { low, high, unsigned } = Object(value) as { low?: unknown; high?: unknown; unsigned?: boolean };
  if (typeof low !== 'number' || typeof high !== 'number') return String(value);
  return String((BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(low >>> 0));
}

/** Three, six or nine digits, as many as it takes. */
function fraction(nanos: number): string {
  if (nanos === 0) return '';
  return `.${String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '')}`;
}

const nanosOf = (digits = ''): number => Number(digits.padEnd(9, '0').slice(0, 9));

function textOf(json: unknown, pattern: RegExp, what: string): RegExpExecArray {
  const found = typeof json === 'string' ? pattern.exec(json) : null;
  if (!found) throw new ValueError(`expected a ${what} in JSON, got ${JSON.stringify(json)}`);
  return found;
}

export function timestampText({ seconds, nanos }: Json): string {
  const toSecond = new Date(Number(longText(seconds ?? 0)) * 1_000).toISOString().slice(0, 19);
  return `${toSecond}${fraction(Number(nanos ?? 0))}Z`;
}

/** @throws ValueError */
export function timestampParts(json: unknown): { seconds: number; nanos: number } {
  const [, toSecond, digits, zone] = textOf(json, /^(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/, 'timestamp');
  return { seconds: Date.parse(`${toSecond}${zone}`) / 1_000, nanos: nanosOf(digits) };
}

/** @throws ValueError */
export function durationParts(json: unknown): { seconds: string; nanos: number } {
  const [, sign, seconds, digits] = textOf(json, /^(-?)(\d+)(?:\.(\d{1,9}))?s$/, 'duration');
  return { seconds: `${sign}${seconds}`, nanos: nanosOf(digits) * (sign ? -1 : 1) };
}

const timestamp: WellKnown = { toJson: timestampText, fromJson: timestampParts };
const duration: WellKnown = { toJson: durationText, fromJson: durationParts };

/** A wrapped value that is the default one may be absent in the message. */
const wrapperOf = (byDefault: unknown): WellKnown => ({
  toJson: ({ value }) => value ?? byDefault,
  fromJson: (value) => ({ value }),
});

const fieldMask: WellKnown = {
  toJson: ({ paths = [] }) =>
    (paths as string[]).map((path) => path.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase())).join(','),
  fromJson: (json) => ({
    paths: String(json)
      .split(',')
      .filter(Boolean)
      .map((path) => path.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)),
  }),
};

/** Values of any kind, as messages. */
function valueOfJson(json: unknown): Json {
  if (json === null) return { nullValue: 0 };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  return Array.isArray(json) ? { listValue: listOfJson(json) } : { structValue: structOfJson(json) };
}
const listOfJson = (json: unknown): Json => ({ values: (json as unknown[]).map(valueOfJson) });
const structOfJson = (json: unknown): Json => ({
  fields: Object.fromEntries(Object.entries(json as Json).map(([key, value]) => [key, valueOfJson(value)])),
});

function jsonOfValue({ structValue, listValue, numberValue, stringValue, boolValue }: Json): unknown {
  if (structValue) return jsonOfStruct(structValue as Json);
  if (listValue) return jsonOfList(listValue as Json);
  return numberValue ?? stringValue ?? boolValue ?? null;
}
const jsonOfList = ({ values = [] }: Json): unknown => (values as Json[]).map(jsonOfValue);
const jsonOfStruct = ({ fields = {} }: Json): unknown =>
  Object.fromEntries(Object.entries(fields as Record<string, Json>).map(([k, v]) => [k, jsonOfValue(v)]));

/** An `Any` has its type's name in it, and there is nobody here to look that up. */
const any: WellKnown = {
  toJson: () => {
    throw new ValueError('google.protobuf.Any has no JSON form here: use ProtobufBinaryPayloadConverter');
  },
  fromJson: () => any.toJson({}),
};

const WRAPPERS = {
  ...{ Double: 0, Float: 0, Int32: 0, UInt32: 0, Int64: '0', UInt64: '0' },
  ...{ Bool: false, String: '', Bytes: '' },
};

const wellKnown: Record<string, WellKnown> = {
  '.google.protobuf.Timestamp': timestamp,
  '.google.protobuf.Duration': duration,
  '.google.protobuf.FieldMask': fieldMask,
  '.google.protobuf.Struct': { toJson: jsonOfStruct, fromJson: structOfJson },
  '.google.protobuf.Value': { toJson: jsonOfValue, fromJson: valueOfJson },
  '.google.protobuf.ListValue': { toJson: jsonOfList, fromJson: listOfJson },
  '.google.protobuf.Any': any,
  ...Object.fromEntries(
    Object.entries(WRAPPERS).map(([name, value]) => [`.google.protobuf.${name}Value`, wrapperOf(value)]),
  ),
};
