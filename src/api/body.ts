/** Reads a request's body: bounded while it streams in, then JSON, then bounded in depth. */

import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import { saysItsLength } from '../../sdk/common/read-text.ts';
import { locateJsonError } from './json-position.ts';

const MAX_BODY_BYTES = MAX_MESSAGE_BYTES;
/** A body that says that it is no longer is read in one piece: a signal costs a tenth less. */
const ONE_PIECE_BYTES = 65_536;
export const MAX_DEPTH = 64;
/** A body that is too long is still read up to here: many clients read the answer only after they have sent it all. */
const MAX_DRAIN_BYTES = 64 * 1024 * 1024;

/** The JSON object in the body; an absent body is an empty one. */
export async function readBody(request: Request): Promise<Record<string, unknown>> {
  const text = await readText(request);
  if (text.trim() === '') return {};
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument('the body must be a JSON object');
  checkDepth(value);
  return value as Record<string, unknown>;
}

export type Bytes = Uint8Array<ArrayBuffer>;

/** The body as it came, for those who sign it. Read no further than to its bound. @throws ServiceError PAYLOAD_TOO_LARGE */
export async function readBytes(request: Request, maxBytes: number): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    length += chunk.value.length;
    if (length > maxBytes) {
      await reader?.cancel();
      throw new ServiceError('PAYLOAD_TOO_LARGE', `the body is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** @throws ServiceError INVALID_ARGUMENT */
export function textOfBytes(bytes: Bytes): string {
  const text = decoded(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  if (text === undefined) throw notText();
  return text;
}

/** Any JSON, bounded in depth. @throws ServiceError INVALID_ARGUMENT */
export function parseJson(text: string): unknown {
  const value = parse(text);
  if (typeof value === 'object' && value !== null) checkDepth(value);
  return value;
}

function tooLong(): ServiceError {
  const bound = `${MAX_BODY_BYTES} bytes (${MAX_BODY_BYTES / 1024 / 1024} MiB)`;
  return new ServiceError('PAYLOAD_TOO_LARGE', `the body is longer than ${bound}`);
}

const notText = (): ServiceError => invalidArgument('the body is not UTF-8 text');

async function readText(request: Request): Promise<string> {
  if (!saysItsLength(request, ONE_PIECE_BYTES)) return readPieces(request);
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY_BYTES) throw tooLong();
  return textOfBytes(new Uint8Array(bytes));
}

/** Decoded as it comes: of a large body there is never a second copy in bytes. */
async function readPieces(request: Request): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let text = '';
  let length = 0;
  let wrong = false;
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    length += chunk.value.length;
    if (length > MAX_BODY_BYTES) text = '';
    else if (!wrong) {
      const part = decoded(() => decoder.decode(chunk?.value, { stream: true }));
      wrong = part === undefined;
      text += part ?? '';
    }
    if (length > MAX_DRAIN_BYTES) {
      await reader?.cancel();
      break;
    }
  }
  if (length > MAX_BODY_BYTES) throw tooLong();
  const rest = wrong ? undefined : decoded(() => decoder.decode());
  if (rest === undefined) throw notText();
  return text + rest;
}

/** `undefined`: it is not UTF-8. */
function decoded(decode: () => string): string | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, column, found } = locateJsonError(text);
    throw invalidArgument(`the body is not JSON: unexpected ${found} at line ${line}, column ${column}`);
  }
}

interface Place {
  value: object;
  depth: number;
  key: string;
  parent?: Place;
}

/** Without recursion, so that a hostile depth costs no stack. */
function checkDepth(body: object): void {
  const open: Place[] = [{ value: body, depth: 1, key: '' }];
  for (let place = open.pop(); place; place = open.pop()) {
    if (place.depth > MAX_DEPTH)
      throw invalidArgument(`${pathOf(place)}…: nested deeper than ${MAX_DEPTH} levels`);
    for (const [key, value] of Object.entries(place.value)) {
      if (typeof value === 'object' && value !== null)
        open.push({ value: value as object, depth: place.depth + 1, key, parent: place });
    }
  }
}

/** The first few names: enough to find the place. */
function pathOf(place: Place): string {
  const names: string[] = [];
  for (let p: Place | undefined = place; p?.parent; p = p.parent) names.unshift(p.key);
  return names.slice(0, 4).join('.');
}
