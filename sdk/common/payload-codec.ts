/**
 * Payload codecs: what happens to payloads between converters and the engine, such as encryption. A codec sees payloads
 * only; where they stand in requests, events, commands and failures is known here, once, by the shape of Temporal's messages.
 */

import { ValueError } from './errors.ts';
import { type Payload, type PayloadJson, payloadFromJson, payloadToJson } from './payload.ts';

/** For what a payload is. */
export interface WorkflowSerializationContext {
  type: 'workflow';
  namespace: string;
  workflowId: string;
}
export interface ActivitySerializationContext {
  type: 'activity';
  namespace: string;
  activityId?: string;
  workflowId?: string;
  isLocal: boolean;
}
export type SerializationContext = WorkflowSerializationContext | ActivitySerializationContext;

/** Transforms payloads on their way out and back. Each call answers with as many payloads as it was given. */
export interface PayloadCodec {
  /** What leaves this process. The SDK itself gives no context; programs that call codecs may. */
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

/** Encodes in the order of the list, decodes in the opposite one. Without codecs, messages pass as they are. */
export function messageCodec(codecs: readonly PayloadCodec[]): MessageCodec {
  if (codecs.length === 0) return { encode: async (message) => message, decode: async (message) => message };
  const reversed = [...codecs].reverse();
  return {
    encode: (message) => mapPayloads(message, (payloads) => through(codecs, 'encode', payloads)),
    decode: (message) => mapPayloads(message, (payloads) => through(reversed, 'decode', payloads)),
  };
}

/** @throws ValueError for a codec that loses payloads or makes some up. */
export async function through(
  codecs: readonly PayloadCodec[],
  direction: 'encode' | 'decode',
  payloads: PayloadJson[],
): Promise<PayloadJson[]> {
  let passing = payloads.map(payloadFromJson);
  for (const codec of codecs) passing = await codec[direction](passing);
  if (passing.length !== payloads.length) {
    throw new ValueError(
      `A payload codec answered ${direction} of ${payloads.length} payloads with ${passing.length}`,
    );
  }
  return passing.map(payloadToJson);
}

interface Site {
  payloads: PayloadJson[];
  put(payloads: PayloadJson[]): void;
}

/** A copy of the message with its payloads replaced. Headers and search attributes stay: no codec sees them. */
export async function mapPayloads<T>(
  message: T,
  transform: (payloads: PayloadJson[]) => Promise<PayloadJson[]>,
): Promise<T> {
  const sites: Site[] = [];
  const copy = copyOf(message, sites) as T;
  const waiting = sites.values();
  const work = async (): Promise<void> => {
    for (const { payloads, put } of waiting) put(await transform(payloads));
  };
  await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENT, sites.length) }, work));
  return copy;
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Copies a message, noting where payloads stand in the copy. */
function copyOf(value: unknown, sites: Site[]): unknown {
  if (Array.isArray(value)) return value.map((item) => copyOf(item, sites));
  if (!isObject(value)) return value;
  if (Array.isArray(value.payloads)) return listOf(value as Fields & { payloads: PayloadJson[] }, sites);
  const copy: Fields = {};
  for (const [name, field] of Object.entries(value)) {
    if (name === 'encodedAttributes' && isObject(field)) addSingle(copy, name, field, sites);
    else if (isObject(field) && Object.hasOwn(special, name))
      copy[name] = special[name]!(field, sites, value);
    else copy[name] = copyOf(field, sites);
  }
  return copy;
}

/** Fields that hold payloads otherwise than in a list of them, or that no codec may touch. */
const special: Record<string, (field: Fields, sites: Site[], parent: Fields) => unknown> = {
  header: (field) => field,
  searchAttributes: (field) => field,
  userMetadata: singlesOf,
  memo: memoOf,
  upsertedMemo: memoOf,
  // What the SDK itself writes into its markers is read before a codec sees it; the result is the user's.
  details: (field, sites, parent) => {
    if (typeof parent.markerName !== 'string') return copyOf(field, sites);
    return { ...field, ...(isObject(field.result) && { result: copyOf(field.result, sites) }) };
  },
};

function listOf(list: Fields & { payloads: PayloadJson[] }, sites: Site[]): Fields {
  const copy = { ...list };
  const { payloads } = list;
  if (payloads.length > 0) {
    sites.push({
      payloads,
      put: (replaced) => {
        copy.payloads = replaced;
      },
    });
  }
  return copy;
}

/** Fields of which each is one payload. */
function singlesOf(fields: Fields, sites: Site[]): Fields {
  const copy: Fields = {};
  for (const [name, field] of Object.entries(fields)) {
    if (isObject(field)) addSingle(copy, name, field, sites);
    else copy[name] = field;
  }
  return copy;
}

function addSingle(into: Fields, name: string, payload: PayloadJson, sites: Site[]): void {
  into[name] = payload;
  sites.push({
    payloads: [payload],
    put: ([replaced]) => {
      into[name] = replaced;
    },
  });
}

function memoOf(memo: Fields, sites: Site[]): Fields {
  return isObject(memo.fields) ? { ...memo, fields: singlesOf(memo.fields, sites) } : memo;
}
