/** The engine's keys as an isolate remembers them: from the Worker secret, or of the engine's object, asked once a minute. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import { type Env, engineSecrets } from '../env.ts';
import { sha256 } from './digest.ts';
import { EngineKeys } from './engine-keys.ts';
import { systemObject } from './system-object.ts';

const TTL_MS = 60_000;
/** A key id that is not known is asked for, but not more often than this. */
const MISS_TTL_MS = 5_000;

let remembered: { source: string; keys: EngineKeys; time: EpochMs } | undefined;

/** For tests, and where a rotation is to count at once. */
export function forgetEngineKeys(): void {
  remembered = undefined;
}

/** @param kid if this one is not known, what is remembered may be out of date */
export async function engineKeys(env: Env, kid?: string): Promise<EngineKeys> {
  const given = engineSecrets(env);
  const source = given.join(',');
  const known = remembered?.source === source ? remembered : undefined;
  const age = known ? Date.now() - known.time : Number.POSITIVE_INFINITY;
  const missing = kid !== undefined && known !== undefined && !known.keys.knows(kid);
  const isFresh = age >= 0 && age < (missing ? MISS_TTL_MS : TTL_MS);
  if (known && (given.length > 0 || isFresh)) return known.keys;
  const time = Date.now();
  const keys =
    given.length > 0 ? await keysOf(given) : new EngineKeys(await systemObject(env).engineSecrets());
  // What was derived stays derived as long as nothing has changed.
  const same = known && known.keys.currentKid === keys.currentKid;
  remembered = { source, keys: same && !missing ? known.keys : keys, time };
  return remembered.keys;
}

/** Of a text that somebody chose, the digest is the secret. None of them is ever too old: who gives them takes them away. */
async function keysOf(given: string[]): Promise<EngineKeys> {
  const secrets = given.map(async (text) => {
    const digest = await sha256(text);
    const kid = [...(await sha256(`kid ${text}`)).subarray(0, 4)];
    return {
      kid: kid.map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      secret: bytesToBase64(digest),
      createdTime: Number.POSITIVE_INFINITY,
    };
  });
  return new EngineKeys(await Promise.all(secrets));
}
