/** Requests as programs write them: payloads as their converter made them, in bytes, or in the JSON form that travels. */

import { bytesToBase64, type Payload, type PayloadJson, type PayloadsJson } from '../common/payload.ts';

/** Payloads in either form. */
export interface GivenPayloads {
  payloads: (Payload | PayloadJson)[];
}

/** A request whose lists of payloads may be in either form. */
export type Given<T> = T extends PayloadsJson
  ? GivenPayloads
  : T extends object
    ? { [K in keyof T]: Given<T[K]> }
    : T;

/** With bytes as JSON of protobuf has them. What holds none is not copied. */
export function bytesInBase64<T>(value: T): T {
  return written(value) as T;
}

function written(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return bytesToBase64(value);
  if (Array.isArray(value)) {
    const items = value.map(written);
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [name, field] of Object.entries(value)) {
    const after = written(field);
    if (after === field) continue;
    copy ??= { ...value };
    copy[name] = after;
  }
  return copy ?? value;
}
