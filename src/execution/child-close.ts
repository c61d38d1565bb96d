/** How a child has ended: as it tells its parent, and as the parent learns when it has to ask. */

import { ServiceError } from '../../sdk/common/errors.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../../sdk/common/history.ts';
import type { ChildClose, GetWorkflowResultReply, Request } from '../../sdk/common/service.ts';
import type { Effect } from '../core/effect.ts';
import type { RunState } from '../core/state.ts';
import type { Outside } from './outside.ts';

/**
 * Either it has ended, or it has not, and will tell of it. A child that is not there any more has ended, nobody knows how:
 * that passes for a termination.
 */
export async function closeOfChild(
  run: RunState,
  call: Extract<Effect, { kind: 'AskChild' }>,
  { chainResult }: Pick<Outside, 'chainResult'>,
): Promise<Request<'RecordChildClosed' | 'RecordChildFoundOpen'>> {
  const { runId, initiatedEventId, namespace, workflowId, childRunId } = call;
  const workflowType = { name: run.children.get(initiatedEventId)!.workflowType };
  const answer = await orGone(chainResult(namespace, workflowId, childRunId));
  if (answer?.pending) return { kind: 'RecordChildFoundOpen', runId, initiatedEventId };
  return {
    kind: 'RecordChildClosed',
    runId,
    initiatedEventId,
    child: { workflowId, runId: answer?.runId ?? childRunId },
    firstExecutionRunId: childRunId,
    workflowType,
    close: answer ? childClose(answer.closeEvent) : { kind: 'Terminated' },
  };
}

async function orGone(result: Promise<GetWorkflowResultReply>): Promise<GetWorkflowResultReply | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** How the run ended, as its parent is told. */
export function childClose(event: HistoryEvent): ChildClose {
  const name = historyEventName(event.eventType);
  switch (name) {
    case 'WorkflowExecutionCompleted': {
      const { result } = attributesOf(event, name);
      return { kind: 'Completed', ...(result && { result }) };
    }
    case 'WorkflowExecutionFailed': {
      const { failure, retryState } = attributesOf(event, name);
      return { kind: 'Failed', failure, retryState };
    }
    case 'WorkflowExecutionCanceled': {
      const { details } = attributesOf(event, name);
      return { kind: 'Canceled', ...(details && { details }) };
    }
    case 'WorkflowExecutionTimedOut':
      return { kind: 'TimedOut', retryState: attributesOf(event, name).retryState };
    case 'WorkflowExecutionTerminated':
      return { kind: 'Terminated' };
    default:
      throw new Error(`${event.eventType} is no end of a chain`);
  }
}
