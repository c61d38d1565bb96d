import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  type EncodingType,
  JsonPayloadConverter,
  METADATA_ENCODING_KEY,
  type Payload,
  type PayloadConverterWithEncoding,
  UndefinedPayloadConverter,
} from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';

/** Dates and bigints stay what they are. */
class RichJsonPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType = 'json/rich' as EncodingType;

  toPayload(value: unknown): Payload | undefined {
    if (value === undefined) return undefined;
    const json = JSON.stringify(value, function (this: Record<string, unknown>, key: string, item: unknown) {
      const raw = this[key];
      if (raw instanceof Date) return { $date: raw.getTime() };
      return typeof raw === 'bigint' ? { $bigint: raw.toString() } : item;
    });
    return { metadata: { [METADATA_ENCODING_KEY]: encode(this.encodingType) }, data: encode(json) };
  }

  fromPayload<T>(payload: Payload): T {
    return JSON.parse(decode(payload.data ?? new Uint8Array()), (_, item) => {
      if (item && typeof item === 'object' && '$date' in item) return new Date(item.$date);
      return item && typeof item === 'object' && '$bigint' in item ? BigInt(item.$bigint) : item;
    });
  }
}

export const payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new RichJsonPayloadConverter(),
  new JsonPayloadConverter(),
);
