/**
 * Is this of the engine? What comes over HTTP must be signed by a key that the engine has for this very Worker: learned
 * when the Worker registers itself, or given (`engineKeys`, PERDURE_ENGINE_KEYS). Sessions and tasks alike; only the
 * description of what the Worker serves is for anybody.
 */

import {
  hmacKey,
  keyBytes,
  PUBLIC_KEY_PREFIX,
  publicKey,
  SECRET_PREFIX,
  signedContent,
  TIMESTAMP_TOLERANCE_S,
  WEBHOOK_ID,
  WEBHOOK_SIGNATURE,
  WEBHOOK_TIMESTAMP,
} from '../common/dispatch-signature.ts';
import { ServiceError, ValueError } from '../common/errors.ts';
import { isLoopbackHost } from '../common/loopback.ts';
import { base64ToBytes } from '../common/payload.ts';

/** How long a request is kept waiting for the keys: a Worker that starts is called before it has heard them. */
const KEYS_PATIENCE_MS = 5_000;
const MAX_SIGNATURES = 16;
const MAX_SEEN = 20_000;

type Key = { version: 'v1' | 'v1a'; key: Promise<CryptoKey> };

export interface VerifierOptions {
  /** `whpk_…` and `whsec_…`. What is learned later stands beside them. */
  keys?: readonly string[];
  /** Keys will come by {@link DispatchVerifier.learn}; until then requests wait. */
  willLearn?: boolean;
  /** Without any keys: hosts by which only this machine, or a service binding, can have called. */
  unsignedHosts?: (hostname: string) => boolean;
  /** Default: the system's, in milliseconds. */
  clock?: () => number;
}

export class DispatchVerifier {
  readonly #pinned: Key[];
  readonly #unsignedHosts: (hostname: string) => boolean;
  readonly #clock: () => number;
  /** Signatures that were used, with the second in which nobody takes them any more. In the order of their coming. */
  readonly #seen = new Map<string, number>();
  #learned: Key[] = [];
  #learnedTexts = '';
  #waiting: Promise<void> | undefined;
  #resolve: () => void = () => undefined;

  /** @throws ValueError for a key that is none */
  constructor({ keys = [], willLearn = false, unsignedHosts, clock = Date.now }: VerifierOptions = {}) {
    this.#pinned = keys.map(keyOf);
    this.#unsignedHosts = unsignedHosts ?? isLoopbackHost;
    this.#clock = clock;
    if (willLearn && keys.length === 0) {
      this.#waiting = new Promise((resolve) => {
        this.#resolve = resolve;
      });
    }
  }

  /** What the engine answered to a registration; an engine that has no keys signs nothing. */
  learn(keys: readonly string[]): void {
    const texts = keys.join(' ');
    if (texts !== this.#learnedTexts) this.#learned = keys.map(keyOf);
    this.#learnedTexts = texts;
    this.#waiting = undefined;
    this.#resolve();
  }

  /** @throws ServiceError UNAUTHENTICATED for what the engine has not signed for this Worker, just now, and only once */
  async verify(request: Request, body: string): Promise<void> {
    if (this.#waiting) await withPatience(this.#waiting);
    if (this.#waiting) throw refused('this Worker does not know the keys of its engine yet');
    const keys = [...this.#pinned, ...this.#learned];
    if (keys.length === 0) {
      if (this.#unsignedHosts(new URL(request.url).hostname)) return;
      throw refused(
        'this Worker does not know the keys of its engine: put those that "perdure worker register" shows into ' +
          'PERDURE_ENGINE_KEYS',
      );
    }
    const id = request.headers.get(WEBHOOK_ID) ?? '';
    const timestamp = request.headers.get(WEBHOOK_TIMESTAMP) ?? '';
    const signatures = request.headers.get(WEBHOOK_SIGNATURE)?.split(' ').slice(0, MAX_SIGNATURES) ?? [];
    if (id === '' || signatures.length === 0) throw refused('it is not signed');
    const now = Math.floor(this.#clock() / 1_000);
    // Digits alone: no sign, no fraction, nothing that a number could be read from in another way.
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TIMESTAMP_TOLERANCE_S)
      throw refused('its time is not within 5 minutes of this Worker’s');
    const content = signedContent(id, timestamp, body);
    const valid = await firstValid(keys, signatures, content);
    if (valid === undefined) throw refused('no signature of it is by a key of the engine');
    this.#once(valid, Number(timestamp), now);
  }

  /** A dispatch that is sent again is signed again, with another time or token; a copy of an old one is not. */
  #once(signature: string, timestamp: number, now: number): void {
    if (this.#seen.has(signature)) throw refused('it came before');
    for (const [old, until] of this.#seen) {
      if (until >= now && this.#seen.size < MAX_SEEN) break;
      this.#seen.delete(old);
    }
    this.#seen.set(signature, timestamp + TIMESTAMP_TOLERANCE_S);
  }
}

/** Of the variable in which a Worker finds them. */
export function engineKeysOf({ PERDURE_ENGINE_KEYS: variable }: { PERDURE_ENGINE_KEYS?: string }): string[] {
  return (variable ?? '').split(/[\s,]+/).filter((key) => key !== '');
}

const refused = (why: string): ServiceError =>
  new ServiceError('UNAUTHENTICATED', `The request is not taken for one of the engine: ${why}`);

function keyOf(text: string): Key {
  const asymmetric = keyBytes(text, PUBLIC_KEY_PREFIX);
  if (asymmetric) return { version: 'v1a', key: publicKey(asymmetric) };
  const shared = keyBytes(text, SECRET_PREFIX);
  if (shared) return { version: 'v1', key: hmacKey(shared, 'verify') };
  throw new ValueError(`engineKeys: expected ${PUBLIC_KEY_PREFIX}… or ${SECRET_PREFIX}… and base64`);
}

/** Signatures of other versions are passed over. WebCrypto compares without telling by time. */
async function firstValid(
  keys: readonly Key[],
  signatures: readonly string[],
  content: Uint8Array<ArrayBuffer>,
): Promise<string | undefined> {
  for (const signature of signatures) {
    const [version, base64 = ''] = signature.split(',');
    for (const { version: own, key } of keys) {
      if (version !== own) continue;
      const algorithm = own === 'v1' ? 'HMAC' : 'Ed25519';
      const bytes = bytesOf(base64);
      if (bytes && (await crypto.subtle.verify(algorithm, await key, bytes, content))) return signature;
    }
  }
  return undefined;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(base64ToBytes(base64));
  } catch {
    return undefined;
  }
}

function withPatience(promise: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, KEYS_PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
