/** Payloads as text: what they hold when it can be read, what they are when it cannot. Pure. */

import { base64ToBytes, bytesToBase64, type PayloadJson } from '../../sdk/common/payload.ts';

export interface ReadPayload {
  /** `json/plain`, … as the payload names it. */
  encoding: string;
  /** For people. Absent: it cannot be read here. */
  text?: string;
  /** The value, when it is JSON. */
  value?: unknown;
  bytes: number;
}

/** Whether the text is for people: no control characters but white space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const UNREADABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;

const textOf = (base64: string): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(base64ToBytes(base64));
  } catch {
    return undefined;
  }
};

export function readPayload({ metadata = {}, data = '' }: PayloadJson): ReadPayload {
  const encoding = textOf(metadata.encoding ?? '') ?? '';
  const bytes = Math.floor((data.replace(/=+$/, '').length * 3) / 4);
  if (encoding === 'binary/null') return { encoding, text: 'null', value: null, bytes };
  const text = textOf(data);
  if (text === undefined) return { encoding, bytes };
  if (!encoding.startsWith('json/'))
    return UNREADABLE.test(text) ? { encoding, bytes } : { encoding, text, bytes };
  try {
    const value: unknown = JSON.parse(text);
    return { encoding, value, text: JSON.stringify(value, null, 2), bytes };
  } catch {
    return { encoding, text, bytes };
  }
}

/** One line: `400, "acct-alice"`. */
export function payloadLine(payloads: readonly PayloadJson[] | undefined, limit = 200): string {
  const line = (payloads ?? [])
    .map((payload) => {
      const read = readPayload(payload);
      if ('value' in read) return JSON.stringify(read.value);
      return read.text ?? `${read.bytes} bytes of ${read.encoding || 'unknown encoding'}`;
    })
    .join(', ');
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

/**
 * Failures whose texts a data converter put into a payload (`encodedAttributes`) say them again, where that payload can be read.
 * Changes the message, which is nobody else's.
 */
export function withFailureTexts<T>(message: T): T {
  if (typeof message !== 'object' || message === null) return message;
  const { encodedAttributes } = message as { encodedAttributes?: PayloadJson };
  if (encodedAttributes?.data) {
    const { value } = readPayload(encodedAttributes);
    const { message: text, stack_trace: stackTrace } = (value ?? {}) as Record<string, unknown>;
    if (typeof text === 'string') Object.assign(message, { message: text });
    if (typeof stackTrace === 'string') Object.assign(message, { stackTrace });
  }
  for (const field of Object.values(message)) withFailureTexts(field);
  return message;
}

/** The same with every payload that can be read as the value that it holds: for people. */
export function withValues(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withValues);
  const { metadata } = value as PayloadJson;
  if (typeof metadata?.encoding === 'string') {
    const read = readPayload(value as PayloadJson);
    if ('value' in read) return read.value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withValues(field)]));
}

export function jsonPayload(value: unknown): PayloadJson {
  const encoder = new TextEncoder();
  const encode = (text: string): string => bytesToBase64(encoder.encode(text));
  return { metadata: { encoding: encode('json/plain') }, data: encode(JSON.stringify(value)) };
}

/** What a person typed as arguments: one JSON value a line, or one that spans lines. @throws Error that says what is wrong. */
export function parseArguments(text: string): PayloadJson[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  try {
    return [jsonPayload(JSON.parse(trimmed))];
  } catch (error) {
    const lines = trimmed.split('\n').filter((line) => line.trim() !== '');
    try {
      if (lines.length > 1) return lines.map((line) => jsonPayload(JSON.parse(line)));
    } catch {
      // The reason of the whole text says more.
    }
    throw new Error(`Not JSON: ${(error as Error).message}`);
  }
}

/** The reverse: arguments as a person would type them. */
export function formatArguments(payloads: readonly PayloadJson[] | undefined): string {
  const list = (payloads ?? []).map(readPayload);
  const single = list.length === 1;
  return list
    .map((read) => ('value' in read ? JSON.stringify(read.value, null, single ? 2 : 0) : (read.text ?? '')))
    .join('\n');
}
