/**
 * Failures as data (`temporal.api.failure.v1` in JSON) and the error classes users throw and catch.
 * Class names, fields and static makers are those of Temporal's TypeScript SDK.
 */

import {
  type Duration,
  type DurationJson,
  fromDurationJson,
  msToNumber,
  toDurationJson,
} from './duration.ts';
import {
  type ApplicationFailureCategory,
  fromWire,
  type RetryState,
  type TimeoutType,
  toWire,
} from './enums.ts';
import type { NamedType, WorkflowExecution } from './history.ts';
import {
  fromFirstPayloadJson,
  fromPayloadsJson,
  type PayloadConverter,
  type PayloadJson,
  type PayloadsJson,
  toPayloadsJson,
} from './payload.ts';

export const FAILURE_SOURCE = 'TypeScriptSDK';

/** A failure as stored and sent. At most one of the `…Info` fields is present. */
export interface Failure {
  message?: string;
  source?: string;
  stackTrace?: string;
  encodedAttributes?: PayloadJson;
  cause?: Failure;
  applicationFailureInfo?: {
    type?: string;
    nonRetryable?: boolean;
    details?: PayloadsJson;
    nextRetryDelay?: DurationJson;
    category?: string;
  };
  timeoutFailureInfo?: { timeoutType?: string; lastHeartbeatDetails?: PayloadsJson };
  canceledFailureInfo?: { details?: PayloadsJson };
  terminatedFailureInfo?: Record<string, never>;
  serverFailureInfo?: { nonRetryable?: boolean };
  activityFailureInfo?: {
    scheduledEventId?: string;
    startedEventId?: string;
    identity?: string;
    activityType?: NamedType;
    activityId?: string;
    retryState?: string;
  };
  childWorkflowExecutionFailureInfo?: {
    namespace?: string;
    workflowExecution?: WorkflowExecution;
    workflowType?: NamedType;
    initiatedEventId?: string;
    startedEventId?: string;
    retryState?: string;
  };
}
/** Temporal's name for the same type. */
export type ProtoFailure = Failure;

/** Base of all failures that may end an activity or a workflow. */
export class TemporalFailure extends Error {
  override name = 'TemporalFailure';
  /** The failure this error was made from, if it was. */
  failure?: Failure;
  override readonly cause?: Error;
  constructor(message?: string | null, cause?: Error) {
    super(message ?? undefined);
    if (cause !== undefined) this.cause = cause;
  }
}

/** The engine itself failed an operation. */
export class ServerFailure extends TemporalFailure {
  override name = 'ServerFailure';
  readonly nonRetryable: boolean;
  constructor(message: string | undefined, nonRetryable: boolean, cause?: Error) {
    super(message, cause);
    this.nonRetryable = nonRetryable;
  }
}

export interface ApplicationFailureOptions {
  message?: string;
  /** Matched against `RetryPolicy.nonRetryableErrorTypes`. */
  type?: string;
  nonRetryable?: boolean;
  details?: unknown[];
  /** Replaces the interval that the retry policy would give. */
  nextRetryDelay?: Duration;
  cause?: Error;
  category?: ApplicationFailureCategory;
}

/** The failure of users' code: thrown by them, or made from any other error they throw. */
export class ApplicationFailure extends TemporalFailure {
  override name = 'ApplicationFailure';
  readonly type: string | undefined | null;
  readonly nonRetryable: boolean | undefined | null;
  readonly details: unknown[] | undefined | null;
  readonly nextRetryDelay: Duration | undefined | null;
  readonly category: ApplicationFailureCategory | undefined | null;
  constructor(
    message?: string | null,
    type?: string | null,
    nonRetryable?: boolean | null,
    details?: unknown[] | null,
    cause?: Error,
    nextRetryDelay?: Duration | null,
    category?: ApplicationFailureCategory | null,
  ) {
    super(message, cause);
    this.type = type;
    this.nonRetryable = nonRetryable ?? false;
    this.details = details;
    this.nextRetryDelay = nextRetryDelay;
    this.category = category;
  }

  static create(options: ApplicationFailureOptions): ApplicationFailure {
    const { message, type, nonRetryable = false, details, nextRetryDelay, cause, category } = options;
    return new ApplicationFailure(message, type, nonRetryable, details, cause, nextRetryDelay, category);
  }

  static fromError(error: unknown, overrides: ApplicationFailureOptions = {}): ApplicationFailure {
    const failure = new ApplicationFailure(
      overrides.message ?? messageOf(error),
      overrides.type ?? nameOf(error),
      overrides.nonRetryable ?? false,
      overrides.details,
      overrides.cause ?? (error instanceof Error ? error : undefined),
      overrides.nextRetryDelay,
      overrides.category,
    );
    if (error instanceof Error && error.stack) failure.stack = error.stack;
    return failure;
  }

  static retryable(message?: string | null, type?: string | null, ...details: unknown[]): ApplicationFailure {
    return new ApplicationFailure(message, type ?? 'Error', false, details);
  }

  static nonRetryable(
    message?: string | null,
    type?: string | null,
    ...details: unknown[]
  ): ApplicationFailure {
    return new ApplicationFailure(message, type ?? 'Error', true, details);
  }
}

/** A workflow, scope or activity was cancelled. */
export class CancelledFailure extends TemporalFailure {
  override name = 'CancelledFailure';
  readonly details: unknown[];
  constructor(message: string | undefined, details: unknown[] = [], cause?: Error) {
    super(message, cause);
    this.details = details;
  }
}

export class TerminatedFailure extends TemporalFailure {
  override name = 'TerminatedFailure';
}

export class TimeoutFailure extends TemporalFailure {
  override name = 'TimeoutFailure';
  readonly lastHeartbeatDetails: unknown;
  readonly timeoutType: TimeoutType;
  constructor(message: string | undefined, lastHeartbeatDetails: unknown, timeoutType: TimeoutType) {
    super(message);
    this.lastHeartbeatDetails = lastHeartbeatDetails;
    this.timeoutType = timeoutType;
  }
}

/** An activity failed, timed out or was cancelled; the reason is its `cause`. */
export class ActivityFailure extends TemporalFailure {
  override name = 'ActivityFailure';
  readonly activityType: string;
  readonly activityId: string | undefined;
  readonly retryState: RetryState | undefined;
  readonly identity: string | undefined;
  constructor(
    message: string | undefined,
    activityType: string,
    activityId: string | undefined,
    retryState: RetryState | undefined,
    identity: string | undefined,
    cause?: Error,
  ) {
    super(message, cause);
    this.activityType = activityType;
    this.activityId = activityId;
    this.retryState = retryState;
    this.identity = identity;
  }
}

/** A child workflow failed, timed out, was cancelled or terminated; the reason is its `cause`. */
export class ChildWorkflowFailure extends TemporalFailure {
  override name = 'ChildWorkflowFailure';
  readonly namespace: string | undefined;
  readonly execution: WorkflowExecution;
  readonly workflowType: string;
  readonly retryState: RetryState | undefined;
  constructor(
    namespace: string | undefined,
    execution: WorkflowExecution,
    workflowType: string,
    retryState: RetryState | undefined,
    cause?: Error,
  ) {
    super('Child Workflow execution failed', cause);
    this.namespace = namespace;
    this.execution = execution;
    this.workflowType = workflowType;
    this.retryState = retryState;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
function nameOf(error: unknown): string {
  if (error instanceof Error) return error.name;
  return (error as { constructor?: { name?: string } } | null | undefined)?.constructor?.name ?? typeof error;
}

/** Leaves an ApplicationFailure as it is and makes one from anything else (type = the error's name, retryable). */
export function ensureApplicationFailure(error: unknown): ApplicationFailure {
  return error instanceof ApplicationFailure ? error : ApplicationFailure.fromError(error);
}

/** Leaves a TemporalFailure as it is and makes an ApplicationFailure from anything else. */
export function ensureTemporalFailure(error: unknown): TemporalFailure {
  return error instanceof TemporalFailure ? error : ensureApplicationFailure(error);
}

/** The message of the innermost cause, or `undefined` for something that is no error. */
export function rootCause(error: unknown): string | undefined {
  if (error instanceof TemporalFailure) return error.cause ? rootCause(error.cause) : error.message;
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : undefined;
}

/** Was this error caused by cancellation? Looks through activity and child workflow failures. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof CancelledFailure) return true;
  return (
    (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && isCancellation(error.cause)
  );
}

const info = {
  application(error: ApplicationFailure, converter: PayloadConverter): Failure {
    return {
      applicationFailureInfo: {
        ...(error.type && { type: error.type }),
        nonRetryable: error.nonRetryable ?? false,
        ...(error.details?.length && { details: toPayloadsJson(converter, ...error.details)! }),
        ...(error.nextRetryDelay != null && {
          nextRetryDelay: toDurationJson(msToNumber(error.nextRetryDelay)),
        }),
        ...(error.category && { category: toWire('applicationErrorCategory', error.category) }),
      },
    };
  },
  activity(error: ActivityFailure): Failure {
    return {
      activityFailureInfo: {
        activityType: { name: error.activityType },
        ...(error.activityId && { activityId: error.activityId }),
        ...(error.identity && { identity: error.identity }),
        ...(error.retryState && { retryState: toWire('retryState', error.retryState) }),
      },
    };
  },
  child(error: ChildWorkflowFailure): Failure {
    return {
      childWorkflowExecutionFailureInfo: {
        ...(error.namespace && { namespace: error.namespace }),
        workflowExecution: error.execution,
        workflowType: { name: error.workflowType },
        ...(error.retryState && { retryState: toWire('retryState', error.retryState) }),
      },
    };
  },
};

function infoOf(error: TemporalFailure, converter: PayloadConverter): Failure {
  if (error instanceof ApplicationFailure) return info.application(error, converter);
  if (error instanceof ActivityFailure) return info.activity(error);
  if (error instanceof ChildWorkflowFailure) return info.child(error);
  if (error instanceof CancelledFailure) {
    return {
      canceledFailureInfo: error.details.length
        ? { details: toPayloadsJson(converter, ...error.details)! }
        : {},
    };
  }
  if (error instanceof TimeoutFailure) {
    const details = error.lastHeartbeatDetails;
    return {
      timeoutFailureInfo: {
        timeoutType: toWire('timeoutType', error.timeoutType),
        ...(details !== undefined && { lastHeartbeatDetails: toPayloadsJson(converter, details)! }),
      },
    };
  }
  if (error instanceof TerminatedFailure) return { terminatedFailureInfo: {} };
  if (error instanceof ServerFailure) return { serverFailureInfo: { nonRetryable: error.nonRetryable } };
  return { applicationFailureInfo: { type: error.name, nonRetryable: false } };
}

/** Any thrown value → stored failure. A plain error becomes an application failure whose type is the error's name. */
export function errorToFailure(thrown: unknown, converter: PayloadConverter): Failure {
  if (thrown instanceof TemporalFailure && thrown.failure) return thrown.failure;
  const base: Failure = { message: messageOf(thrown), source: FAILURE_SOURCE };
  if (thrown instanceof Error) {
    if (thrown.stack) base.stackTrace = stackFrames(thrown.stack);
    if (thrown.cause !== undefined && thrown.cause !== null)
      base.cause = errorToFailure(thrown.cause, converter);
  }
  if (thrown instanceof TemporalFailure) return { ...base, ...infoOf(thrown, converter) };
  return { ...base, applicationFailureInfo: { type: nameOf(thrown), nonRetryable: false } };
}

/** The frames of a stack without its first, repeated message. */
function stackFrames(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s*at /.test(line));
  return lines.join('\n');
}

/** Stored failure → the error a user catches, causes included. */
export function failureToError(failure: Failure, converter: PayloadConverter): TemporalFailure {
  const error = makeError(failure, converter);
  error.stack = `${error.name}: ${failure.message ?? ''}${failure.stackTrace ? `\n${failure.stackTrace}` : ''}`;
  error.failure = failure;
  return error;
}

function makeError(failure: Failure, converter: PayloadConverter): TemporalFailure {
  const message = failure.message ?? undefined;
  const cause = failure.cause ? failureToError(failure.cause, converter) : undefined;
  if (failure.applicationFailureInfo) {
    const { type, nonRetryable, details, nextRetryDelay, category } = failure.applicationFailureInfo;
    return new ApplicationFailure(
      message,
      type,
      nonRetryable ?? false,
      fromPayloadsJson(converter, details),
      cause,
      nextRetryDelay ? fromDurationJson(nextRetryDelay) : undefined,
      fromWire<ApplicationFailureCategory>('applicationErrorCategory', category),
    );
  }
  if (failure.timeoutFailureInfo) {
    const { timeoutType, lastHeartbeatDetails } = failure.timeoutFailureInfo;
    const details = fromFirstPayloadJson<unknown>(converter, lastHeartbeatDetails);
    return new TimeoutFailure(
      message,
      details,
      fromWire<TimeoutType>('timeoutType', timeoutType) ?? 'START_TO_CLOSE',
    );
  }
  if (failure.canceledFailureInfo) {
    return new CancelledFailure(
      message,
      fromPayloadsJson(converter, failure.canceledFailureInfo.details),
      cause,
    );
  }
  if (failure.terminatedFailureInfo) return new TerminatedFailure(message, cause);
  if (failure.serverFailureInfo)
    return new ServerFailure(message, failure.serverFailureInfo.nonRetryable ?? false, cause);
  if (failure.activityFailureInfo) {
    const { activityType, activityId, retryState, identity } = failure.activityFailureInfo;
    const state = fromWire<RetryState>('retryState', retryState);
    return new ActivityFailure(message, activityType?.name ?? '', activityId, state, identity, cause);
  }
  if (failure.childWorkflowExecutionFailureInfo) {
    const { namespace, workflowExecution, workflowType, retryState } =
      failure.childWorkflowExecutionFailureInfo;
    const state = fromWire<RetryState>('retryState', retryState);
    return new ChildWorkflowFailure(
      namespace,
      workflowExecution ?? { workflowId: '', runId: '' },
      workflowType?.name ?? '',
      state,
      cause,
    );
  }
  return new TemporalFailure(message, cause);
}
