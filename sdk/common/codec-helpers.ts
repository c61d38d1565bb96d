/**
 * Values through a data converter, codecs and all, by the names that they have inside of Temporal's packages: tools that read
 * histories on their own import them.
 */

import type { LoadedDataConverter } from './data-converter.ts';
import type { Failure } from './failure.ts';
import { failureInJson } from './failure-json.ts';
import {
  arrayFromPayloads,
  fromPayloadsAtIndex,
  mapFromPayloads,
  type Payload,
  type PayloadJson,
} from './payload.ts';
import { messageCodec, type PayloadCodec, type SerializationContext } from './payload-codec.ts';

type Given<P> = P | null | undefined;

/** The first codec of the list first. */
export async function encode(
  codecs: PayloadCodec[],
  payloads: Payload[],
  context?: SerializationContext,
): Promise<Payload[]> {
  let passing = payloads;
  for (const codec of codecs) passing = await codec.encode(passing, context);
  return passing;
}

/** The last codec of the list first. */
export async function decode(
  codecs: PayloadCodec[],
  payloads: Payload[],
  context?: SerializationContext,
): Promise<Payload[]> {
  let passing = payloads;
  for (const codec of [...codecs].reverse()) passing = await codec.decode(passing, context);
  return passing;
}

export async function decodeOptional(
  codecs: PayloadCodec[],
  payloads: Given<Payload[]>,
): Promise<Given<Payload[]>> {
  return payloads ? decode(codecs, payloads) : payloads;
}

export async function decodeOptionalSingle(
  codecs: PayloadCodec[],
  payload: Given<Payload>,
): Promise<Given<Payload>> {
  return payload && (await decode(codecs, [payload]))[0];
}

export async function encodeToPayload(converter: LoadedDataConverter, value: unknown): Promise<Payload> {
  const [payload] = await encode(converter.payloadCodecs, [converter.payloadConverter.toPayload(value)]);
  return payload!;
}

export async function encodeToPayloads(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  ...values: unknown[]
): Promise<Payload[] | undefined> {
  if (values.length === 0) return undefined;
  return encode(
    payloadCodecs,
    values.map((value) => payloadConverter.toPayload(value)),
  );
}

export async function decodeArrayFromPayloads(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  payloads?: Given<Payload[]>,
): Promise<unknown[]> {
  return arrayFromPayloads(payloadConverter, await decodeOptional(payloadCodecs, payloads));
}

export async function decodeFromPayloadsAtIndex<T>(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  index: number,
  payloads?: Given<Payload[]>,
): Promise<T> {
  return fromPayloadsAtIndex<T>(payloadConverter, index, await decodeOptional(payloadCodecs, payloads));
}

export async function decodeOptionalSinglePayload<T>(
  converter: LoadedDataConverter,
  payload?: Given<Payload>,
): Promise<Given<T>> {
  return payload ? decodeFromPayloadsAtIndex<T>(converter, 0, [payload]) : (payload as Given<T>);
}

export async function encodeMapToPayloads<K extends string>(
  converter: LoadedDataConverter,
  map: Record<K, unknown>,
): Promise<Record<K, Payload>> {
  const encoded = Object.entries(map).map(async ([name, value]) => [
    name,
    await encodeToPayload(converter, value),
  ]);
  return Object.fromEntries(await Promise.all(encoded)) as Record<K, Payload>;
}

export async function decodeMapFromPayloads<K extends string>(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  map: Given<Record<K, Payload>>,
): Promise<Record<K, unknown> | undefined> {
  if (!map) return undefined;
  const decoded = Object.entries<Payload>(map).map(async ([name, payload]) => {
    const [plain] = await decode(payloadCodecs, [payload]);
    return [name, plain];
  });
  return mapFromPayloads(
    payloadConverter,
    Object.fromEntries(await Promise.all(decoded)) as Record<K, Payload | PayloadJson>,
  );
}

/** The payloads of a failure and of its causes. */
export const encodeFailure = (codecs: PayloadCodec[], failure: object): Promise<Failure> =>
  messageCodec(codecs).encode(failureInJson(failure));

export const decodeFailure = (codecs: PayloadCodec[], failure: object): Promise<Failure> =>
  messageCodec(codecs).decode(failureInJson(failure));

/** A failure of a history, in JSON or as a message. */
export async function decodeOptionalFailureToOptionalError(
  { payloadConverter, failureConverter, payloadCodecs }: LoadedDataConverter,
  failure: Given<object>,
): Promise<Error | undefined> {
  if (!failure) return undefined;
  return failureConverter.failureToError(await decodeFailure(payloadCodecs, failure), payloadConverter);
}

export async function encodeErrorToFailure(
  { payloadConverter, failureConverter, payloadCodecs }: LoadedDataConverter,
  error: unknown,
): Promise<Failure> {
  return encodeFailure(payloadCodecs, failureConverter.errorToFailure(error, payloadConverter));
}
