/**
 * How the engine signs what it sends to Workers: Standard Webhooks. Three headers; what is signed is `id.timestamp.body`,
 * with an Ed25519 key that the engine has for this one Worker (`v1a`), and with a secret of the Worker's choice by
 * HMAC-SHA256 (`v1`), where it gave one. Several signatures stand side by side while keys are replaced.
 */

import { base64ToBytes, bytesToBase64 } from './payload.ts';

export const WEBHOOK_ID = 'webhook-id';
export const WEBHOOK_TIMESTAMP = 'webhook-timestamp';
export const WEBHOOK_SIGNATURE = 'webhook-signature';
/** Seconds that sender and receiver may differ. */
export const TIMESTAMP_TOLERANCE_S = 300;
/** Before the base64 of an Ed25519 public key (32 bytes), and of a shared secret (24 to 64 bytes). */
export const PUBLIC_KEY_PREFIX = 'whpk_';
export const SECRET_PREFIX = 'whsec_';

const encoder = new TextEncoder();
type Usage = 'sign' | 'verify';

export function signedContent(id: string, timestamp: string, body: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${id}.${timestamp}.${body}`) as Uint8Array<ArrayBuffer>;
}

/** The bytes behind a prefix; `undefined` when the text is no such key. */
export function keyBytes(text: string, prefix: string): Uint8Array<ArrayBuffer> | undefined {
  if (!text.startsWith(prefix)) return undefined;
  try {
    const bytes = new Uint8Array(base64ToBytes(text.slice(prefix.length)));
    const fits =
      prefix === PUBLIC_KEY_PREFIX ? bytes.length === 32 : bytes.length >= 24 && bytes.length <= 64;
    return fits ? bytes : undefined;
  } catch {
    return undefined;
  }
}

export function hmacKey(secret: Uint8Array<ArrayBuffer>, usage: Usage): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [usage]);
}

export function publicKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, false, ['verify']);
}

/** One entry of the signature header. */
export async function signature(
  version: 'v1' | 'v1a',
  key: CryptoKey,
  content: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const algorithm = version === 'v1' ? 'HMAC' : 'Ed25519';
  const bytes = new Uint8Array(await crypto.subtle.sign(algorithm, key, content));
  return `${version},${bytesToBase64(bytes)}`;
}
