/** What client, Worker and codec endpoint agree on. */

import { DefaultFailureConverter, defaultPayloadConverter, type LoadedDataConverter } from 'perdure/common';
import { EncryptionCodec, type KeyRing } from './codec.ts';

export const TASK_QUEUE = 'encryption';

/**
 * The keys, from the environment: `ENCRYPTION_KEYS="2026-01=<base64>,2026-02=<base64>"`; the last one encrypts, all of
 * them decrypt. To rotate, add a key at the end everywhere; drop an old one when no history needs it any more.
 */
export function keyRing(text = process.env.ENCRYPTION_KEYS ?? DEMO_KEYS): KeyRing {
  const keys = new Map(
    text.split(',').map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at).trim(), new Uint8Array(Buffer.from(entry.slice(at + 1), 'base64'))] as const;
    }),
  );
  return { keys, current: [...keys.keys()].at(-1)! };
}

/** For trying the example out. Everybody has them. */
const DEMO_KEYS = 'demo-1=cGVyZHVyZSBkZW1vIGtleSwgbm90IGEgc2VjcmV0ISE=';

/** The same for client and Worker. Texts of errors are payloads too, so that the codec encrypts them. */
export function encrypted(ring: KeyRing = keyRing()): LoadedDataConverter {
  return {
    payloadConverter: defaultPayloadConverter,
    failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: true }),
    payloadCodecs: [new EncryptionCodec(ring)],
  };
}
