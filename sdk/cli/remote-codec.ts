/** A payload codec elsewhere: Temporal's remote data encoder, `POST …/encode` and `…/decode` with `{ "payloads": […] }`. */

import type { PayloadJson } from '../common/payload.ts';
import { type Payload, payloadFromJson, payloadToJson } from '../common/payload.ts';
import type { PayloadCodec } from '../common/payload-codec.ts';

export interface RemoteCodecOptions {
  /** For example `http://127.0.0.1:8081`; `{namespace}` in it is replaced. */
  endpoint: string;
  namespace: string;
  /** What is sent as `authorization`. */
  auth?: string;
}

export class RemoteCodec implements PayloadCodec {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor({ endpoint, namespace, auth }: RemoteCodecOptions) {
    this.#base = endpoint.replaceAll('{namespace}', encodeURIComponent(namespace)).replace(/\/+$/, '');
    this.#headers = {
      'content-type': 'application/json',
      'x-namespace': namespace,
      ...(auth && { authorization: auth }),
    };
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return this.#ask('encode', payloads);
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return this.#ask('decode', payloads);
  }

  async #ask(direction: 'encode' | 'decode', payloads: Payload[]): Promise<Payload[]> {
    const url = `${this.#base}/${direction}`;
    const body = JSON.stringify({ payloads: payloads.map(payloadToJson) });
    const response = await fetch(url, { method: 'POST', headers: this.#headers, body }).catch((cause) => {
      throw new Error(`The codec endpoint ${url} cannot be reached`, { cause });
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`The codec endpoint ${url} answered ${response.status}: ${text.slice(0, 200)}`);
    }
    return payloadsOf(text, url).map(payloadFromJson);
  }
}

function payloadsOf(text: string, url: string): PayloadJson[] {
  try {
    const { payloads } = JSON.parse(text) as { payloads?: PayloadJson[] };
    if (Array.isArray(payloads)) return payloads;
  } catch {
    // Whatever it is, it is no answer.
  }
  throw new Error(`The codec endpoint ${url} answered something else than payloads: ${text.slice(0, 200)}`);
}
