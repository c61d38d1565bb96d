/**
 * Payloads through the codec endpoint: Temporal's remote data encoder, `POST …/decode` and `…/encode` with
 * `{ "payloads": […] }`. Everything that the engine answers is decoded before a page sees it, everything that a person sends is
 * encoded. When the endpoint fails, payloads stay as they are, and the page says so.
 */

import { encodingTypes, type PayloadJson } from '../../../sdk/common/payload.ts';
import { mapPayloads } from '../../../sdk/common/payload-codec.ts';
import { readPayload } from '../payload.ts';
import { payloadsOf } from './answer.ts';
import { storedCodec, storedToken } from './settings.ts';

type Direction = 'encode' | 'decode';

/** What is readable was not encoded, or is decoded: nobody is asked about it. */
const READABLE = new Set<string>(Object.values(encodingTypes));

/** So much goes in one request. */
const MAX_PAYLOADS = 200;
const MAX_CHARACTERS = 2_000_000;
/** What was decoded is kept while it is not more than this: pages read the same again and again. */
const MAX_KEPT_CHARACTERS = 16_000_000;

const kept = new Map<string, PayloadJson>();
let keptCharacters = 0;

const keyOf = (payload: PayloadJson): string => JSON.stringify([payload.metadata, payload.data]);

/** @returns the message with its payloads decoded, as far as that was possible. */
export async function decoded<T>(namespace: string, message: T, signal?: AbortSignal): Promise<T> {
  if (!storedCodec()) return message;
  const missing = new Map<string, PayloadJson>();
  await mapPayloads(message, async (payloads) => {
    for (const payload of payloads) {
      const key = keyOf(payload);
      if (!READABLE.has(readPayload(payload).encoding) && !kept.has(key)) missing.set(key, payload);
    }
    return payloads;
  });
  const found = await decodeAll(namespace, missing, signal);
  return mapPayloads(message, async (payloads) =>
    payloads.map((payload) => {
      const key = keyOf(payload);
      return found.get(key) ?? kept.get(key) ?? payload;
    }),
  );
}

async function decodeAll(
  namespace: string,
  missing: ReadonlyMap<string, PayloadJson>,
  signal: AbortSignal | undefined,
): Promise<Map<string, PayloadJson>> {
  const found = new Map<string, PayloadJson>();
  for (const part of parts([...missing])) {
    try {
      const answers = await ask(
        namespace,
        'decode',
        part.map(([, payload]) => payload),
        signal,
      );
      part.forEach(([key], i) => void found.set(key, answers[i]!));
      tell({ works: true });
    } catch (error) {
      if (signal?.aborted) throw error;
      tell({ works: false, error: error as Error });
      // The next part would fail as this one did.
      break;
    }
  }
  for (const [key, payload] of found) keep(key, payload);
  return found;
}

function keep(key: string, payload: PayloadJson): void {
  const characters = key.length + (payload.data?.length ?? 0);
  if (keptCharacters + characters > MAX_KEPT_CHARACTERS) {
    kept.clear();
    keptCharacters = 0;
  }
  kept.set(key, payload);
  keptCharacters += characters;
}

function* parts(all: Array<[string, PayloadJson]>): Generator<Array<[string, PayloadJson]>> {
  let part: Array<[string, PayloadJson]> = [];
  let characters = 0;
  for (const one of all) {
    if (part.length >= MAX_PAYLOADS || (part.length > 0 && characters > MAX_CHARACTERS)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(one);
    characters += one[0].length;
  }
  if (part.length > 0) yield part;
}

/** @throws Error when it cannot be encoded: nothing leaves this browser as plain text that should not. */
export async function encoded<T>(namespace: string, message: T): Promise<T> {
  if (!storedCodec()) return message;
  return mapPayloads(message, (payloads) => ask(namespace, 'encode', payloads));
}

async function ask(
  namespace: string,
  direction: Direction,
  payloads: PayloadJson[],
  signal?: AbortSignal,
): Promise<PayloadJson[]> {
  const { endpoint, access } = storedCodec()!;
  const base = endpoint.replaceAll('{namespace}', encodeURIComponent(namespace)).replace(/\/+$/, '');
  const url = `${base}/${direction}`;
  const token = access === 'token' && storedToken();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-namespace': namespace,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    credentials: access === 'cookies' ? 'include' : 'omit',
    body: JSON.stringify({ payloads }),
    ...(signal && { signal }),
  }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new Error(`${url} cannot be reached. Does it run, and does it allow ${location.origin} (CORS)?`);
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
  return payloadsOf(url, text, payloads.length);
}

/** How the endpoint does. */
export interface CodecHealth {
  works: boolean;
  error?: Error;
  /** How often it has recovered: what was read before is to be read again. */
  recovered: number;
}

let health: CodecHealth | undefined;
const listeners = new Set<(health: CodecHealth | undefined) => void>();

function tell(next: Omit<CodecHealth, 'recovered'>): void {
  if (health?.works === next.works && health.error?.message === next.error?.message) return;
  const recovers = next.works && health?.works === false;
  health = { ...next, recovered: (health?.recovered ?? 0) + (recovers ? 1 : 0) };
  for (const listener of listeners) listener(health);
}

/** Called at once, and whenever it changes. @returns what ends that. */
export function watchCodec(listener: (health: CodecHealth | undefined) => void): () => void {
  listeners.add(listener);
  listener(health);
  return () => void listeners.delete(listener);
}

/** Before anything needs it: does it answer? */
export async function tryCodec(namespace: string): Promise<void> {
  if (!storedCodec()) return;
  try {
    await ask(namespace, 'decode', []);
    tell({ works: true });
  } catch (error) {
    tell({ works: false, error: error as Error });
  }
}
