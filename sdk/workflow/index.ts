/**
 * The API of workflow code: deterministic, durable, with Temporal's names.
 * @module perdure/workflow
 */

export type { Duration } from '../common/duration.ts';
export {
  ActivityCancellationType,
  ChildWorkflowCancellationType,
  HandlerUnfinishedPolicy,
  ParentClosePolicy,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '../common/enums.ts';
export {
  CompleteAsyncError,
  ExternalStorageNotConfiguredError,
  IllegalStateError,
  NamespaceNotFoundError,
  PayloadConverterError,
  ValueError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '../common/errors.ts';
export {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  isCancellation,
  rootCause,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '../common/failure.ts';
export {
  defaultPayloadConverter,
  type Headers,
  type Payload,
  type PayloadConverter,
} from '../common/payload.ts';
export {
  decodeWorkflowIdConflictPolicy,
  decodeWorkflowIdReusePolicy,
  encodeWorkflowIdConflictPolicy,
  encodeWorkflowIdReusePolicy,
} from '../common/proto-enums.ts';
export type { RetryPolicy } from '../common/retry-policy.ts';
export type {
  SearchAttributes,
  SearchAttributeValue,
} from '../common/search-attributes.ts';
export type {
  ActivityFunction,
  ActivityInterface,
  ActivityOptions,
  BaseWorkflowHandle,
  BaseWorkflowOptions,
  CommonWorkflowOptions,
  LocalActivityOptions,
  UntypedActivities,
  WithWorkflowArgs,
  Workflow,
  WorkflowDefinitionOptions,
  WorkflowDefinitionOptionsOrGetter,
  WorkflowDurationOptions,
  WorkflowQueryType,
  WorkflowResultType,
  WorkflowReturnType,
  WorkflowSignalType,
} from '../common/types.ts';
export { extractWorkflowType } from '../common/workflow-type.ts';
export {
  type ActivityFunctionWithOptions,
  type ActivityInterfaceFor,
  NotAnActivityMethod,
  proxyActivities,
  scheduleActivity,
} from './activities.ts';
export { AsyncLocalStorage, CancellationScope, type CancellationScopeOptions } from './cancellation-scope.ts';
export {
  addDefaultWorkflowOptions,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  type ChildWorkflowOptionsWithDefaults,
  executeChild,
  startChild,
} from './children.ts';
export { condition } from './condition.ts';
export {
  ContinueAsNew,
  type ContinueAsNewOptions,
  continueAsNew,
  makeContinueAsNewFunc,
} from './continue-as-new.ts';
export { DeterminismViolationError, WorkflowError } from './errors.ts';
export { type ExternalWorkflowHandle, getExternalWorkflowHandle } from './external.ts';
export {
  allHandlersFinished,
  currentUpdateInfo,
  type DefaultQueryHandler,
  type DefaultSignalHandler,
  type DefaultUpdateHandler,
  defineQuery,
  defineSignal,
  defineUpdate,
  enhancedStackTraceQuery,
  type Handler,
  type QueryDefinition,
  type QueryHandlerOptions,
  type SignalDefinition,
  type SignalHandlerOptions,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  stackTraceQuery,
  type UpdateDefinition,
  type UpdateHandlerOptions,
  type UpdateInfo,
  type UpdateValidator,
  workflowMetadataQuery,
} from './handlers.ts';
export {
  inWorkflowContext,
  type ParentWorkflowInfo,
  type RootWorkflowInfo,
  type UnsafeWorkflowInfo,
  uuid4,
  type WorkflowInfo,
  workflowInfo,
} from './info.ts';
export type {
  ActivateInput,
  ActivityInput,
  ConcludeActivationInput,
  ConcludeActivationOutput,
  ContinueAsNewInput,
  ContinueAsNewInputOptions,
  DisposeInput,
  GetLogAttributesInput,
  GetMetricTagsInput,
  LocalActivityInput,
  Next,
  QueryInput,
  SignalInput,
  SignalWorkflowInput,
  StartChildWorkflowExecutionInput,
  TimerInput,
  UpdateInput,
  WorkflowActivation,
  WorkflowExecuteInput,
  WorkflowInboundCallsInterceptor,
  WorkflowInterceptors,
  WorkflowInterceptorsFactory,
  WorkflowInternalsInterceptor,
  WorkflowOutboundCallsInterceptor,
} from './interceptors.ts';
export {
  type LocalActivityFunctionWithOptions,
  type LocalActivityInterfaceFor,
  proxyLocalActivities,
  scheduleLocalActivity,
} from './local-activities.ts';
export { type LoggerSinks, log, type WorkflowLogger } from './log.ts';
export { getCurrentDetails, setCurrentDetails, upsertMemo } from './memo.ts';
export { metricMeter } from './metrics.ts';
export { deprecatePatch, patched } from './patching.ts';
export { getRandomStream, type WorkflowRandomStream, workflowRandom } from './random-streams.ts';
export type {
  EnhancedStackTrace,
  StackTrace,
  StackTraceFileLocation,
  StackTraceFileSlice,
  StackTraceSDKInfo,
} from './runtime/stack-trace.ts';
export { upsertSearchAttributes } from './search-attributes.ts';
export { proxySinks, type Sink, type SinkCall, type SinkFunction, type Sinks } from './sinks.ts';
export { sleep, type TimerOptions } from './timers.ts';
export { Trigger } from './trigger.ts';
export {
  defineWorkflowOptions,
  setWorkflowOptions,
} from './workflow-options.ts';
