/** Knows the class `Money`, by its identity: workflow code must be given a copy of its own. */

import {
  CompositePayloadConverter,
  JsonPayloadConverter,
  METADATA_ENCODING_KEY,
  type Payload,
  type PayloadConverterWithEncoding,
  UndefinedPayloadConverter,
} from 'perdure/common';
import { Money } from './money.ts';

const ENCODING = 'text/money';

class MoneyConverter implements PayloadConverterWithEncoding {
  readonly encodingType = ENCODING;
  toPayload<T>(value: T): Payload | undefined {
    if (!(value instanceof Money)) return undefined;
    const data = new TextEncoder().encode(String(value.cents));
    return { metadata: { [METADATA_ENCODING_KEY]: new TextEncoder().encode(ENCODING) }, data };
  }
  fromPayload<T>(payload: Payload): T {
    return new Money(BigInt(new TextDecoder().decode(payload.data ?? undefined))) as T;
  }
}

export const payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new MoneyConverter(),
  new JsonPayloadConverter(),
);
