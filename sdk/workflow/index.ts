/**
 * The API of workflow code: deterministic, durable, with Temporal's names.
 * @module perdure/workflow
 */

export type { Duration } from '../common/duration.ts';
export {
  ActivityCancellationType,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '../common/enums.ts';
export {
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
export { defaultPayloadConverter, type Payload, type PayloadConverter } from '../common/payload.ts';
export type { RetryPolicy } from '../common/retry-policy.ts';
export type { ActivityFunction, ActivityOptions, UntypedActivities, Workflow } from '../common/types.ts';
export {
  type ActivityFunctionWithOptions,
  type ActivityInterfaceFor,
  NotAnActivityMethod,
  proxyActivities,
  scheduleActivity,
} from './activities.ts';
export { AsyncLocalStorage, CancellationScope, type CancellationScopeOptions } from './cancellation-scope.ts';
export { condition } from './condition.ts';
export { DeterminismViolationError, WorkflowError } from './errors.ts';
export {
  allHandlersFinished,
  type DefaultQueryHandler,
  type DefaultSignalHandler,
  defineQuery,
  defineSignal,
  type Handler,
  HandlerUnfinishedPolicy,
  type QueryDefinition,
  type QueryHandlerOptions,
  type SignalDefinition,
  type SignalHandlerOptions,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setHandler,
  stackTraceQuery,
  workflowMetadataQuery,
} from './handlers.ts';
export {
  inWorkflowContext,
  type UnsafeWorkflowInfo,
  uuid4,
  type WorkflowInfo,
  workflowInfo,
} from './info.ts';
export { log, type WorkflowLogger } from './log.ts';
export { deprecatePatch, patched } from './patching.ts';
export {
  type SearchAttributes,
  type SearchAttributeValue,
  upsertSearchAttributes,
} from './search-attributes.ts';
export { sleep, type TimerOptions } from './timers.ts';
export { Trigger } from './trigger.ts';
