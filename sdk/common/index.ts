/**
 * What both sides speak: payloads, failures, errors, policies. Safe inside workflow code.
 * @module perdure/common
 */

export { type Duration, msOptionalToNumber, msToNumber } from './duration.ts';
export * from './enums.ts';
export {
  IllegalStateError,
  NamespaceNotFoundError,
  PayloadConverterError,
  ServiceError,
  ValueError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from './errors.ts';
export {
  ActivityFailure,
  ApplicationFailure,
  type ApplicationFailureOptions,
  CancelledFailure,
  ChildWorkflowFailure,
  ensureApplicationFailure,
  ensureTemporalFailure,
  isCancellation,
  type ProtoFailure,
  rootCause,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from './failure.ts';
export { defaultLogger, type Logger, type LogLevel, type LogMetadata } from './logger.ts';
export {
  arrayFromPayloads,
  BinaryPayloadConverter,
  CompositePayloadConverter,
  DefaultPayloadConverter,
  defaultPayloadConverter,
  type EncodingType,
  encodingKeys,
  encodingTypes,
  fromPayloadsAtIndex,
  type Headers,
  JsonPayloadConverter,
  METADATA_ENCODING_KEY,
  mapFromPayloads,
  mapToPayloads,
  type Payload,
  type PayloadConverter,
  type PayloadConverterWithEncoding,
  RawValue,
  toPayloads,
  UndefinedPayloadConverter,
} from './payload.ts';
export { compileRetryPolicy, decompileRetryPolicy, type RetryPolicy } from './retry-policy.ts';
export {
  defineSearchAttributeKey,
  type SearchAttributeKey,
  type SearchAttributePair,
  type SearchAttributes,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
  type SearchAttributeValue,
  TypedSearchAttributes,
} from './search-attributes.ts';
export type {
  ActivityFunction,
  ActivityOptions,
  QueryDefinition,
  SignalDefinition,
  UntypedActivities,
  UpdateDefinition,
  WithWorkflowArgs,
  Workflow,
  WorkflowResultType,
} from './types.ts';
