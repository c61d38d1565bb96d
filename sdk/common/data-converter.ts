/** The converters of a program in one object, the default ones, and failures whose texts are payloads. */

import type { ExternalStorage } from './external-storage.ts';
import type { ProtoFailure } from './failure.ts';
import { errorToFailure, failureToError } from './failure-converter.ts';
import { failureInJson } from './failure-json.ts';
import { defaultPayloadConverter, type PayloadConverter, payloadFromJson, toPayloadJson } from './payload.ts';
import type { PayloadCodec } from './payload-codec.ts';
import type { Failure as FailureMessage } from './proto-types.ts';
import type { SerializationContext } from './serialization-context.ts';

/**
 * How values become payloads and errors become failures. Use the same in clients and Workers. Converters are named by the
 * path of a module that exports them, as Temporal's are, or given themselves where there are no files (Cloudflare Workers).
 */
export interface DataConverter {
  /** A module that exports `payloadConverter`. Bundled workflow code gets it in its own module graph. */
  payloadConverterPath?: string;
  /** A module that exports `failureConverter`. */
  failureConverterPath?: string;
  /** Encode in this order and decode in the opposite one. Workflow code never sees what they make. */
  payloadCodecs?: PayloadCodec[];
  payloadConverter?: PayloadConverter;
  failureConverter?: FailureConverter;
  /** Keeps large payloads elsewhere, after the codecs. */
  externalStorage?: ExternalStorage;
}

/** Errors ↔ failures. */
export interface FailureConverter {
  /** `context`: for what the failure is. */
  errorToFailure(
    err: unknown,
    payloadConverter: PayloadConverter,
    context?: SerializationContext,
  ): ProtoFailure;
  /** `err`: in JSON, or a message of protobuf. */
  failureToError(
    err: ProtoFailure | FailureMessage,
    payloadConverter: PayloadConverter,
    context?: SerializationContext,
  ): Error;
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

  errorToFailure(
    err: unknown,
    payloadConverter: PayloadConverter,
    context?: SerializationContext,
  ): ProtoFailure {
    const ofCause = (cause: unknown) => this.errorToFailure(cause, payloadConverter, context);
    const failure = errorToFailure(err, payloadConverter, ofCause, context);
    return this.options.encodeCommonAttributes ? encoded(failure, payloadConverter, context) : failure;
  }

  failureToError(
    err: ProtoFailure | FailureMessage,
    payloadConverter: PayloadConverter,
    context?: SerializationContext,
  ): Error {
    const failure = failureInJson(err);
    const readable = { ...failure, ...textsOf(failure, payloadConverter, context) };
    const ofCause = (cause: ProtoFailure) => this.failureToError(cause, payloadConverter, context);
    const error = failureToError(readable, payloadConverter, ofCause, context);
    // Who throws the error on passes on what came, and not the texts that were read from it.
    error.failure = failure;
    return error;
  }
}

function encoded(
  failure: ProtoFailure,
  converter: PayloadConverter,
  context: SerializationContext | undefined,
): ProtoFailure {
  const cause = failure.cause && { cause: encoded(failure.cause, converter, context) };
  if (failure.encodedAttributes) return { ...failure, ...cause };
  const attributes: DefaultEncodedFailureAttributes = {
    message: failure.message ?? '',
    stack_trace: failure.stackTrace ?? '',
  };
  const encodedAttributes = toPayloadJson(converter, attributes, context);
  return { ...failure, ...cause, encodedAttributes, message: 'Encoded failure', stackTrace: '' };
}

/** What stands in the payload. Whoever wrote something else into it keeps the texts that are readable. */
function textsOf(
  { encodedAttributes }: ProtoFailure,
  converter: PayloadConverter,
  context: SerializationContext | undefined,
): Pick<ProtoFailure, 'message' | 'stackTrace'> {
  const attributes: unknown =
    encodedAttributes && converter.fromPayload(payloadFromJson(encodedAttributes), context);
  if (typeof attributes !== 'object' || attributes === null) return {};
  const { message, stack_trace } = attributes as Partial<DefaultEncodedFailureAttributes>;
  return {
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
  /** That of the external storage is the last of them. */
  payloadCodecs: PayloadCodec[];
  externalStorage?: ExternalStorage;
}
export const defaultDataConverter = {
  payloadConverter: defaultPayloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [] as PayloadCodec[],
} satisfies LoadedDataConverter;
