/**
 * JSON of the engine → messages as protobufjs makes them, which is what Temporal's client gives: enums are numbers, 64-bit numbers are `Long`s, times
 * and durations `{ seconds, nanos }`, bytes are bytes. What is not set is no field of the object's own: its prototype has it, with its default.
 */

import Long from 'long';
import { base64ToBytes } from './payload.ts';
import { durationParts, timestampParts } from './proto-json.ts';
import { enumNamed, messageNamed, type ProtoField } from './proto-table.ts';
import { jsonOfField } from './proto-to-json.ts';

type Fields = Record<string, unknown>;

/** A function, so that nobody who only imports this has `long` make anything. */
function defaultOf(kind: ProtoField['kind']): unknown {
  switch (kind) {
    case 'text':
      return '';
    case 'long':
      return Long.ZERO;
    case 'boolean':
      return false;
    case 'bytes':
      return [];
    case 'message':
      return null;
    default:
      return 0;
  }
}

/** Those of JSON are texts. */
const TIMES: Record<string, (json: string) => object> = {
  Timestamp: timestampParts,
  Duration: durationParts,
};

/** What is a message already stays one. Fields that Temporal's message has not got are kept as they are. */
export function messageOfJson(name: string, json: unknown): object {
  const given = (typeof json === 'string' ? TIMES[name]?.(json) : json) as Fields;
  const { fields } = messageNamed(name);
  const message = Object.create(prototypeOf(name)) as Fields;
  for (const { name: key, rule } of fields.values()) if (rule) message[key] = rule === '*' ? [] : {};
  for (const [key, value] of Object.entries(given)) {
    const field = fields.get(key);
    if (!field) message[key] = value;
    else if (value !== null && value !== undefined) {
      const made = fieldOf(field, value);
      if (field.rule || field.choice || !isDefault(field, made)) message[key] = made;
    }
  }
  return message;
}

function fieldOf(field: ProtoField, value: unknown): unknown {
  const one = (item: unknown): unknown => itemOf(field, item);
  if (field.rule === '*') return (value as unknown[]).map(one);
  if (field.rule !== '%') return one(value);
  return Object.fromEntries(Object.entries(value as Fields).map(([key, item]) => [key, one(item)]));
}

function itemOf({ kind, type }: ProtoField, value: unknown): unknown {
  if (kind === 'message') return messageOfJson(type, value);
  if (kind === 'enum')
    return typeof value === 'string' ? (enumNamed(type).numbers.get(value) ?? value) : value;
  if (kind === 'long') return Long.fromValue(value as string);
  if (kind === 'bytes') return typeof value === 'string' ? bytesOf(value) : value;
  return kind === 'number' ? Number(value) : value;
}

function isDefault({ kind }: ProtoField, value: unknown): boolean {
  if (kind === 'long') return (value as Long).isZero();
  if (kind === 'bytes') return (value as Uint8Array).length === 0;
  return value === defaultOf(kind);
}

/** A `Buffer` where there are such, as protobufjs has it. */
function bytesOf(base64: string): Uint8Array {
  const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: string): Uint8Array } };
  return Buffer ? Buffer.from(base64, 'base64') : base64ToBytes(base64);
}

const prototypes = new Map<string, object>();

function prototypeOf(name: string): object {
  const before = prototypes.get(name);
  if (before) return before;
  const { fields, choices } = messageNamed(name);
  const prototype: Fields = {};
  for (const { name: key, rule, kind } of fields.values())
    prototype[key] = rule === '*' ? [] : rule === '%' ? {} : defaultOf(kind);
  for (const { name: key, fields: among } of choices) {
    const get = function (this: object): string | undefined {
      return among.find((field) => Object.hasOwn(this, field));
    };
    Object.defineProperty(prototype, key, { get });
  }
  Object.defineProperty(prototype, 'toJSON', {
    value(this: Fields) {
      return plainOf(name, this);
    },
  });
  prototypes.set(name, prototype);
  return prototype;
}

/** As `JSON.stringify` writes messages of protobufjs: not the JSON of protobuf, times and durations are objects. */
function plainOf(name: string, message: Fields): Fields {
  const { fields } = messageNamed(name);
  const entries = Object.entries(message).map(([key, value]) => {
    const field = fields.get(key);
    return [key, field && field.kind !== 'message' ? jsonOfField(field, value) : value] as const;
  });
  return Object.fromEntries(entries.filter(([key, value]) => !(fields.get(key)?.rule && isEmpty(value))));
}

const isEmpty = (value: unknown): boolean => Object.keys(Object(value)).length === 0;
