import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec } from './encryption-codec';

export function getDataConverter(): DataConverter {
  return {
    payloadConverterPath: require.resolve('./payload-converter'),
    payloadCodecs: [new EncryptionCodec(Buffer.alloc(32, 7), 'key-1')],
  };
}
