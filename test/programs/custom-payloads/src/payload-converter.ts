import { CompositePayloadConverter, UndefinedPayloadConverter } from '@temporalio/common';
import { addType } from './extended-json';
import { ExtendedJsonPayloadConverter } from './extended-json-payload-converter';

export class Money {
  constructor(readonly cents: bigint) {}
}

addType<Money>('money', {
  is: (v): v is Money => v instanceof Money,
  encode: ({ cents }) => cents.toString(),
  decode: (cents: string) => new Money(BigInt(cents)),
});

export const payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new ExtendedJsonPayloadConverter(),
);
