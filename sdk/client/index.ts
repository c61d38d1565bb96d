/**
 * Start workflows, talk to them, wait for them. Names and meaning are those of Temporal's TypeScript client.
 * @module perdure/client
 */

export type { DataConverter } from '../common/data-converter.ts';
export {
  ActivityExecutionStatus,
  ActivityIdConflictPolicy,
  ActivityIdReusePolicy,
  HandlerUnfinishedPolicy,
  QueryRejectCondition,
  ScheduleOverlapPolicy,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowUpdateStage,
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
  type ProtoFailure,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '../common/failure.ts';
export type { HistoryEvent } from '../common/history.ts';
export { nextRunOf } from '../common/next-run.ts';
export { defaultPayloadConverter, type Headers, type Payload } from '../common/payload.ts';
export {
  decodeActivityExecutionStatus,
  decodeActivityIdConflictPolicy,
  decodeActivityIdReusePolicy,
  decodePendingActivityState,
  decodeQueryRejectCondition,
  decodeScheduleOverlapPolicy,
  decodeWorkflowIdConflictPolicy,
  decodeWorkflowIdReusePolicy,
  encodeActivityExecutionStatus,
  encodeActivityIdConflictPolicy,
  encodeActivityIdReusePolicy,
  encodePendingActivityState,
  encodeQueryRejectCondition,
  encodeScheduleOverlapPolicy,
  encodeWorkflowIdConflictPolicy,
  encodeWorkflowIdReusePolicy,
  PendingActivityState,
} from '../common/proto-enums.ts';
export type { RetryPolicy } from '../common/retry-policy.ts';
export type {
  SearchAttributePair,
  SearchAttributes,
  SearchAttributeValue,
} from '../common/search-attributes.ts';
export { TypedSearchAttributes } from '../common/search-attributes.ts';
export type {
  DescribeWorkflowExecutionReply as DescribeWorkflowExecutionResponse,
  ExecutionRef as WorkflowExecution,
  GetWorkflowExecutionHistoryRequest,
  StartWorkflowExecutionRequest,
  WorkflowExecutionInfo as RawWorkflowExecutionInfo,
} from '../common/service.ts';
export type { TaskQueueConfig, UpdateTaskQueueConfigRequest } from '../common/task-queues.ts';
export type { TLSConfig } from '../common/temporal-internals.ts';
export type {
  ActivityFunction,
  BaseWorkflowHandle,
  BaseWorkflowOptions,
  CommonWorkflowOptions,
  HistoryAndWorkflowId,
  QueryDefinition,
  SignalDefinition,
  UntypedActivities,
  UpdateDefinition,
  WithWorkflowArgs,
  Workflow,
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
} from '../common/types.ts';
export {
  type PinnedVersioningOverride,
  VersioningBehavior,
  type VersioningOverride,
  type WorkerDeploymentVersion,
} from '../common/versioning.ts';
export type {
  CreateWebhookReply,
  PutWebhookRequest,
  Webhook,
  WebhookDelivery,
  WebhookSettings,
} from '../common/webhooks.ts';
export type { ListedWorker, TaskQueueStats } from '../common/workers.ts';
export { extractWorkflowType } from '../common/workflow-type.ts';
export { ActivityClient, type ActivityClientOptions } from './activity-client.ts';
export type * from './activity-client-types.ts';
export { LOCAL_TARGET } from './address.ts';
export {
  AsyncCompletionClient,
  type AsyncCompletionClientOptions,
  type AsyncCompletionOperationOptions,
  type FullActivityId,
  type LoadedAsyncCompletionClientOptions,
} from './async-completion-client.ts';
export { BaseClient, type BaseClientOptions } from './base-client.ts';
export type { CallContext, Metadata } from './call-context.ts';
export { Client, type ClientOptions, type ClientPlugin, type LoadedClientOptions } from './client.ts';
export {
  Connection,
  type ConnectionLike,
  type ConnectionOptions,
  type ConnectionPlugin,
  type Fetcher,
} from './connection.ts';
export {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityExecutionAlreadyStartedError,
  ActivityExecutionFailedError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  isServerErrorResponse,
  QueryNotRegisteredError,
  QueryRejectedError,
  RpcError,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ServiceError,
  WorkflowContinuedAsNewError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from './errors.ts';
export type {
  CountWorkflowExecution,
  WorkflowExecutionDescription,
  WorkflowExecutionInfo,
  WorkflowExecutionStatusName,
} from './execution-info.ts';
export { type ReadHistoryOptions, readHistory } from './history.ts';
export type {
  ClientInterceptors,
  CompiledScheduleOptions,
  CreateScheduleInput,
  CreateScheduleOutput,
  Next,
  ScheduleClientInterceptor,
  WorkflowCancelInput,
  WorkflowClientCallsInterceptor,
  WorkflowClientCallsInterceptorFactory,
  WorkflowClientCallsInterceptorFactoryInput,
  WorkflowClientInterceptor,
  WorkflowClientInterceptors,
  WorkflowDescribeInput,
  WorkflowQueryInput,
  WorkflowSignalInput,
  WorkflowSignalWithStartInput,
  WorkflowStartInput,
  WorkflowStartOutput,
  WorkflowStartUpdateInput,
  WorkflowStartUpdateOutput,
  WorkflowStartUpdateWithStartInput,
  WorkflowStartUpdateWithStartOutput,
  WorkflowTerminateInput,
} from './interceptors.ts';
export { HealthService, OperatorService } from './operator-service.ts';
export {
  type ListScheduleOptions,
  type LoadedScheduleClientOptions,
  ScheduleClient,
  type ScheduleClientOptions,
  type ScheduleHandle,
} from './schedule-client.ts';
export {
  type Backfill,
  type CalendarSpec,
  type CalendarSpecDescription,
  DAYS_OF_WEEK,
  type DayOfWeek,
  type IntervalSpec,
  type IntervalSpecDescription,
  type LooseRange,
  MONTHS,
  type Month,
  type Range,
  type ScheduleDescription,
  type ScheduleDescriptionAction,
  type ScheduleDescriptionStartWorkflowAction,
  type ScheduleExecutionActionResult,
  type ScheduleExecutionResult,
  type ScheduleExecutionStartWorkflowActionResult,
  type ScheduleOptions,
  type ScheduleOptionsAction,
  type ScheduleOptionsStartWorkflowAction,
  type ScheduleSpec,
  type ScheduleSpecDescription,
  type ScheduleSummary,
  type ScheduleSummaryAction,
  type ScheduleSummaryStartWorkflowAction,
  type ScheduleUpdateOptions,
} from './schedule-types.ts';
export {
  WithStartWorkflowOperation,
  type WithStartWorkflowOptions,
} from './with-start-workflow-operation.ts';
export {
  type GetWorkflowHandleOptions,
  type LoadedWorkflowClientOptions,
  type UpdateWithStartOptions,
  WorkflowClient,
  type WorkflowClientOptions,
} from './workflow-client.ts';
export type {
  RequestCancelWorkflowExecutionResponse,
  TerminateWorkflowExecutionResponse,
  WorkflowHandle,
  WorkflowHandleWithFirstExecutionRunId,
  WorkflowHandleWithSignaledRunId,
  WorkflowHandleWithStartDetails,
} from './workflow-handle.ts';
export type { AsyncWorkflowListIterable, IntoHistoriesOptions, ListOptions } from './workflow-list.ts';
export type {
  WorkflowOptions,
  WorkflowSignalWithStartOptions,
  WorkflowSignalWithStartOptionsWithArgs,
  WorkflowSignalWithStartOptionsWithoutArgs,
  WorkflowStartOptions,
} from './workflow-options.ts';
export type { WorkflowResultOptions } from './workflow-result.ts';
export { type RegisteredWorker, WorkflowService } from './workflow-service.ts';
export type {
  GetWorkflowUpdateHandleOptions,
  WorkflowUpdateHandle,
  WorkflowUpdateOptions,
} from './workflow-update.ts';
