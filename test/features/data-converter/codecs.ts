/** Two codecs of which the order shows: the encryption example's, behind one that turns some bits. */

import type { Payload, PayloadCodec } from 'perdure/common';
import { EncryptionCodec } from '../../../examples/encryption/codec.ts';
import { keyRing } from '../../../examples/encryption/shared.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Turns some bits, and wraps the encoding that was there. */
export class Wrapping implements PayloadCodec {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map(({ metadata, data }) => ({
      metadata: { ...metadata, encoding: bytes(this.name), [`${this.name}-was`]: metadata!.encoding! },
      data: turned(this.name, data),
    }));
  }
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map(({ metadata, data }) => {
      const { [`${this.name}-was`]: was, ...rest } = metadata ?? {};
      if (!was)
        throw new Error(`the codec "${this.name}" was given "${new TextDecoder().decode(rest.encoding)}"`);
      return { metadata: { ...rest, encoding: was }, data: turned(this.name, data) };
    });
  }
}

/** With a mask of the codec's own: two of them must not cancel each other. */
const turned = (name: string, data: Uint8Array | null | undefined): Uint8Array =>
  (data ?? bytes('')).map((byte) => byte ^ name.charCodeAt(0));

export const payloadCodecs = [new Wrapping('inner'), new EncryptionCodec(keyRing())];
