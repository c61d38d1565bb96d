/**
 * What a client call can fail with. Class names and fields are Temporal's; `RpcError` takes the place of its gRPC error:
 * the same numeric `code` and text `details`, so that code which looks at them goes on working.
 */

import type { RetryState } from '../common/enums.ts';
import {
  type ErrorDetail,
  errorDetailType,
  NamespaceNotFoundError,
  type ServiceErrorCode,
  serviceErrorCodes,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '../common/errors.ts';
import type { ExecutionRef } from '../common/service.ts';

/** A call was refused by the engine, or did not reach it (`status` UNAVAILABLE). */
export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  /** The gRPC status number. */
  readonly code: number;
  /** The same as {@link message}: gRPC errors have it under this name. */
  readonly details: string;
  readonly status: ServiceErrorCode;
  readonly errorDetails: ErrorDetail[];
  readonly metadata: Record<string, never> = {};

  constructor(status: ServiceErrorCode, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = serviceErrorCodes[status].code;
    this.details = message;
    this.errorDetails = options.errorDetails ?? [];
  }

  /** May the same call succeed later? */
  get retryable(): boolean {
    return serviceErrorCodes[this.status].retryable;
  }
}

export interface RpcErrorOptions {
  errorDetails?: ErrorDetail[];
  cause?: unknown;
}

/** A call failed for a reason that has no error class of its own: look at `cause`. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError';
  override readonly cause?: Error;
  constructor(message: string, options?: { cause: Error }) {
    super(message);
    if (options) this.cause = options.cause;
  }
}

/** The workflow closed, and not with a result: it failed, timed out, was cancelled or terminated (see `cause`). */
export class WorkflowFailedError extends Error {
  override readonly name: string = 'WorkflowFailedError';
  override readonly cause: Error | undefined;
  readonly retryState: RetryState;
  constructor(message: string, cause: Error | undefined, retryState: RetryState) {
    super(message);
    this.cause = cause;
    this.retryState = retryState;
  }
}

/** The update was refused by its validator, or its handler failed (see `cause`). */
export class WorkflowUpdateFailedError extends Error {
  override readonly name: string = 'WorkflowUpdateFailedError';
  override readonly cause: Error | undefined;
  constructor(message: string, cause: Error | undefined) {
    super(message);
    this.cause = cause;
  }
}

/** The call ended before the update did: by its deadline or its abort signal. The update itself may go on. */
export class WorkflowUpdateRPCTimeoutOrCancelledError extends Error {
  override readonly name: string = 'WorkflowUpdateRPCTimeoutOrCancelledError';
  override readonly cause?: Error;
  constructor(message: string, options?: { cause: Error }) {
    super(message);
    if (options) this.cause = options.cause;
  }
}

/** The run was closed by continue-as-new, and the caller asked not to follow. */
export class WorkflowContinuedAsNewError extends Error {
  // Temporal's class has this name.
  override readonly name: string = 'WorkflowExecutionContinuedAsNewError';
  readonly newExecutionRunId: string;
  constructor(message: string, newExecutionRunId: string) {
    super(message);
    this.newExecutionRunId = newExecutionRunId;
  }
}

/** The query was not asked because of the workflow's status (a number of `temporal.api.enums.v1.WorkflowExecutionStatus`). */
export class QueryRejectedError extends Error {
  override readonly name: string = 'QueryRejectedError';
  readonly status: number;
  constructor(status: number) {
    super('Query rejected');
    this.status = status;
  }
}

/** The workflow has no handler for this query, or its handler threw: the message says which. */
export class QueryNotRegisteredError extends Error {
  override readonly name: string = 'QueryNotRegisteredError';
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** No such activity waits for an answer: it is closed, or this answer is for an older attempt. */
export class ActivityNotFoundError extends Error {
  override readonly name: string = 'ActivityNotFoundError';
}
/** An activity that belongs to no workflow ended without a result; `cause` says how. */
export class ActivityExecutionFailedError extends Error {
  override readonly name: string = 'ActivityExecutionFailedError';
  declare readonly cause: Error | undefined;
  readonly activityId: string;
  readonly runId?: string | undefined;
  constructor(message: string, cause: Error | undefined, activityId: string, runId?: string) {
    super(message, { cause });
    this.activityId = activityId;
    this.runId = runId;
  }
}
/** The id is taken, as the policies of the start say. */
export class ActivityExecutionAlreadyStartedError extends Error {
  override readonly name: string = 'ActivityExecutionAlreadyStartedError';
  readonly activityId: string;
  /** Of the one that stands in the way. */
  readonly runId: string;
  constructor(message: string, activityId: string, runId: string) {
    super(message);
    this.activityId = activityId;
    this.runId = runId;
  }
}
/** The engine could not record the answer. */
export class ActivityCompletionError extends Error {
  override readonly name: string = 'ActivityCompletionError';
}
/** The activity was asked to cancel; learnt from a heartbeat. */
export class ActivityCancelledError extends Error {
  override readonly name: string = 'ActivityCancelledError';
}

/** The activity was paused; learnt from a heartbeat. */
export class ActivityPausedError extends Error {
  override readonly name: string = 'ActivityPausedError';
}
/** The activity was reset: its next attempt is the first one; learnt from a heartbeat. */
export class ActivityResetError extends Error {
  override readonly name: string = 'ActivityResetError';
}

/** There is a schedule with this id. */
export class ScheduleAlreadyRunning extends Error {
  override readonly name: string = 'ScheduleAlreadyRunning';
  readonly scheduleId: string;
  constructor(message: string, scheduleId: string) {
    super(message);
    this.scheduleId = scheduleId;
  }
}
/** There is no schedule with this id. */
export class ScheduleNotFoundError extends Error {
  override readonly name: string = 'ScheduleNotFoundError';
  readonly scheduleId: string;
  constructor(message: string, scheduleId: string) {
    super(message);
    this.scheduleId = scheduleId;
  }
}

/** Is it an error of a call, with a numeric gRPC `code` and text `details`? */
export function isGrpcServiceError(error: unknown): error is RpcError {
  return error instanceof RpcError;
}
/** @deprecated by Temporal: use {@link isGrpcServiceError} */
export const isServerErrorResponse = isGrpcServiceError;
export function isGrpcDeadlineError(error: unknown): error is Error {
  return statusOf(error) === 'DEADLINE_EXCEEDED';
}
export function isGrpcCancelledError(error: unknown): error is Error {
  return statusOf(error) === 'CANCELLED';
}
function statusOf(error: unknown): ServiceErrorCode | undefined {
  const rpc = error instanceof ServiceError ? error.cause : error;
  return rpc instanceof RpcError ? rpc.status : undefined;
}

/** Which workflow or schedule a call was about, for the error's fields. */
export interface CallSubject {
  execution?: ExecutionRef;
  workflowType?: string;
  scheduleId?: string;
}

/**
 * Turns what a call threw into the error users catch.
 * @param attempted what was attempted, in Temporal's words: "Failed to start Workflow"
 */
export function toClientError(error: unknown, attempted: string, subject: CallSubject = {}): Error {
  if (!(error instanceof RpcError)) return error instanceof Error ? error : new Error(String(error));
  const { workflowId = '', runId } = subject.execution ?? {};
  const namespaceDetail = error.errorDetails.find((d) => d['@type'].endsWith('.NamespaceNotFoundFailure'));
  if (namespaceDetail) return new NamespaceNotFoundError(String(namespaceDetail.namespace));
  const { scheduleId } = subject;
  if (scheduleId !== undefined && error.status === 'ALREADY_EXISTS')
    return new ScheduleAlreadyRunning('Schedule already exists and is running', scheduleId);
  if (scheduleId !== undefined && error.status === 'NOT_FOUND')
    return new ScheduleNotFoundError(error.message, scheduleId);
  // As Temporal's client has it: what is wrong with a schedule is the caller's mistake, not the service's.
  if (scheduleId !== undefined && error.status === 'INVALID_ARGUMENT')
    return new TypeError(error.message, { cause: error });
  if (error.status === 'NOT_FOUND' && subject.execution) {
    return new WorkflowNotFoundError(error.message, workflowId, runId);
  }
  const exists = error.errorDetails.some(
    (d) => d['@type'] === errorDetailType.workflowExecutionAlreadyStarted,
  );
  if (exists || (error.status === 'ALREADY_EXISTS' && subject.workflowType)) {
    const message = 'Workflow execution already started';
    const started = new WorkflowExecutionAlreadyStartedError(message, workflowId, subject.workflowType ?? '');
    // Which run stands in the way, or that a closed one does.
    return Object.assign(started, { cause: error });
  }
  return new ServiceError(`${attempted}: ${error.message}`, { cause: error });
}
