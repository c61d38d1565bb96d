/**
 * Errors that are not failures of a workflow or activity: refused service requests (a table) and programming errors.
 * The table is the one place that says which code has which HTTP status and whether a client may try again.
 */

import { TemporalFailure } from './failure.ts';

/** gRPC status codes, as Temporal's HTTP API carries them: name → number, HTTP status, may a client retry. */
export const serviceErrorCodes = {
  CANCELLED: { code: 1, httpStatus: 499, retryable: false },
  UNKNOWN: { code: 2, httpStatus: 500, retryable: true },
  INVALID_ARGUMENT: { code: 3, httpStatus: 400, retryable: false },
  DEADLINE_EXCEEDED: { code: 4, httpStatus: 504, retryable: false },
  NOT_FOUND: { code: 5, httpStatus: 404, retryable: false },
  ALREADY_EXISTS: { code: 6, httpStatus: 409, retryable: false },
  PERMISSION_DENIED: { code: 7, httpStatus: 403, retryable: false },
  RESOURCE_EXHAUSTED: { code: 8, httpStatus: 429, retryable: true },
  FAILED_PRECONDITION: { code: 9, httpStatus: 400, retryable: false },
  ABORTED: { code: 10, httpStatus: 409, retryable: true },
  OUT_OF_RANGE: { code: 11, httpStatus: 400, retryable: false },
  UNIMPLEMENTED: { code: 12, httpStatus: 501, retryable: false },
  INTERNAL: { code: 13, httpStatus: 500, retryable: true },
  UNAVAILABLE: { code: 14, httpStatus: 503, retryable: true },
  /** What is stored is not what was written. */
  DATA_LOSS: { code: 15, httpStatus: 500, retryable: false },
  UNAUTHENTICATED: { code: 16, httpStatus: 401, retryable: false },
  /** Not a gRPC code: a body or payload over the bound. HTTP 413; gRPC has RESOURCE_EXHAUSTED for it. */
  PAYLOAD_TOO_LARGE: { code: 8, httpStatus: 413, retryable: false },
} as const satisfies Record<string, { code: number; httpStatus: number; retryable: boolean }>;

export type ServiceErrorCode = keyof typeof serviceErrorCodes;

/** One entry of `details`, in the proto3 JSON form of google.rpc.Status: an object that names its type. */
export interface ErrorDetail {
  '@type': string;
  [field: string]: unknown;
}

/** A service error as data: what crosses an RPC boundary, where classes are lost. */
export interface ServiceErrorData {
  code: ServiceErrorCode;
  message: string;
  details?: ErrorDetail[];
}

/** A request was refused. `code` says how (see {@link serviceErrorCodes}), `message` what was wrong and what to do. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError';
  readonly code: ServiceErrorCode;
  readonly details: ErrorDetail[];

  constructor(code: ServiceErrorCode, message: string, details: ErrorDetail[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }

  toData(): ServiceErrorData {
    return this.details.length === 0
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, details: this.details };
  }

  static fromData(data: ServiceErrorData): ServiceError {
    return new ServiceError(data.code, data.message, data.details);
  }
}

/** `temporal.api.errordetails.v1` type URLs: what Temporal's clients look for in `details`. */
export const errorDetailType = {
  workflowExecutionAlreadyStarted:
    'type.googleapis.com/temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure',
  activityExecutionAlreadyStarted:
    'type.googleapis.com/temporal.api.errordetails.v1.ActivityExecutionAlreadyStartedFailure',
  notFound: 'type.googleapis.com/temporal.api.errordetails.v1.NotFoundFailure',
  namespaceNotFound: 'type.googleapis.com/temporal.api.errordetails.v1.NamespaceNotFoundFailure',
  resourceExhausted: 'type.googleapis.com/temporal.api.errordetails.v1.ResourceExhaustedFailure',
  /** Of Google's: when it is worth another try. */
  retryInfo: 'type.googleapis.com/google.rpc.RetryInfo',
  queryFailed: 'type.googleapis.com/temporal.api.errordetails.v1.QueryFailedFailure',
} as const;

/** Which limit, in Temporal's words. */
export type ResourceExhaustedCause = 'RPS_LIMIT' | 'CONCURRENT_LIMIT' | 'BUSY_WORKFLOW';

/** More than a limit takes. `retryAfterMs`: sooner it will not be otherwise; becomes `Retry-After`. */
export function resourceExhausted(
  message: string,
  cause: ResourceExhaustedCause,
  retryAfterMs?: number,
): ServiceError {
  const limit = {
    '@type': errorDetailType.resourceExhausted,
    cause: `RESOURCE_EXHAUSTED_CAUSE_${cause}`,
    scope: 'RESOURCE_EXHAUSTED_SCOPE_NAMESPACE',
  };
  const retry = retryAfterMs && {
    '@type': errorDetailType.retryInfo,
    retryDelay: `${Math.ceil(retryAfterMs) / 1_000}s`,
  };
  return new ServiceError('RESOURCE_EXHAUSTED', message, retry ? [limit, retry] : [limit]);
}

export const notFound = (message: string): ServiceError => new ServiceError('NOT_FOUND', message);
export const invalidArgument = (message: string): ServiceError =>
  new ServiceError('INVALID_ARGUMENT', message);

/** An argument has a wrong value. Name and meaning as in Temporal's TypeScript SDK. */
export class ValueError extends Error {
  override readonly name: string = 'ValueError';
  override readonly cause?: unknown;
  constructor(message: string | undefined, cause?: unknown) {
    super(message ?? undefined);
    this.cause = cause;
  }
}

/** A payload could not be converted. */
export class PayloadConverterError extends ValueError {
  override readonly name: string = 'PayloadConverterError';
}

/** The SDK was used in a state that does not allow the call, for example a workflow function outside a workflow. */
export class IllegalStateError extends Error {
  override readonly name: string = 'IllegalStateError';
}

/** A workflow with this id already runs (or ran, where the reuse policy forbids another). A workflow that starts a child can fail with it. */
export class WorkflowExecutionAlreadyStartedError extends TemporalFailure {
  override readonly name: string = 'WorkflowExecutionAlreadyStartedError';
  readonly workflowId: string;
  readonly workflowType: string;
  constructor(message: string, workflowId: string, workflowType: string) {
    super(message);
    this.workflowId = workflowId;
    this.workflowType = workflowType;
  }
}

/** No workflow with this id, or it is already closed. */
export class WorkflowNotFoundError extends Error {
  override readonly name: string = 'WorkflowNotFoundError';
  readonly workflowId: string;
  readonly runId: string | undefined;
  constructor(message: string, workflowId: string, runId: string | undefined) {
    super(message);
    this.workflowId = workflowId;
    this.runId = runId;
  }
}

/** Thrown by an activity that will be completed from elsewhere, by its task token. */
export class CompleteAsyncError extends Error {
  override readonly name: string = 'CompleteAsyncError';
}

/** What was read is a reference to a payload that is stored elsewhere, and the data converter has no `externalStorage`. */
export class ExternalStorageNotConfiguredError extends Error {
  override readonly name: string = 'ExternalStorageNotConfiguredError';
  constructor(message = 'Detected externally stored payload(s) but external storage is not configured.') {
    super(`[TMPRL1105] ${message}`);
  }
}

/** The namespace does not exist. */
export class NamespaceNotFoundError extends Error {
  override readonly name: string = 'NamespaceNotFoundError';
  readonly namespace: string;
  constructor(namespace: string) {
    super(`Namespace not found: '${namespace}'`);
    this.namespace = namespace;
  }
}
