/**
 * Encodes and decodes for tools that have no keys of their own: the command line, and Temporal's Web UI in a browser. The
 * protocol is Temporal's remote data encoder: `POST …/encode` and `…/decode` with `{ "payloads": […] }`.
 */

import type { Payload, PayloadCodec } from 'perdure/common';

export interface CodecEndpointOptions {
  /** Web pages that may call it: origins, for example of the Web UI. Default: none. */
  origins?: string[];
  /** May whoever sends this `authorization` read payloads of this namespace? */
  authorize(authorization: string | null, namespace: string | null): boolean | Promise<boolean>;
}

interface WirePayload {
  metadata?: Record<string, string>;
  data?: string;
}

/** `codecOf`: with keys of this namespace alone, so that nobody has payloads of another one decoded as if they were of his. */
export function codecEndpoint(
  codecOf: (namespace: string | null) => PayloadCodec,
  options: CodecEndpointOptions,
) {
  return async (request: Request): Promise<Response> => {
    const headers = corsOf(request, options.origins ?? []);
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers });
    const direction = /\/(encode|decode)$/.exec(new URL(request.url).pathname)?.[1];
    if (request.method !== 'POST' || !direction) return refusal(404, 'POST …/encode or …/decode', headers);
    const namespace = request.headers.get('x-namespace');
    const allowed = await options.authorize(request.headers.get('authorization'), namespace);
    if (!allowed) return refusal(403, 'You may not read these payloads', headers);
    try {
      const { payloads } = (await request.json()) as { payloads: WirePayload[] };
      const passed = await codecOf(namespace)[direction as 'encode' | 'decode'](payloads.map(fromWire));
      return Response.json({ payloads: passed.map(toWire) }, { headers });
    } catch (error) {
      return refusal(400, error instanceof Error ? error.message : String(error), headers);
    }
  };
}

/** Browsers ask first (OPTIONS), and send the namespace and the user's token in headers of their own. */
function corsOf(request: Request, origins: string[]): Headers {
  const origin = request.headers.get('origin');
  if (!origin || !origins.includes(origin)) return new Headers();
  return new Headers({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    vary: 'origin',
  });
}

const refusal = (status: number, message: string, headers: Headers): Response =>
  Response.json({ message }, { status, headers });

function fromWire({ metadata = {}, data = '' }: WirePayload): Payload {
  const entries = Object.entries(metadata).map(([name, value]) => [name, bytesOf(value)]);
  return { metadata: Object.fromEntries(entries), data: bytesOf(data) };
}

function toWire({ metadata, data }: Payload): WirePayload {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64Of(value)]);
  return { metadata: Object.fromEntries(entries), data: base64Of(data ?? new Uint8Array()) };
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
