/**
 * Failures as data (`temporal.api.failure.v1` in JSON) and the error classes users throw and catch.
 * Class names, fields and static makers are those of Temporal's TypeScript SDK.
 */

import type { Duration, DurationJson } from './duration.ts';
import type { ApplicationFailureCategory, RetryState, TimeoutType } from './enums.ts';
import type { NamedType, WorkflowExecution } from './history.ts';
import { knownAcrossCopies } from './known-class.ts';
import type { PayloadJson, PayloadsJson } from './payload.ts';

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
  resetWorkflowFailureInfo?: { lastHeartbeatDetails?: PayloadsJson };
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
    return new this(message, type, nonRetryable, details, cause, nextRetryDelay, category);
  }

  static fromError(error: unknown, overrides: ApplicationFailureOptions = {}): ApplicationFailure {
    const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
    return Object.assign(ensureApplicationFailure(error), Object.fromEntries(given));
  }

  static retryable(message?: string | null, type?: string | null, ...details: unknown[]): ApplicationFailure {
    return new this(message, type ?? 'Error', false, details);
  }

  static nonRetryable(
    message?: string | null,
    type?: string | null,
    ...details: unknown[]
  ): ApplicationFailure {
    return new this(message, type ?? 'Error', true, details);
  }
}

/** A workflow, scope or activity was cancelled. */
export class CancelledFailure extends TemporalFailure {
  readonly details: unknown[];
  constructor(message: string | undefined, details: unknown[] = [], cause?: Error) {
    super(message, cause);
    this.details = details;
  }
}

export class TerminatedFailure extends TemporalFailure {}

export class TimeoutFailure extends TemporalFailure {
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

const known = {
  TemporalFailure,
  ServerFailure,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
  ActivityFailure,
  ChildWorkflowFailure,
};
for (const [name, failure] of Object.entries(known)) {
  knownAcrossCopies(failure, name);
  // No field of each failure: what is made of one by JSON or a spread has none.
  Object.defineProperty(failure.prototype, 'name', { value: name, enumerable: true, writable: true });
}

/** What a thrown value says: its message, also where it is no error, or what it is as text. */
export function messageOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown };
  return message ? String(message) : String(error);
}

/**
 * What kind of error a thrown value is: the type of the failure made from it. As in Temporal's SDK that is its class, also
 * where its errors have another `name`; strings and the like are of no kind.
 */
export function nameOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const thrown = error as { constructor?: { name?: string }; name?: string };
  return (thrown.constructor?.name ?? thrown.name) || undefined;
}

/** What a converter throws for a payload that is not as it must be: retrying does not make it so. */
export function createPayloadValidationError(details?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'Payload validation failed',
    type: 'PayloadValidationError',
    nonRetryable: true,
    details: details === undefined || details === null ? [] : [details],
  });
}

/** Leaves an ApplicationFailure as it is and makes one from anything else (type = the error's class, retryable). */
export function ensureApplicationFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const { cause, stack } = Object(error) as { cause?: unknown; stack?: string };
  const failure = ApplicationFailure.create({
    message: messageOf(error),
    type: nameOf(error),
    ...(cause instanceof Error && { cause }),
  });
  if (stack) failure.stack = stack;
  return failure;
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
