/**
 * What the engine seals and signs with. Every key is derived from the engine's secrets (HMAC-SHA256 over a label): one for
 * task tokens, and one Ed25519 key per namespace and Worker, so that what one Worker was sent proves nothing to another.
 */

import {
  hmacKey,
  keyBytes,
  PUBLIC_KEY_PREFIX,
  SECRET_PREFIX,
  signature,
  signedContent,
  WEBHOOK_ID,
  WEBHOOK_SIGNATURE,
  WEBHOOK_TIMESTAMP,
} from '../../sdk/common/dispatch-signature.ts';
import type { EpochMs } from '../../sdk/common/duration.ts';
import { base64ToBytes, bytesToBase64 } from '../../sdk/common/payload.ts';
import { type EngineSecret, SIGNING_OVERLAP_MS } from './engine-secrets.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The Worker that is sent something. */
export interface Addressee {
  namespace: string;
  url: string;
  /** `whsec_…`, where it gave one. */
  signingSecret?: string;
}

interface SigningKey {
  privateKey: CryptoKey;
  /** `whpk_…` */
  publicKey: string;
}

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_HEAD = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);
const MAX_SIGNING_KEYS = 2_000;
const encoder = new TextEncoder();

export class EngineKeys {
  readonly #secrets: EngineSecret[];
  readonly #tokenKeys = new Map<string, CryptoKey>();
  readonly #signingKeys = new Map<string, SigningKey>();
  readonly #hmacKeys = new Map<string, CryptoKey>();

  /** @param secrets the newest first */
  constructor(secrets: EngineSecret[]) {
    this.#secrets = secrets;
  }

  get currentKid(): string {
    return this.#secrets[0]!.kid;
  }

  knows(kid: string): boolean {
    return this.#secrets.some((secret) => secret.kid === kid);
  }

  /** AES-GCM key for task tokens; `undefined` for a secret that is not (or no longer) there. */
  async tokenKey(kid: string): Promise<CryptoKey | undefined> {
    const secret = this.#secrets.find((one) => one.kid === kid);
    if (!secret) return undefined;
    let key = this.#tokenKeys.get(kid);
    if (!key) {
      const bytes = await derived(secret, 'task-token');
      key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
      this.#tokenKeys.set(kid, key);
    }
    return key;
  }

  /** What the Worker verifies with: a key for each secret that signs. */
  async publicKeys(to: Addressee, now: EpochMs): Promise<string[]> {
    const keys = await Promise.all(this.#signing(now).map((secret) => this.#signingKey(secret, to)));
    return keys.map(({ publicKey }) => publicKey);
  }

  /** The three headers. */
  async sign(to: Addressee, id: string, body: string, now: EpochMs): Promise<Record<string, string>> {
    const timestamp = String(Math.floor(now / 1_000));
    const content = signedContent(id, timestamp, body);
    const signatures = this.#signing(now).map(async (secret) =>
      signature('v1a', (await this.#signingKey(secret, to)).privateKey, content),
    );
    const shared = await this.#hmacKey(to.signingSecret);
    if (shared) signatures.push(signature('v1', shared, content));
    return {
      [WEBHOOK_ID]: id,
      [WEBHOOK_TIMESTAMP]: timestamp,
      [WEBHOOK_SIGNATURE]: (await Promise.all(signatures)).join(' '),
    };
  }

  #signing(now: EpochMs): EngineSecret[] {
    return this.#secrets.filter(
      (_, i, all) => i === 0 || now - all[i - 1]!.createdTime <= SIGNING_OVERLAP_MS,
    );
  }

  async #signingKey(secret: EngineSecret, { namespace, url }: Addressee): Promise<SigningKey> {
    const label = JSON.stringify(['dispatch', namespace, url]);
    const name = `${secret.kid}${label}`;
    let key = this.#signingKeys.get(name);
    if (!key) {
      key = await ed25519(await derived(secret, label));
      if (this.#signingKeys.size >= MAX_SIGNING_KEYS) this.#signingKeys.clear();
      this.#signingKeys.set(name, key);
    }
    return key;
  }

  async #hmacKey(signingSecret: string | undefined): Promise<CryptoKey | undefined> {
    const bytes = signingSecret && keyBytes(signingSecret, SECRET_PREFIX);
    if (!bytes) return undefined;
    let key = this.#hmacKeys.get(signingSecret);
    if (!key) {
      key = await hmacKey(bytes, 'sign');
      if (this.#hmacKeys.size >= MAX_SIGNING_KEYS) this.#hmacKeys.clear();
      this.#hmacKeys.set(signingSecret, key);
    }
    return key;
  }
}

async function derived({ secret }: EngineSecret, label: string): Promise<Bytes> {
  const root = await hmacKey(new Uint8Array(base64ToBytes(secret)), 'sign');
  return new Uint8Array(await crypto.subtle.sign('HMAC', root, encoder.encode(label)));
}

async function ed25519(seed: Bytes): Promise<SigningKey> {
  const pkcs8 = new Uint8Array(PKCS8_HEAD.length + seed.length);
  pkcs8.set(PKCS8_HEAD);
  pkcs8.set(seed, PKCS8_HEAD.length);
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, true, ['sign']);
  const { x } = (await crypto.subtle.exportKey('jwk', privateKey)) as JsonWebKey;
  const standard = x!.replaceAll('-', '+').replaceAll('_', '/');
  const bytes = base64ToBytes(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
  return { privateKey, publicKey: `${PUBLIC_KEY_PREFIX}${bytesToBase64(bytes)}` };
}
