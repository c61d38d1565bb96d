import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec, ValueError } from '@temporalio/common';

const ENCODING = 'binary/encrypted';
const bytes = new TextEncoder();
const text = new TextDecoder();

/** AES-GCM over the whole payload, its metadata included. */
export class EncryptionCodec implements PayloadCodec {
  constructor(
    private readonly key: Buffer,
    private readonly keyId: string,
  ) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', this.key, iv);
      const plain = JSON.stringify({
        metadata: Object.entries(payload.metadata ?? {}).map(([key, value]) => [
          key,
          Buffer.from(value).toString('base64'),
        ]),
        data: Buffer.from(payload.data ?? []).toString('base64'),
      });
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return {
        metadata: {
          [METADATA_ENCODING_KEY]: bytes.encode(ENCODING),
          'encryption-key-id': bytes.encode(this.keyId),
        },
        data: Buffer.concat([iv, cipher.getAuthTag(), sealed]),
      };
    });
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (!payload.metadata || text.decode(payload.metadata[METADATA_ENCODING_KEY]) !== ENCODING)
        return payload;
      if (text.decode(payload.metadata['encryption-key-id']) !== this.keyId)
        throw new ValueError('another key');
      const data = Buffer.from(payload.data ?? []);
      const decipher = createDecipheriv('aes-256-gcm', this.key, data.subarray(0, 12));
      decipher.setAuthTag(data.subarray(12, 28));
      const plain = Buffer.concat([decipher.update(data.subarray(28)), decipher.final()]).toString('utf8');
      const { metadata, data: body } = JSON.parse(plain) as { metadata: [string, string][]; data: string };
      return {
        metadata: Object.fromEntries(metadata.map(([key, value]) => [key, Buffer.from(value, 'base64')])),
        data: Buffer.from(body, 'base64'),
      };
    });
  }
}
