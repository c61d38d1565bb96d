/**
 * Task tokens: sealed to namespace, run, activity and attempt (AES-GCM), so that nobody makes one or reads one. A token is
 * opened before any object is asked. Bytes: version, key id (4), nonce (12), sealed text.
 */

import { type EpochMs, fromDurationJson, fromTimestampJson } from '../../sdk/common/duration.ts';
import { notFound, ServiceError } from '../../sdk/common/errors.ts';
import { decodeTaskToken } from '../../sdk/common/ids.ts';
import { base64ToBytes, bytesToBase64 } from '../../sdk/common/payload.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import { type Env, now } from '../env.ts';
import { engineKeys } from './key-ring.ts';

const VERSION = 2;
const KID_END = 5;
const HEAD_END = KID_END + 12;
/** An answer may come late, and is told that it is; much later it is not looked at any more. */
const GRACE_MS = 24 * 3_600_000;
const TAG_BYTES = 16;
const encoder = new TextEncoder();

/** What the object wrote into the task in the clear leaves the engine sealed. */
export async function sealedToken(env: Env, task: ActivityTask): Promise<string> {
  const timeout = fromDurationJson(task.startToCloseTimeout);
  const expires = timeout > 0 ? fromTimestampJson(task.startedTime) + timeout + GRACE_MS : 0;
  return sealTaskToken(env, task.taskToken, expires);
}

/** @param expires 0: never */
export async function sealTaskToken(env: Env, token: string, expires: EpochMs): Promise<string> {
  const keys = await engineKeys(env);
  const { currentKid } = keys;
  const head = new Uint8Array(HEAD_END);
  head[0] = VERSION;
  for (let at = 1; at < KID_END; at++) head[at] = Number.parseInt(currentKid.slice(2 * at - 2, 2 * at), 16);
  const iv = crypto.getRandomValues(head.subarray(KID_END));
  const text = encoder.encode(JSON.stringify([token, expires]));
  const sealing = { name: 'AES-GCM', iv, additionalData: head.subarray(0, KID_END) };
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt(sealing, (await keys.tokenKey(currentKid))!, text),
  );
  const bytes = new Uint8Array(head.length + sealed.length);
  bytes.set(head);
  bytes.set(sealed, head.length);
  return bytesToBase64(bytes);
}

/**
 * @throws ServiceError PERMISSION_DENIED for what this engine has not sealed, or for another namespace; NOT_FOUND when the
 *   attempt has been over for long
 */
export async function openTaskToken(env: Env, token: string, namespace: string): Promise<ActivityTaskRef> {
  const sealed = sealedParts(token);
  const key = sealed && (await (await engineKeys(env, sealed.kid)).tokenKey(sealed.kid));
  const opened = key && (await unsealed(sealed, key));
  if (!opened) throw foreign();
  const task = decodeTaskToken(opened.token);
  // The same as for one that is no token: nobody learns what there is in other namespaces.
  if (task.namespace !== namespace) throw foreign();
  if (opened.expires > 0 && opened.expires < now(env))
    throw notFound('taskToken: has expired: the attempt is over');
  return task;
}

const foreign = (): ServiceError =>
  new ServiceError('PERMISSION_DENIED', 'taskToken: not a task token of this engine and namespace');

interface Sealed {
  kid: string;
  bytes: Uint8Array<ArrayBuffer>;
}

function sealedParts(text: string): Sealed | undefined {
  try {
    const bytes = new Uint8Array(base64ToBytes(text));
    if (bytes[0] !== VERSION || bytes.length < HEAD_END + TAG_BYTES) return undefined;
    return { kid: toHex(bytes.subarray(1, KID_END)), bytes };
  } catch {
    return undefined;
  }
}

/** `undefined`: a byte of it is not as it was sealed. */
async function unsealed(
  { bytes }: Sealed,
  key: CryptoKey,
): Promise<{ token: string; expires: EpochMs } | undefined> {
  const iv = bytes.slice(KID_END, HEAD_END);
  const sealing = { name: 'AES-GCM', iv, additionalData: bytes.slice(0, KID_END) };
  try {
    const json = await crypto.subtle.decrypt(sealing, key, bytes.slice(HEAD_END));
    const [token, expires] = JSON.parse(new TextDecoder().decode(json)) as [string, number];
    return { token, expires };
  } catch {
    return undefined;
  }
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
