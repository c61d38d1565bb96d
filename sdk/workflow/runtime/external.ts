/**
 * What a run sends to other workflows: signals and requests to cancel.
 *   unsent   → recorded  its Initiated event came
 *   unsent   → dropped   a signal whose scope was cancelled in the task that sends it: the command is not sent
 *   recorded → settled   the outcome came; cancelling changes nothing any more
 */

import type { CommandAttributes } from '../../common/command.ts';
import type { Failure } from '../../common/failure.ts';
import type { HistoryEvent } from '../../common/history.ts';
import type { CancellationScope } from '../cancellation-scope.ts';
import type { Completion, WorkflowContext } from './context.ts';
import { NondeterminismError } from './match.ts';

/** Did it arrive? `failedCause`: the wire name of why not. */
export interface ExternalOutcome {
  failedCause?: string;
}

/** Issues the command that signals a workflow and keeps its promise's ends under `seq`. */
export function sendSignal(
  context: WorkflowContext,
  scope: CancellationScope,
  seq: number,
  attributes: CommandAttributes['SignalExternalWorkflowExecution'],
  completion: Completion<void>,
): void {
  const to = attributes.execution.workflowId;
  let recorded = false;
  const command = context.commands.push('SignalExternalWorkflowExecution', attributes, {
    onRecorded: ({ eventId }) => {
      recorded = true;
      context.externalsByEvent.set(eventId, ({ failedCause }) =>
        settle(context, context.signalsSent, seq, to, failedCause && failureOf('signal', failedCause)),
      );
    },
  });
  context.signalsSent.set(seq, completion);
  if (!scope.cancellable) return;
  scope.cancelRequested.catch(() => {
    if (!context.signalsSent.has(seq) || recorded || command.dropped) return;
    command.dropped = true;
    const message = 'The signal was cancelled before it was sent';
    settle(context, context.signalsSent, seq, to, { message, canceledFailureInfo: {} });
  });
}

/** Issues the command that asks a workflow to cancel and keeps its promise's ends under `seq`. */
export function sendCancel(
  context: WorkflowContext,
  seq: number,
  attributes: CommandAttributes['RequestCancelExternalWorkflowExecution'],
  completion: Completion<void>,
): void {
  const to = attributes.workflowId;
  context.commands.push('RequestCancelExternalWorkflowExecution', attributes, {
    onRecorded: ({ eventId }) => {
      context.externalsByEvent.set(eventId, ({ failedCause }) =>
        settle(context, context.cancelsSent, seq, to, failedCause && failureOf('cancel', failedCause)),
      );
    },
  });
  context.cancelsSent.set(seq, completion);
}

function settle(
  context: WorkflowContext,
  open: Map<number, Completion<void>>,
  seq: number,
  to: string,
  failure: Failure | '' | undefined,
): void {
  context.resolutions.push(() => {
    const completion = open.get(seq);
    open.delete(seq);
    if (failure) completion?.reject(context.failureToError(failure, context.ofWorkflow(to)));
    else completion?.resolve();
  });
}

/** `…_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND`: words and type of the error that workflow code sees. */
function failureOf(what: 'signal' | 'cancel', failedCause: string): Failure {
  const words = failedCause.replace(/^.*_FAILED_CAUSE_/, '').split('_');
  const type = words.map((word) => `${word[0] ?? ''}${word.slice(1).toLowerCase()}`).join('');
  const notFound = what === 'signal' ? 'it was not found' : 'not found';
  const why = type === 'ExternalWorkflowExecutionNotFound' ? notFound : words.join(' ').toLowerCase();
  return {
    message: `Unable to ${what} external workflow because ${why}`,
    applicationFailureInfo: { type, nonRetryable: false },
  };
}

/** The outcome of a signal or of a request to cancel came. */
export function externalSettled(
  context: WorkflowContext,
  event: HistoryEvent,
  initiatedEventId: string,
  outcome: ExternalOutcome,
): void {
  const settleIt = context.externalsByEvent.get(initiatedEventId);
  if (!settleIt) {
    throw new NondeterminismError(
      `event ${event.eventId} is ${event.eventType} (initiatedEventId ${initiatedEventId}), ` +
        'but the workflow sent nothing to another workflow there',
      event,
    );
  }
  context.externalsByEvent.delete(initiatedEventId);
  settleIt(outcome);
}
