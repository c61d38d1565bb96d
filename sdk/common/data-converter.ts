/** The converters of a program in one object, the default ones, and failures whose texts are payloads. */

import { ValueError } from './errors.ts';
import type { ProtoFailure, TemporalFailure } from './failure.ts';
import { errorToFailure, failureToError } from './failure-converter.ts';
import { defaultPayloadConverter, type PayloadConverter, payloadFromJson, payloadToJson } from './payload.ts';

/** How values become payloads. Use the same converter in clients and Workers. */
export interface DataConverter {
  payloadConverter?: PayloadConverter;
}

/** Errors ↔ failures. */
export interface FailureConverter {
  errorToFailure(err: unknown, payloadConverter: PayloadConverter): ProtoFailure;
  failureToError(err: ProtoFailure, payloadConverter: PayloadConverter): Error;
}

export interface DefaultFailureConverterOptions {
  /** Whether message and stack trace are written as a payload, which a codec can encrypt. Default false: as plain text. */
  encodeCommonAttributes: boolean;
}
/** What the payload holds. */
export interface DefaultEncodedFailureAttributes {
  message: string;
  stack_trace: string;
}

/** Converts errors and failures, causes included. It reads both forms of texts, whatever it writes. */
export class DefaultFailureConverter implements FailureConverter {
  readonly options: DefaultFailureConverterOptions;

  constructor(options: Partial<DefaultFailureConverterOptions> = {}) {
    this.options = { encodeCommonAttributes: options.encodeCommonAttributes ?? false };
  }

  errorToFailure(err: unknown, payloadConverter: PayloadConverter): ProtoFailure {
    const failure = errorToFailure(err, payloadConverter);
    return this.options.encodeCommonAttributes ? encoded(failure, payloadConverter) : failure;
  }

  failureToError(err: ProtoFailure, payloadConverter: PayloadConverter): TemporalFailure {
    return failureToError(decoded(err, payloadConverter), payloadConverter);
  }
}

function encoded(failure: ProtoFailure, converter: PayloadConverter): ProtoFailure {
  const cause = failure.cause && { cause: encoded(failure.cause, converter) };
  if (failure.encodedAttributes) return { ...failure, ...cause };
  const attributes: DefaultEncodedFailureAttributes = {
    message: failure.message ?? '',
    stack_trace: failure.stackTrace ?? '',
  };
  const encodedAttributes = payloadToJson(converter.toPayload(attributes));
  return { ...failure, ...cause, encodedAttributes, message: 'Encoded failure', stackTrace: '' };
}

function decoded(failure: ProtoFailure, converter: PayloadConverter): ProtoFailure {
  const { encodedAttributes, ...plain } = failure;
  if (plain.cause) plain.cause = decoded(plain.cause, converter);
  if (!encodedAttributes) return plain;
  const attributes: unknown = converter.fromPayload(payloadFromJson(encodedAttributes));
  // Whoever wrote something else into it keeps the texts that are readable.
  if (typeof attributes !== 'object' || attributes === null) return plain;
  const { message, stack_trace } = attributes as Partial<DefaultEncodedFailureAttributes>;
  return {
    ...plain,
    ...(typeof message === 'string' && { message }),
    ...(typeof stack_trace === 'string' && { stackTrace: stack_trace }),
  };
}

/** Messages and stack traces as plain text: what clients and Workers use. */
export const defaultFailureConverter: FailureConverter = new DefaultFailureConverter();

/** A data converter with nothing left out. */
export interface LoadedDataConverter {
  payloadConverter: PayloadConverter;
  failureConverter: FailureConverter;
  /** Always empty: there are no payload codecs. */
  payloadCodecs: readonly never[];
}
export const defaultDataConverter: LoadedDataConverter = {
  payloadConverter: defaultPayloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [],
};

/**
 * The payload converter of a data converter.
 * @throws ValueError when it asks for something that would be left undone, such as a codec that encrypts.
 */
export function payloadConverterOf(converter: DataConverter = {}): PayloadConverter {
  const { payloadCodecs, failureConverter, ...rest } = converter as Partial<LoadedDataConverter>;
  const refused = [
    payloadCodecs?.length && 'payloadCodecs',
    failureConverter && failureConverter !== defaultFailureConverter && 'failureConverter',
    ...Object.keys(rest).filter((name) => name !== 'payloadConverter'),
  ].filter(Boolean);
  if (refused.length > 0) {
    throw new ValueError(`dataConverter: ${refused.join(', ')} cannot be used: only payloadConverter can`);
  }
  return converter.payloadConverter ?? defaultPayloadConverter;
}
