/**
 * Child workflows of a run, seen from workflow code. A child has two promises: that it started, and how it ended.
 *   unsent    → initiated  its StartChildWorkflowExecutionInitiated came
 *   unsent    → settled    cancelled in the task that starts it: the command is not sent
 *   initiated → started    its ChildWorkflowExecutionStarted came
 *   initiated → closed     the start failed
 *   started   → closed     its outcome came
 *   initiated, started → cancelled: a request to cancel it is sent, except with ABANDON. ABANDON and TRY_CANCEL settle the
 *     outcome at once and whatever comes is ignored; the others wait for the outcome.
 */

import type { CommandAttributes } from '../../common/command.ts';
import type { ChildWorkflowCancellationType } from '../../common/enums.ts';
import { IllegalStateError, WorkflowExecutionAlreadyStartedError } from '../../common/errors.ts';
import type { Failure } from '../../common/failure.ts';
import type { HistoryEvent, HistoryEventAttributes, UserMetadata } from '../../common/history.ts';
import type { CancellationScope } from '../cancellation-scope.ts';
import type { Completion, WorkflowContext } from './context.ts';
import { NondeterminismError, type PendingCommand } from './match.ts';

/** The events that end a child. */
export type ChildOutcome =
  | 'ChildWorkflowExecutionCompleted'
  | 'ChildWorkflowExecutionFailed'
  | 'ChildWorkflowExecutionCanceled'
  | 'ChildWorkflowExecutionTimedOut'
  | 'ChildWorkflowExecutionTerminated';

export interface StartedChild {
  readonly seq: number;
  readonly attributes: CommandAttributes['StartChildWorkflowExecution'];
  readonly cancellationType: ChildWorkflowCancellationType;
  readonly command: PendingCommand;
  initiatedEventId?: string;
  startedEventId?: string;
  runId?: string;
  state: 'open' | 'settled' | 'closed';
}

export interface NewChild {
  attributes: CommandAttributes['StartChildWorkflowExecution'];
  cancellationType: ChildWorkflowCancellationType;
  userMetadata?: UserMetadata;
}

/** Issues the command that starts a child and keeps the ends of the promise that it started under `seq`. */
export function startChildWorkflow(
  context: WorkflowContext,
  scope: CancellationScope,
  seq: number,
  { attributes, cancellationType, userMetadata }: NewChild,
  completion: Completion<string>,
): void {
  const child: StartedChild = {
    seq,
    attributes,
    cancellationType,
    command: context.commands.push('StartChildWorkflowExecution', attributes, {
      userMetadata,
      onRecorded: ({ eventId }) => {
        child.initiatedEventId = eventId;
        context.childrenByEvent.set(eventId, child);
      },
    }),
    state: 'open',
  };
  context.childStarts.set(seq, completion);
  if (scope.cancellable) {
    scope.cancelRequested.catch(() => {
      if (context.childResults.has(seq)) cancelChild(context, child);
    });
  }
}

function cancelChild(context: WorkflowContext, child: StartedChild): void {
  if (child.state !== 'open') return;
  const { initiatedEventId, cancellationType, attributes, runId } = child;
  if (initiatedEventId === undefined) {
    child.command.dropped = true;
    child.state = 'settled';
    settleStart(context, child, (start) =>
      start.reject(
        context.failureToError(cancelledFailure(child), context.ofWorkflow(attributes.workflowId)),
      ),
    );
    return;
  }
  if (cancellationType !== 'ABANDON') {
    const { namespace, workflowId } = attributes;
    context.commands.push(
      'RequestCancelExternalWorkflowExecution',
      { ...(namespace && { namespace }), workflowId, ...(runId && { runId }), childWorkflowOnly: true },
      // Nobody waits to hear whether the request arrived.
      { onRecorded: ({ eventId }) => void context.externalsByEvent.set(eventId, () => undefined) },
    );
  }
  if (cancellationType === 'ABANDON' || cancellationType === 'TRY_CANCEL') {
    child.state = 'settled';
    settleResult(context, child, { failure: cancelledFailure(child) });
  }
}

function settleStart(
  context: WorkflowContext,
  { seq }: StartedChild,
  settle: (start: Completion<string>) => void,
): void {
  context.resolutions.push(() => {
    const start = context.childStarts.get(seq);
    context.childStarts.delete(seq);
    if (start) settle(start);
  });
}

function settleResult(
  context: WorkflowContext,
  { seq, attributes }: StartedChild,
  outcome: Pick<HistoryEventAttributes['ChildWorkflowExecutionCompleted'], 'result'> | { failure: Failure },
): void {
  context.resolutions.push(() => {
    const completion = context.childResults.get(seq);
    context.childResults.delete(seq);
    if (!completion) return;
    const of = context.ofWorkflow(attributes.workflowId);
    if ('failure' in outcome) completion.reject(context.failureToError(outcome.failure, of));
    else completion.resolve(context.fromResult(outcome.result, of));
  });
}

/** An event came for a child that must be known. */
function childOf(context: WorkflowContext, event: HistoryEvent, initiatedEventId: string): StartedChild {
  const child = context.childrenByEvent.get(initiatedEventId);
  if (child) return child;
  throw new NondeterminismError(
    `event ${event.eventId} is ${event.eventType} (initiatedEventId ${initiatedEventId}), ` +
      'but the workflow has no such child open',
    event,
  );
}

export function childStarted(
  context: WorkflowContext,
  event: HistoryEvent,
  { initiatedEventId, workflowExecution }: HistoryEventAttributes['ChildWorkflowExecutionStarted'],
): void {
  const child = childOf(context, event, initiatedEventId);
  if (child.state === 'settled') return;
  child.startedEventId = event.eventId;
  child.runId = workflowExecution.runId;
  settleStart(context, child, (start) => start.resolve(workflowExecution.runId));
}

const ALREADY_EXISTS = 'START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS';

export function childStartFailed(
  context: WorkflowContext,
  event: HistoryEvent,
  attributes: HistoryEventAttributes['StartChildWorkflowExecutionFailed'],
): void {
  const { initiatedEventId, workflowId, workflowType, cause } = attributes;
  const child = childOf(context, event, initiatedEventId);
  context.childrenByEvent.delete(initiatedEventId);
  if (child.state === 'settled') return;
  child.state = 'closed';
  settleStart(context, child, (start) => {
    if (cause !== ALREADY_EXISTS) {
      throw new IllegalStateError(`Child workflow ${workflowId} could not be started: ${cause}`);
    }
    const message = 'Workflow execution already started';
    start.reject(new WorkflowExecutionAlreadyStartedError(message, workflowId, workflowType.name));
  });
}

export function childClosed<N extends ChildOutcome>(
  context: WorkflowContext,
  event: HistoryEvent,
  name: N,
  attributes: HistoryEventAttributes[N],
): void {
  const child = childOf(context, event, attributes.initiatedEventId);
  context.childrenByEvent.delete(attributes.initiatedEventId);
  if (child.state === 'settled') return;
  child.state = 'closed';
  if (name === 'ChildWorkflowExecutionCompleted') {
    const { result } = attributes as HistoryEventAttributes['ChildWorkflowExecutionCompleted'];
    settleResult(context, child, { result });
  } else {
    settleResult(context, child, { failure: failureOf(child, name, attributes) });
  }
}

function failureOf<N extends ChildOutcome>(
  child: StartedChild,
  name: N,
  attributes: HistoryEventAttributes[N],
): Failure {
  const { failure, retryState } = attributes as Partial<
    HistoryEventAttributes['ChildWorkflowExecutionFailed']
  >;
  switch (name) {
    case 'ChildWorkflowExecutionFailed':
      return childFailure(child, failure!, retryState);
    case 'ChildWorkflowExecutionTimedOut': {
      const timeoutFailureInfo = { timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' };
      const cause = { message: 'Timed out', timeoutFailureInfo };
      return { ...childFailure(child, cause, retryState), message: 'Child Workflow execution timed out' };
    }
    case 'ChildWorkflowExecutionTerminated':
      return {
        ...childFailure(child, { message: 'Terminated', terminatedFailureInfo: {} }),
        message: 'Child Workflow execution terminated',
      };
    default:
      return cancelledFailure(child);
  }
}

const cancelledFailure = (child: StartedChild): Failure => childFailure(child, { canceledFailureInfo: {} });

function childFailure(
  child: StartedChild,
  cause: Failure,
  retryState = 'RETRY_STATE_NON_RETRYABLE_FAILURE',
): Failure {
  const { attributes, initiatedEventId, startedEventId, runId = '' } = child;
  const { namespace, workflowId, workflowType } = attributes;
  return {
    message: 'Child Workflow execution failed',
    cause,
    childWorkflowExecutionFailureInfo: {
      ...(namespace && { namespace }),
      workflowExecution: { workflowId, runId },
      workflowType,
      ...(initiatedEventId && { initiatedEventId }),
      ...(startedEventId && { startedEventId }),
      retryState,
    },
  };
}
