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
  toPayloadsWithContext,
} from './payload.ts';
import { messageCodec, type PayloadCodec } from './payload-codec.ts';
import type { SerializationContext } from './serialization-context.ts';

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
  context?: SerializationContext,
): Promise<Given<Payload[]>> {
  return payloads ? decode(codecs, payloads, context) : payloads;
}

export async function decodeOptionalSingle(
  codecs: PayloadCodec[],
  payload: Given<Payload>,
  context?: SerializationContext,
): Promise<Given<Payload>> {
  return payload && (await decode(codecs, [payload], context))[0];
}

export async function encodeToPayload(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  value: unknown,
  context?: SerializationContext,
): Promise<Payload> {
  const [payload] = await encode(payloadCodecs, [payloadConverter.toPayload(value, context)], context);
  return payload!;
}

export const encodeToPayloads = (
  converter: LoadedDataConverter,
  ...values: unknown[]
): Promise<Payload[] | undefined> => encodeToPayloadsWithContext(converter, undefined, values);

export async function encodeToPayloadsWithContext(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  context: SerializationContext | undefined,
  values: unknown[],
): Promise<Payload[] | undefined> {
  const payloads = toPayloadsWithContext(payloadConverter, context, values);
  return payloads && encode(payloadCodecs, payloads, context);
}

export async function decodeArrayFromPayloads(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  payloads?: Given<Payload[]>,
  context?: SerializationContext,
): Promise<unknown[]> {
  const plain = await decodeOptional(payloadCodecs, payloads, context);
  return arrayFromPayloads(payloadConverter, plain, context);
}

export async function decodeFromPayloadsAtIndex<T>(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  index: number,
  payloads?: Given<Payload[]>,
  context?: SerializationContext,
): Promise<T> {
  const plain = await decodeOptional(payloadCodecs, payloads, context);
  return fromPayloadsAtIndex<T>(payloadConverter, index, plain, context);
}

export async function decodeOptionalSinglePayload<T>(
  converter: LoadedDataConverter,
  payload?: Given<Payload>,
  context?: SerializationContext,
): Promise<Given<T>> {
  return payload ? decodeFromPayloadsAtIndex<T>(converter, 0, [payload], context) : (payload as Given<T>);
}

export async function encodeMapToPayloads<K extends string>(
  converter: LoadedDataConverter,
  map: Record<K, unknown>,
  context?: SerializationContext,
): Promise<Record<K, Payload>> {
  const encoded = Object.entries(map).map(async ([name, value]) => [
    name,
    await encodeToPayload(converter, value, context),
  ]);
  return Object.fromEntries(await Promise.all(encoded)) as Record<K, Payload>;
}

export async function decodeMapFromPayloads<K extends string>(
  { payloadConverter, payloadCodecs }: LoadedDataConverter,
  map: Given<Record<K, Payload>>,
  context?: SerializationContext,
): Promise<Record<K, unknown> | undefined> {
  if (!map) return undefined;
  const decoded = Object.entries<Payload>(map).map(async ([name, payload]) => {
    const [plain] = await decode(payloadCodecs, [payload], context);
    return [name, plain];
  });
  return mapFromPayloads(
    payloadConverter,
    Object.fromEntries(await Promise.all(decoded)) as Record<K, Payload | PayloadJson>,
    context,
  );
}

/** The payloads of a failure and of its causes. */
export const encodeFailure = (
  codecs: PayloadCodec[],
  failure: object,
  context?: SerializationContext,
): Promise<Failure> => messageCodec(codecs, context).encode(failureInJson(failure));

export const decodeFailure = (
  codecs: PayloadCodec[],
  failure: object,
  context?: SerializationContext,
): Promise<Failure> => messageCodec(codecs, context).decode(failureInJson(failure));

/** A failure of a history, in JSON or as a message. */
export async function decodeOptionalFailureToOptionalError(
  { payloadConverter, failureConverter, payloadCodecs }: LoadedDataConverter,
  failure: Given<object>,
  context?: SerializationContext,
): Promise<Error | undefined> {
  if (!failure) return undefined;
  const plain = await decodeFailure(payloadCodecs, failure, context);
  return failureConverter.failureToError(plain, payloadConverter, context);
}

export async function encodeErrorToFailure(
  { payloadConverter, failureConverter, payloadCodecs }: LoadedDataConverter,
  error: unknown,
  context?: SerializationContext,
): Promise<Failure> {
  return encodeFailure(
    payloadCodecs,
    failureConverter.errorToFailure(error, payloadConverter, context),
    context,
  );
}
