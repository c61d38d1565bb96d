/** AES-GCM between the converters and the engine: the engine stores what it cannot read. */

import type { Payload, PayloadCodec } from 'perdure/common';
import { payloadFromBytes, payloadToBytes } from './payload-bytes.ts';

const ENCODING = 'binary/encrypted';
const IV_BYTES = 12;
const text = new TextEncoder();

/** Keys of 16 or 32 bytes by id; new payloads are encrypted with the current one. */
export interface KeyRing {
  keys: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  current: string;
}

/**
 * The form of Temporal's samples: metadata `encoding: binary/encrypted` and `encryption-key-id`, data of IV and ciphertext.
 * What is encrypted is the whole payload, with its metadata.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #ring: KeyRing;
  readonly #imported = new Map<string, Promise<CryptoKey>>();

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(payloads.map((payload) => this.#encrypt(payload)));
  }

  /** Payloads that are not encrypted pass: there are some from before the codec was there. */
  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(payloads.map((payload) => (isEncrypted(payload) ? this.#decrypt(payload) : payload)));
  }

  async #encrypt(payload: Payload): Promise<Payload> {
    const { current } = this.#ring;
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const key = await this.#key(current);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, payloadToBytes(payload));
    const data = new Uint8Array(IV_BYTES + sealed.byteLength);
    data.set(iv);
    data.set(new Uint8Array(sealed), IV_BYTES);
    return {
      metadata: { encoding: text.encode(ENCODING), 'encryption-key-id': text.encode(current) },
      data,
    };
  }

  async #decrypt({ metadata, data }: Payload): Promise<Payload> {
    const key = await this.#key(textOf(metadata?.['encryption-key-id']));
    const bytes = new Uint8Array(data ?? []);
    const iv = bytes.subarray(0, IV_BYTES);
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, bytes.subarray(IV_BYTES));
    return payloadFromBytes(new Uint8Array(opened));
  }

  #key(id: string): Promise<CryptoKey> {
    const known = this.#imported.get(id);
    if (known) return known;
    const bytes = this.#ring.keys.get(id);
    if (!bytes) throw new Error(`There is no encryption key "${id}"`);
    const imported = crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
    this.#imported.set(id, imported);
    return imported;
  }
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const isEncrypted = ({ metadata }: Payload): boolean => textOf(metadata?.encoding) === ENCODING;
