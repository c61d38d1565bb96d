/**
 * What both sides speak: payloads, failures, errors, policies. Safe inside workflow code.
 * @module perdure/common
 */

export {
  ActivityCancellationDetails,
  type ActivityCancellationDetailsOptions,
} from './cancellation-details.ts';
export {
  type DataConverter,
  type DefaultEncodedFailureAttributes,
  DefaultFailureConverter,
  type DefaultFailureConverterOptions,
  defaultDataConverter,
  defaultFailureConverter,
  type FailureConverter,
  type LoadedDataConverter,
} from './data-converter.ts';
export { type Duration, msOptionalToNumber, msToNumber, type StringValue } from './duration.ts';
export { decode as str, encode as u8 } from './encoding.ts';
export * from './enums.ts';
export {
  CompleteAsyncError,
  ExternalStorageNotConfiguredError,
  IllegalStateError,
  NamespaceNotFoundError,
  PayloadConverterError,
  ServiceError,
  ValueError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from './errors.ts';
export {
  ExternalStorage,
  type ExternalStorageOptions,
  type StorageDriver,
  type StorageDriverActivityInfo,
  StorageDriverClaim,
  type StorageDriverRetrieveContext,
  type StorageDriverSelectContext,
  type StorageDriverSelector,
  type StorageDriverStoreContext,
  type StorageDriverTargetInfo,
  type StorageDriverWorkflowInfo,
} from './external-storage.ts';
export {
  ActivityFailure,
  ApplicationFailure,
  type ApplicationFailureOptions,
  CancelledFailure,
  ChildWorkflowFailure,
  createPayloadValidationError,
  ensureApplicationFailure,
  ensureTemporalFailure,
  FAILURE_SOURCE,
  isCancellation,
  type ProtoFailure,
  rootCause,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from './failure.ts';
export type { Next } from './interceptors.ts';
export { defaultLogger, type Logger, type LogLevel, type LogMetadata, SdkComponent } from './logger.ts';
export {
  type Metric,
  type MetricCounter,
  type MetricGauge,
  type MetricHistogram,
  type MetricKind,
  type MetricMeter,
  type MetricTags,
  type MetricTagsOrFunc,
  type MetricUpDownCounter,
  type NumericMetricValueType,
  noopMetricMeter,
} from './metrics.ts';
export {
  arrayFromPayloads,
  BinaryPayloadConverter,
  CompositePayloadConverter,
  convertOptionalToPayload,
  DefaultPayloadConverter,
  defaultPayloadConverter,
  type EncodingType,
  encodingKeys,
  encodingTypes,
  fromPayloadsAtIndex,
  type Headers,
  JsonPayloadConverter,
  METADATA_ENCODING_KEY,
  METADATA_MESSAGE_TYPE_KEY,
  mapFromPayloads,
  mapToPayloads,
  type Payload,
  type PayloadConverter,
  type PayloadConverterWithEncoding,
  RawValue,
  toPayloads,
  toPayloadsWithContext,
  UndefinedPayloadConverter,
} from './payload.ts';
export type { PayloadCodec } from './payload-codec.ts';
export { compilePriority, decodePriority, type Priority } from './priority.ts';
export {
  decodeActivityCancellationType,
  decodeApplicationFailureCategory,
  decodeInitialVersioningBehavior,
  decodeRetryState,
  decodeSearchAttributeIndexedValueType,
  decodeTimeoutType,
  decodeVersioningBehavior,
  decodeWorkflowIdConflictPolicy,
  decodeWorkflowIdReusePolicy,
  encodeActivityCancellationType,
  encodeApplicationFailureCategory,
  encodeInitialVersioningBehavior,
  encodeRetryState,
  encodeSearchAttributeIndexedValueType,
  encodeTimeoutType,
  encodeVersioningBehavior,
  encodeWorkflowIdConflictPolicy,
  encodeWorkflowIdReusePolicy,
} from './proto-enums.ts';
export type { Timestamp } from './proto-types.ts';
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
  ActivitySerializationContext,
  SerializationContext,
  WorkflowSerializationContext,
} from './serialization-context.ts';
export type { ExecutionRef as WorkflowExecution } from './service.ts';
export {
  msNumberToTs,
  msOptionalToTs,
  msToTs,
  optionalTsToDate,
  optionalTsToMs,
  tsToDate,
  tsToMs,
} from './time.ts';
export { errorCode, errorMessage } from './type-helpers.ts';
export type {
  ActivityFunction,
  ActivityInterface,
  ActivityOptions,
  BaseWorkflowHandle,
  BaseWorkflowOptions,
  CommonWorkflowOptions,
  HistoryAndWorkflowId,
  LocalActivityOptions,
  QueryDefinition,
  SignalDefinition,
  UntypedActivities,
  UpdateDefinition,
  VersioningIntent,
  WithWorkflowArgs,
  Workflow,
  WorkflowDefinitionOptions,
  WorkflowDefinitionOptionsOrGetter,
  WorkflowDurationOptions,
  WorkflowQueryAnnotatedType,
  WorkflowQueryType,
  WorkflowResultType,
  WorkflowReturnType,
  WorkflowSignalAnnotatedType,
  WorkflowSignalType,
  WorkflowUpdateAnnotatedType,
  WorkflowUpdateType,
  WorkflowUpdateValidatorType,
} from './types.ts';
export {
  type AutoUpgradeVersioningOverride,
  InitialVersioningBehavior,
  type PinnedVersioningOverride,
  toCanonicalString,
  VersioningBehavior,
  type VersioningOverride,
  type WorkerDeploymentVersion,
} from './versioning.ts';
export { extractWorkflowType } from './workflow-type.ts';
