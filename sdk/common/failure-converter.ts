/** Errors ↔ failures: what is thrown becomes data at one side of a boundary and an error of the same class at the other. */

import { fromDurationJson, msToNumber, toDurationJson } from './duration.ts';
import {
  type ApplicationFailureCategory,
  fromWire,
  type RetryState,
  type TimeoutType,
  toWire,
} from './enums.ts';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  FAILURE_SOURCE,
  type Failure,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from './failure.ts';
import { fromPayloadsJson, type PayloadConverter, type PayloadsJson, toPayloadsJsonIn } from './payload.ts';
import type { SerializationContext } from './serialization-context.ts';

type Given = SerializationContext | undefined;

const info = {
  application(error: ApplicationFailure, converter: PayloadConverter, context: Given): Failure {
    return {
      applicationFailureInfo: {
        ...(error.type && { type: error.type }),
        nonRetryable: error.nonRetryable ?? false,
        ...(error.details?.length && { details: toPayloadsJsonIn(context, converter, error.details)! }),
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

function infoOf(error: TemporalFailure, converter: PayloadConverter, context: Given): Failure {
  if (error instanceof ApplicationFailure) return info.application(error, converter, context);
  if (error instanceof ActivityFailure) return info.activity(error);
  if (error instanceof ChildWorkflowFailure) return info.child(error);
  if (error instanceof CancelledFailure) {
    return {
      canceledFailureInfo: error.details.length
        ? { details: toPayloadsJsonIn(context, converter, error.details)! }
        : {},
    };
  }
  if (error instanceof TimeoutFailure) {
    const details = error.lastHeartbeatDetails;
    return {
      timeoutFailureInfo: {
        timeoutType: toWire('timeoutType', error.timeoutType),
        ...(details !== undefined && {
          lastHeartbeatDetails: toPayloadsJsonIn(context, converter, [details])!,
        }),
      },
    };
  }
  if (error instanceof TerminatedFailure) return { terminatedFailureInfo: {} };
  if (error instanceof ServerFailure) return { serverFailureInfo: { nonRetryable: error.nonRetryable } };
  return {};
}

/**
 * Any thrown value → stored failure. What is no TemporalFailure has no info: whoever means it to be an application failure
 * makes one first (`ensureApplicationFailure`), as activities do with all they throw.
 */
export function errorToFailure(
  thrown: unknown,
  converter: PayloadConverter,
  ofCause: (cause: unknown) => Failure = (cause) => errorToFailure(cause, converter),
  context?: SerializationContext,
): Failure {
  if (thrown instanceof TemporalFailure && thrown.failure) return thrown.failure;
  if (!looksLikeError(thrown)) return { message: `${textOf(thrown)}${NO_ERROR}`, source: FAILURE_SOURCE };
  const { message, stack, cause } = thrown;
  const failure: Failure = { message: String(message), source: FAILURE_SOURCE };
  if (stack) failure.stackTrace = placed(stack);
  if (cause !== undefined && cause !== null) failure.cause = ofCause(cause);
  return thrown instanceof TemporalFailure ? { ...failure, ...infoOf(thrown, converter, context) } : failure;
}

/** Said of a value that has neither message nor stack. */
const NO_ERROR = ' [this is no Error: throw Errors, which say where they come from]';

const looksLikeError = (thrown: unknown): thrown is Pick<Error, 'message' | 'stack' | 'cause'> =>
  thrown instanceof Error ||
  typeof (thrown as { message?: unknown } | undefined | null)?.message === 'string';

/** A value as JSON, and what has none as a text. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

let placeOf = (frame: string): string => frame;

/** Has frames of code that was made at run time say where they are in its source. Told by whoever evaluates such code. */
export function placeFramesWith(place: (frame: string) => string): void {
  placeOf = place;
}

/** A stack whose frames say where they are in the source. A text that a program put in its place stays. */
const placed = (stack: string): string =>
  stack
    .split('\n')
    .map((line) => (isFrame(line) ? placeOf(line) : line))
    .join('\n');

const isFrame = (line: string): boolean => /^\s*at /.test(line);

/** What the failure was thrown with, or, where it has frames alone or nothing, as it would have been thrown here. */
function stackOf({ message, stackTrace }: Failure, name: string): string {
  if (stackTrace && !isFrame(stackTrace)) return stackTrace;
  return `${name}: ${message ?? ''}${stackTrace ? `\n${stackTrace}` : ''}`;
}

/** Stored failure → the error a user catches, causes included. */
export function failureToError(
  failure: Failure,
  converter: PayloadConverter,
  ofCause: (cause: Failure) => Error = (cause) => failureToError(cause, converter),
  context?: SerializationContext,
): TemporalFailure {
  const detailsOf = (details?: PayloadsJson) => fromPayloadsJson(converter, details, context);
  const error = makeError(failure, detailsOf, failure.cause && ofCause(failure.cause));
  error.stack = stackOf(failure, error.name);
  error.failure = failure;
  return error;
}

function makeError(
  failure: Failure,
  detailsOf: (details?: PayloadsJson) => unknown[],
  cause: Error | undefined,
): TemporalFailure {
  const message = failure.message ?? undefined;
  if (failure.applicationFailureInfo) {
    const { type, nonRetryable, details, nextRetryDelay, category } = failure.applicationFailureInfo;
    return new ApplicationFailure(
      message,
      type,
      nonRetryable ?? false,
      detailsOf(details),
      cause,
      nextRetryDelay ? fromDurationJson(nextRetryDelay) : undefined,
      fromWire<ApplicationFailureCategory>('applicationErrorCategory', category),
    );
  }
  if (failure.timeoutFailureInfo) {
    const { timeoutType, lastHeartbeatDetails } = failure.timeoutFailureInfo;
    const details = detailsOf(lastHeartbeatDetails)[0];
    return new TimeoutFailure(
      message,
      details,
      fromWire<TimeoutType>('timeoutType', timeoutType) ?? 'START_TO_CLOSE',
    );
  }
  if (failure.canceledFailureInfo) {
    return new CancelledFailure(message, detailsOf(failure.canceledFailureInfo.details), cause);
  }
  if (failure.resetWorkflowFailureInfo) {
    const details = detailsOf(failure.resetWorkflowFailureInfo.lastHeartbeatDetails);
    return new ApplicationFailure(message, 'ResetWorkflow', false, details, cause);
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
