/** What a Worker says of a workflow task, or a query, that failed. */

import { makeCommand } from '../../common/command.ts';
import { defaultFailureConverter } from '../../common/data-converter.ts';
import type { WorkflowTaskFailedCause } from '../../common/enums.ts';
import { type Failure, messageOf } from '../../common/failure.ts';
import { defaultPayloadConverter } from '../../common/payload.ts';
import { workflowContext } from '../../common/serialization-context.ts';
import type { WorkflowTaskAnswer } from '../../common/worker-protocol.ts';
import type { Converters } from './context.ts';
import { failsOnNondeterminism } from './failure-types.ts';
import { NondeterminismError } from './match.ts';

/** The task fails, to be tried again; or the workflow does, where the Worker was told so for code that does not fit its history. */
export function answerOfFailure(
  error: unknown,
  failure: Failure,
  failureErrorNames: readonly string[],
): WorkflowTaskAnswer {
  const cause = causeOf(error);
  if (cause !== 'NON_DETERMINISTIC_ERROR' || !failsOnNondeterminism(failureErrorNames)) {
    return { failed: { cause, failure } };
  }
  return { completed: { commands: [makeCommand('FailWorkflowExecution', { failure })] } };
}

function causeOf(error: unknown): WorkflowTaskFailedCause {
  return error instanceof NondeterminismError
    ? 'NON_DETERMINISTIC_ERROR'
    : 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
}

/** A converter of the user's may fail; what it could not convert it may have had to hide. */
export function failureOf(
  error: unknown,
  { payloadConverter, failureConverter }: Converters,
  { namespace, workflowId }: { namespace: string; workflowId: string },
): Failure {
  try {
    const own = workflowContext(namespace, workflowId);
    return failureConverter.errorToFailure(error, payloadConverter, own);
  } catch (conversion) {
    const message = `An error could not be converted to a failure: ${messageOf(conversion)}`;
    return defaultFailureConverter.errorToFailure(new Error(message), defaultPayloadConverter);
  }
}
