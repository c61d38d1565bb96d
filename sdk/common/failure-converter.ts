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
  messageOf,
  nameOf,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from './failure.ts';
import { fromFirstPayloadJson, fromPayloadsJson, type PayloadConverter, toPayloadsJson } from './payload.ts';

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

/** Any thrown value → stored failure. A plain error becomes an application failure whose type is the error's class. */
export function errorToFailure(
  thrown: unknown,
  converter: PayloadConverter,
  ofCause: (cause: unknown) => Failure = (cause) => errorToFailure(cause, converter),
): Failure {
  if (thrown instanceof TemporalFailure && thrown.failure) return thrown.failure;
  const message = thrown instanceof TemporalFailure ? thrown.message : messageOf(thrown);
  const base: Failure = { message, source: FAILURE_SOURCE };
  if (thrown instanceof Error) {
    if (thrown.stack) base.stackTrace = stackFrames(thrown.stack, message);
    if (thrown.cause !== undefined && thrown.cause !== null) base.cause = ofCause(thrown.cause);
  }
  if (thrown instanceof TemporalFailure) return { ...base, ...infoOf(thrown, converter) };
  const type = nameOf(thrown);
  return { ...base, applicationFailureInfo: { ...(type !== undefined && { type }), nonRetryable: false } };
}

let placeOf = (frame: string): string => frame;

/** Has frames of code that was made at run time say where they are in its source. Told by whoever evaluates such code. */
export function placeFramesWith(place: (frame: string) => string): void {
  placeOf = place;
}

/** The frames of a stack without its first, repeated message. A text that a program put in its place stays. */
function stackFrames(stack: string, message: string): string {
  const lines = stack.split('\n').filter((line) => /^\s*at /.test(line));
  return lines.length === 0 && !stack.includes(message) ? stack : lines.map(placeOf).join('\n');
}

/** Stored failure → the error a user catches, causes included. */
export function failureToError(
  failure: Failure,
  converter: PayloadConverter,
  ofCause: (cause: Failure) => Error = (cause) => failureToError(cause, converter),
): TemporalFailure {
  const error = makeError(failure, converter, failure.cause && ofCause(failure.cause));
  error.stack = `${error.name}: ${failure.message ?? ''}${failure.stackTrace ? `\n${failure.stackTrace}` : ''}`;
  error.failure = failure;
  return error;
}

function makeError(failure: Failure, converter: PayloadConverter, cause: Error | undefined): TemporalFailure {
  const message = failure.message ?? undefined;
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
  if (failure.resetWorkflowFailureInfo) {
    const details = fromPayloadsJson(converter, failure.resetWorkflowFailureInfo.lastHeartbeatDetails);
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
