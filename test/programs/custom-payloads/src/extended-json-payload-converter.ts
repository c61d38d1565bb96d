import {
  type EncodingType,
  METADATA_ENCODING_KEY,
  type Payload,
  PayloadConverterError,
  type PayloadConverterWithEncoding,
} from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';
import { parse, stringify } from './extended-json';

export class UnsupportedTypeError extends PayloadConverterError {
  public readonly name: string = 'UnsupportedTypeError';

  constructor(
    message: string,
    public readonly cause?: Error,
  ) {
    super(message);
  }
}

export class ExtendedJsonPayloadConverter implements PayloadConverterWithEncoding {
  public encodingType = 'json/plain' as EncodingType;

  public toPayload(value: unknown): Payload | undefined {
    if (value === undefined) return undefined;
    try {
      return {
        metadata: { [METADATA_ENCODING_KEY]: encode(this.encodingType), format: encode('extended') },
        data: encode(stringify(value)),
      };
    } catch (err) {
      throw new UnsupportedTypeError(`Can't convert this value: ${value}`, err as Error);
    }
  }

  public fromPayload<T>(content: Payload): T {
    return content.data ? parse(decode(content.data)) : (content.data as T);
  }
}
