/**
 * A payload as bytes, in its protobuf form (`temporal.api.common.v1.Payload`), so that codecs of other languages read what
 * this one wrote: `map<string, bytes> metadata = 1; bytes data = 2`.
 */

import type { Payload } from 'perdure/common';

const METADATA = 1;
const DATA = 2;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function payloadToBytes({ metadata, data }: Payload): Uint8Array<ArrayBuffer> {
  const fields = Object.entries(metadata ?? {}).flatMap(([name, value]) =>
    field(METADATA, [...field(1, encoder.encode(name)), ...field(2, value)]),
  );
  // Every byte list is small but the data: it is not spread.
  const head = Uint8Array.from(fields);
  if (!data?.length) return head;
  const lead = Uint8Array.from([tag(DATA), ...varint(data.length)]);
  const bytes = new Uint8Array(head.length + lead.length + data.length);
  bytes.set(head);
  bytes.set(lead, head.length);
  bytes.set(data, head.length + lead.length);
  return bytes;
}

export function payloadFromBytes(bytes: Uint8Array): Payload {
  const metadata: Record<string, Uint8Array> = {};
  let data = new Uint8Array();
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === DATA) data = new Uint8Array(value);
    if (number !== METADATA) continue;
    const entry = [...fieldsOf(value)];
    const part = (n: number): Uint8Array => entry.find((f) => f.number === n)?.value ?? new Uint8Array();
    metadata[decoder.decode(part(1))] = new Uint8Array(part(2));
  }
  return { metadata, data };
}

/** All fields here are of wire type 2: length and bytes. */
const tag = (number: number): number => (number << 3) | 2;

const field = (number: number, value: Iterable<number>): number[] => {
  const bytes = [...value];
  return [tag(number), ...varint(bytes.length), ...bytes];
};

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

function* fieldsOf(bytes: Uint8Array): Generator<{ number: number; value: Uint8Array }> {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('The decrypted bytes are no payload');
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const number = next() >> 3;
    const length = next();
    if (at + length > bytes.length) throw new Error('The decrypted bytes are no payload');
    yield { number, value: bytes.subarray(at, at + length) };
    at += length;
  }
}
