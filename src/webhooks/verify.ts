/**
 * Is a delivery of the one who has the secret? Judged over the bytes as they came, before anything of them is parsed. Every
 * signature that was sent is tried with every secret; whatever is missing, doubled or malformed is refused.
 */

import {
  hmacKey,
  keyBytes,
  PUBLIC_KEY_PREFIX,
  publicKey,
  SECRET_PREFIX,
  TIMESTAMP_TOLERANCE_S,
  WEBHOOK_ID,
  WEBHOOK_SIGNATURE,
  WEBHOOK_TIMESTAMP,
} from '../../sdk/common/dispatch-signature.ts';
import type { EpochMs } from '../../sdk/common/duration.ts';
import { base64ToBytes } from '../../sdk/common/payload.ts';
import type { WebhookKind } from '../../sdk/common/webhooks.ts';
import { sameSecret } from '../auth/digest.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export interface RawDelivery {
  headers: Headers;
  body: Bytes;
  /** The engine's clock. */
  now: EpochMs;
}

/** What is wrong with it; `undefined`: nothing. Says nothing about the secret. */
export type Refusal = string | undefined;
type Verifier = (secrets: readonly string[], delivery: RawDelivery) => Promise<Refusal>;

const MAX_SIGNATURES = 16;
const NOT_SIGNED = 'it is not signed';
const NO_MATCH = 'no signature of it is by a secret of this webhook';
const OUT_OF_TIME = 'its time is not within 5 minutes of the engine’s';
const encoder = new TextEncoder();

const verifiers: Record<WebhookKind, Verifier> = {
  async stripe(secrets, { headers, body, now }) {
    const fields = (headers.get('stripe-signature') ?? '').split(',').map((field) => field.trim().split('='));
    const of = (name: string): string[] =>
      fields.flatMap(([key, value = '']) => (key === name ? [value] : []));
    const [timestamp, ...others] = of('t');
    const signatures = of('v1').slice(0, MAX_SIGNATURES);
    if (timestamp === undefined || others.length > 0 || signatures.length === 0) return NOT_SIGNED;
    if (!isInTime(timestamp, now)) return OUT_OF_TIME;
    return hmacOfAny(secrets, signatures.map(hexBytes), content(`${timestamp}.`, body));
  },

  async github(secrets, { headers, body }) {
    const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(headers.get('x-hub-signature-256') ?? '') ?? [];
    if (hex === undefined) return NOT_SIGNED;
    return hmacOfAny(secrets, [hexBytes(hex)], body);
  },

  async slack(secrets, { headers, body, now }) {
    const timestamp = headers.get('x-slack-request-timestamp') ?? '';
    const [, hex] = /^v0=([0-9a-f]{64})$/i.exec(headers.get('x-slack-signature') ?? '') ?? [];
    if (hex === undefined) return NOT_SIGNED;
    if (!isInTime(timestamp, now)) return OUT_OF_TIME;
    return hmacOfAny(secrets, [hexBytes(hex)], content(`v0:${timestamp}:`, body));
  },

  async standard(secrets, { headers, body, now }) {
    const id = headers.get(WEBHOOK_ID) ?? '';
    const timestamp = headers.get(WEBHOOK_TIMESTAMP) ?? '';
    const signatures = headers.get(WEBHOOK_SIGNATURE)?.split(' ').slice(0, MAX_SIGNATURES) ?? [];
    if (id === '' || signatures.length === 0) return NOT_SIGNED;
    if (!isInTime(timestamp, now)) return OUT_OF_TIME;
    const signed = content(`${id}.${timestamp}.`, body);
    for (const secret of secrets) {
      const asymmetric = keyBytes(secret, PUBLIC_KEY_PREFIX);
      const shared = keyBytes(secret, SECRET_PREFIX);
      const [version, algorithm] = asymmetric ? ['v1a', 'Ed25519'] : ['v1', 'HMAC'];
      const key = asymmetric ? await publicKey(asymmetric) : shared && (await hmacKey(shared, 'verify'));
      if (!key) continue;
      for (const signature of signatures) {
        const [given, base64 = ''] = signature.split(',');
        const bytes = given === version ? base64Bytes(base64) : undefined;
        if (bytes && (await crypto.subtle.verify(algorithm!, key, bytes, signed))) return undefined;
      }
    }
    return NO_MATCH;
  },

  async bearer(secrets, { headers }) {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
    if (token === undefined) return 'it has no bearer token';
    let found = false;
    for (const secret of secrets) found = (await sameSecret(token, secret)) || found;
    return found ? undefined : 'its bearer token is not that of this webhook';
  },
};

/** Without a secret nothing is ever verified. */
export async function verifyDelivery(
  kind: WebhookKind,
  secrets: readonly string[],
  delivery: RawDelivery,
): Promise<Refusal> {
  const usable = secrets.filter((secret) => secret !== '');
  return usable.length === 0 ? 'this webhook has no secret' : verifiers[kind](usable, delivery);
}

/** Digits alone: no sign, no fraction, nothing that a number could be read from in another way. */
function isInTime(timestamp: string, now: EpochMs): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(Math.floor(now / 1_000) - Number(timestamp)) <= TIMESTAMP_TOLERANCE_S;
}

/** The text of a secret is the key, as these senders have it. WebCrypto compares without telling by time. */
async function hmacOfAny(
  secrets: readonly string[],
  signatures: ReadonlyArray<Bytes | undefined>,
  signed: Bytes,
): Promise<Refusal> {
  for (const secret of secrets) {
    const key = await hmacKey(encoder.encode(secret) as Bytes, 'verify');
    for (const signature of signatures) {
      if (signature && (await crypto.subtle.verify('HMAC', key, signature, signed))) return undefined;
    }
  }
  return NO_MATCH;
}

function content(head: string, body: Bytes): Bytes {
  const start = encoder.encode(head);
  const bytes = new Uint8Array(start.length + body.length);
  bytes.set(start);
  bytes.set(body, start.length);
  return bytes;
}

function hexBytes(hex: string): Bytes | undefined {
  if (!/^(?:[0-9a-f]{2}){32}$/i.test(hex)) return undefined;
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function base64Bytes(base64: string): Bytes | undefined {
  try {
    return new Uint8Array(base64ToBytes(base64));
  } catch {
    return undefined;
  }
}
