/**
 * Payload codecs: what happens to payloads between converters and the engine, such as encryption. A codec sees payloads
 * only; where they stand in requests, events, commands and failures is known here, once, by the shape of Temporal's messages.
 */

import { ValueError } from './errors.ts';
import { type Payload, type PayloadJson, payloadFromJson, payloadToJson } from './payload.ts';
import type { SerializationContext } from './serialization-context.ts';

/** Transforms payloads on their way out and back. Each call answers with as many payloads as it was given. */
export interface PayloadCodec {
  /** What leaves this process. `context`: for what the payloads are. */
  encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]>;
  /** What came into it. */
  decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]>;
}

/** Whole messages through codecs: copies with every payload encoded or decoded. */
export interface MessageCodec {
  encode<T>(message: T): Promise<T>;
  decode<T>(message: T): Promise<T>;
}

/** Calls of a codec at the same time for one message: it may ask a key service each time. */
const MAX_CONCURRENT = 20;

type Context = SerializationContext | undefined;

/** For what the payloads inside of an object are, where `outer` is what those around it are for. */
export type ContextInside = (object: Readonly<Record<string, unknown>>, outer: Context) => Context;

const unchanged: ContextInside = (_, outer) => outer;

/**
 * Encodes in the order of the list, decodes in the opposite one. Without codecs, messages pass as they are.
 * @param context for what the payloads of the messages are, unless `inside` says something else
 */
export function messageCodec(
  codecs: readonly PayloadCodec[],
  context?: SerializationContext,
  inside: ContextInside = unchanged,
): MessageCodec {
  if (codecs.length === 0) return { encode: async (message) => message, decode: async (message) => message };
  const reversed = [...codecs].reverse();
  return {
    encode: (message) =>
      mapPayloads(message, (payloads, of) => through(codecs, 'encode', payloads, of), context, inside),
    decode: (message) =>
      mapPayloads(message, (payloads, of) => through(reversed, 'decode', payloads, of), context, inside),
  };
}

/** @throws ValueError for a codec that loses payloads or makes some up. */
export async function through(
  codecs: readonly PayloadCodec[],
  direction: 'encode' | 'decode',
  payloads: PayloadJson[],
  context?: SerializationContext,
): Promise<PayloadJson[]> {
  let passing = payloads.map(payloadFromJson);
  for (const codec of codecs) passing = await codec[direction](passing, context);
  if (passing.length !== payloads.length) {
    throw new ValueError(
      `A payload codec answered ${direction} of ${payloads.length} payloads with ${passing.length}`,
    );
  }
  return passing.map(payloadToJson);
}

interface Site {
  payloads: PayloadJson[];
  context: Context;
  put(payloads: PayloadJson[]): void;
}

/** A copy of the message with its payloads replaced. Headers and search attributes stay: no codec sees them. */
export async function mapPayloads<T>(
  message: T,
  transform: (payloads: PayloadJson[], context: Context) => Promise<PayloadJson[]>,
  context?: SerializationContext,
  inside: ContextInside = unchanged,
): Promise<T> {
  const walk: Walk = { sites: [], inside };
  const copy = copyOf(message, walk, context) as T;
  const waiting = walk.sites.values();
  const work = async (): Promise<void> => {
    for (const site of waiting) site.put(await transform(site.payloads, site.context));
  };
  await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENT, walk.sites.length) }, work));
  return copy;
}

type Fields = Record<string, unknown>;

/** Where payloads were found so far. */
interface Walk {
  sites: Site[];
  inside: ContextInside;
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Copies a message, noting where payloads stand in the copy. */
function copyOf(value: unknown, walk: Walk, outer: Context): unknown {
  if (Array.isArray(value)) return value.map((item) => copyOf(item, walk, outer));
  if (!isObject(value)) return value;
  if (Array.isArray(value.payloads))
    return listOf(value as Fields & { payloads: PayloadJson[] }, walk, outer);
  const context = walk.inside(value, outer);
  const copy: Fields = {};
  for (const [name, field] of Object.entries(value)) {
    if (name === 'encodedAttributes' && isObject(field)) addSingle(copy, name, field, walk, context);
    else if (isObject(field) && Object.hasOwn(special, name))
      copy[name] = special[name]!(field, walk, context, value);
    else copy[name] = copyOf(field, walk, context);
  }
  return copy;
}

/** Fields that hold payloads otherwise than in a list of them, or that no codec may touch. */
const special: Record<string, (field: Fields, walk: Walk, context: Context, parent: Fields) => unknown> = {
  header: (field) => field,
  searchAttributes: (field) => field,
  userMetadata: singlesOf,
  memo: memoOf,
  upsertedMemo: memoOf,
  // What the SDK itself writes into its markers is read before a codec sees it; the result is the user's.
  details: (field, walk, context, parent) => {
    if (typeof parent.markerName !== 'string') return copyOf(field, walk, context);
    return { ...field, ...(isObject(field.result) && { result: copyOf(field.result, walk, context) }) };
  },
};

function listOf(list: Fields & { payloads: PayloadJson[] }, { sites }: Walk, context: Context): Fields {
  const copy = { ...list };
  const { payloads } = list;
  if (payloads.length > 0) {
    sites.push({
      payloads,
      context,
      put: (replaced) => {
        copy.payloads = replaced;
      },
    });
  }
  return copy;
}

/** Fields of which each is one payload. */
function singlesOf(fields: Fields, walk: Walk, context: Context): Fields {
  const copy: Fields = {};
  for (const [name, field] of Object.entries(fields)) {
    if (isObject(field)) addSingle(copy, name, field, walk, context);
    else copy[name] = field;
  }
  return copy;
}

function addSingle(
  into: Fields,
  name: string,
  payload: PayloadJson,
  { sites }: Walk,
  context: Context,
): void {
  into[name] = payload;
  sites.push({
    payloads: [payload],
    context,
    put: ([replaced]) => {
      into[name] = replaced;
    },
  });
}

function memoOf(memo: Fields, walk: Walk, context: Context): Fields {
  return isObject(memo.fields) ? { ...memo, fields: singlesOf(memo.fields, walk, context) } : memo;
}
