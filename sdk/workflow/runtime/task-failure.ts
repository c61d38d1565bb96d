/** What a Worker says of a workflow task, or a query, that failed. */

import { defaultFailureConverter } from '../../common/data-converter.ts';
import type { WorkflowTaskFailedCause } from '../../common/enums.ts';
import { type Failure, messageOf } from '../../common/failure.ts';
import { defaultPayloadConverter } from '../../common/payload.ts';
import type { Converters } from './context.ts';
import { NondeterminismError } from './match.ts';

export function causeOf(error: unknown): WorkflowTaskFailedCause {
  return error instanceof NondeterminismError
    ? 'NON_DETERMINISTIC_ERROR'
    : 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
}

/** A converter of the user's may fail; what it could not convert it may have had to hide. */
export function failureOf(error: unknown, { payloadConverter, failureConverter }: Converters): Failure {
  try {
    return failureConverter.errorToFailure(error, payloadConverter);
  } catch (conversion) {
    const message = `An error could not be converted to a failure: ${messageOf(conversion)}`;
    return defaultFailureConverter.errorToFailure(new Error(message), defaultPayloadConverter);
  }
}
