/** Waiting for a workflow to close, and what its close means to the caller. */

import type { LoadedDataConverter } from '../common/data-converter.ts';
import { fromWire, type RetryState } from '../common/enums.ts';
import { CancelledFailure, TerminatedFailure, TimeoutFailure } from '../common/failure.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../common/history.ts';
import { fromFirstPayloadJson, fromPayloadsJson } from '../common/payload.ts';
import type { SerializationContext } from '../common/serialization-context.ts';
import type { ExecutionRef } from '../common/service.ts';
import type { AnyClient } from './base-client.ts';
import { toClientError, WorkflowContinuedAsNewError, WorkflowFailedError } from './errors.ts';

export interface WorkflowResultOptions {
  /**
   * Wait for the last run of the chain that continue-as-new, retries and cron make, and not only for this run.
   * Default true.
   */
  followRuns?: boolean;
}

/**
 * Long-polls until the run has closed, over restarts of engine and Worker; ends early only by the caller's deadline
 * or abort signal.
 * @throws WorkflowFailedError when it closed with anything but a result, WorkflowNotFoundError when there is none,
 *   WorkflowContinuedAsNewError when it continued as new and `followRuns` is false.
 */
export async function awaitResult<R>(
  client: AnyClient,
  execution: ExecutionRef,
  { followRuns = true }: WorkflowResultOptions = {},
): Promise<R> {
  const context = client.workflowSerializationContext(execution.workflowId);
  const service = client.codedService(context);
  try {
    for (;;) {
      const reply = await service.getWorkflowResult({
        namespace: client.namespace,
        execution,
        followRuns,
      });
      if (!reply.pending) return resultOf<R>(reply.closeEvent, client.dataConverter, context);
    }
  } catch (error) {
    throw toClientError(error, 'Failed to get Workflow execution history', { execution });
  }
}

/** The result in a closing event. @throws WorkflowFailedError for every other way to close. */
export function resultOf<R>(
  closeEvent: HistoryEvent,
  { payloadConverter: converter, failureConverter }: LoadedDataConverter,
  context?: SerializationContext,
): R {
  const name = historyEventName(closeEvent.eventType);
  switch (name) {
    case 'WorkflowExecutionCompleted': {
      const { result, newExecutionRunId } = attributesOf(closeEvent, name);
      refuseContinued(newExecutionRunId);
      return fromFirstPayloadJson<R>(converter, result, context);
    }
    case 'WorkflowExecutionFailed': {
      const { failure, retryState, newExecutionRunId } = attributesOf(closeEvent, name);
      refuseContinued(newExecutionRunId);
      throw new WorkflowFailedError(
        'Workflow execution failed',
        failureConverter.failureToError(failure, converter, context),
        retryStateOf(retryState),
      );
    }
    case 'WorkflowExecutionCanceled': {
      const details = fromPayloadsJson(converter, attributesOf(closeEvent, name).details, context);
      const cause = new CancelledFailure('Workflow canceled', details);
      throw new WorkflowFailedError('Workflow execution cancelled', cause, 'NON_RETRYABLE_FAILURE');
    }
    case 'WorkflowExecutionTerminated': {
      const message = attributesOf(closeEvent, name).reason || 'Workflow execution terminated';
      const cause = new TerminatedFailure(message);
      throw new WorkflowFailedError(message, cause, 'NON_RETRYABLE_FAILURE');
    }
    case 'WorkflowExecutionTimedOut': {
      const { retryState, newExecutionRunId } = attributesOf(closeEvent, name);
      refuseContinued(newExecutionRunId);
      const cause = new TimeoutFailure('Workflow execution timed out', undefined, 'START_TO_CLOSE');
      throw new WorkflowFailedError(
        'Workflow execution timed out',
        cause,
        retryStateOf(retryState, 'TIMEOUT'),
      );
    }
    case 'WorkflowExecutionContinuedAsNew':
      throw continuedBy(attributesOf(closeEvent, name).newExecutionRunId);
    default:
      throw new Error(
        `The engine says the workflow is closed, by an event this client cannot read: ${closeEvent.eventType}`,
      );
  }
}

/** Another run follows, as a retry or by cron too: only who asks for this one run comes here. */
function refuseContinued(newExecutionRunId: string | undefined): void {
  if (newExecutionRunId) throw continuedBy(newExecutionRunId);
}

const continuedBy = (newExecutionRunId: string): WorkflowContinuedAsNewError =>
  new WorkflowContinuedAsNewError('Workflow execution continued as new', newExecutionRunId);

function retryStateOf(wire: string | undefined, otherwise: RetryState = 'RETRY_POLICY_NOT_SET'): RetryState {
  return fromWire<RetryState>('retryState', wire) ?? otherwise;
}
