/**
 * Messages of protobuf → their JSON, which is what the engine stores and the SDK reads. What is in JSON already stays as it is, so that whoever
 * takes a history takes it in either form.
 */

import type { HistoryEvent } from './history.ts';
import { bytesToBase64 } from './payload.ts';
import { durationText, longText, timestampText } from './proto-json.ts';
import { enumNamed, messageNamed, type ProtoField } from './proto-table.ts';

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same object where it is JSON: histories are long. What is not known of the message is passed on. */
export function jsonOfMessage(name: string, message: unknown): unknown {
  if (!isObject(message)) return message;
  if (name === 'Timestamp') return timestampText(message);
  if (name === 'Duration') return durationText(message);
  const { fields } = messageNamed(name);
  const json: Fields = {};
  let changed = Object.getPrototypeOf(message) !== Object.prototype;
  for (const [key, value] of Object.entries(message)) {
    const field = fields.get(key);
    const made = field ? jsonOfField(field, value) : value;
    if (made !== value) changed = true;
    if (made !== undefined) json[key] = made;
  }
  return changed ? json : message;
}

/** The events of a history in JSON, whichever form they have. */
export function eventsInJson(events: readonly unknown[]): HistoryEvent[] {
  return listOf(events, (event) => jsonOfMessage('HistoryEvent', event)) as HistoryEvent[];
}

/** What is told from none although it is empty: no payloads, no events, a memo without fields. */
const EMPTY = new Set(['payloads', 'events', 'fields', 'indexedFields']);

/** `undefined`: there is nothing to say. */
export function jsonOfField(field: ProtoField, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  const one = (item: unknown): unknown => jsonOfValue(field, item);
  if (field.rule && typeof value === 'object' && Object.keys(value).length === 0 && !EMPTY.has(field.name))
    return undefined;
  if (field.rule === '*' && Array.isArray(value)) return listOf(value, one);
  if (field.rule !== '%' || !isObject(value)) return one(value);
  const entries = Object.entries(value);
  const made = entries.map(([key, item]): [string, unknown] => [key, one(item)]);
  const same = made.every(([, item], i) => item === entries[i]![1]);
  return same && Object.getPrototypeOf(value) === Object.prototype ? value : Object.fromEntries(made);
}

function listOf(list: readonly unknown[], one: (item: unknown) => unknown): readonly unknown[] {
  const made = list.map(one);
  return made.every((item, i) => item === list[i]) ? list : made;
}

function jsonOfValue({ kind, type }: ProtoField, value: unknown): unknown {
  if (kind === 'message') return jsonOfMessage(type, value);
  if (kind === 'enum') return typeof value === 'number' ? (enumNamed(type).names.get(value) ?? value) : value;
  if (kind === 'bytes') return value instanceof Uint8Array ? bytesToBase64(value) : value;
  return kind === 'long' ? longText(value) : value;
}
