/**
 * Fork: a run under another workflow id begins with the history of this one up to a workflow task, which is done again.
 * Nothing changes for the run that is forked: unlike a reset, nothing is terminated and no child changes hands. What a
 * reset reapplies is told to the new run too. One that has children under way at that point cannot be forked there:
 * they would tell nobody but their parent.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import {
  attributesOf,
  type HistoryEvent,
  historyEventName,
  makeHistoryEvent,
  type SearchAttributesJson,
} from '../../sdk/common/history.ts';
import { SCHEDULED_BY_ID } from '../../sdk/common/schedule.ts';
import type { Request } from '../../sdk/common/service.ts';
import type { ForkWorkflowExecutionRequest } from '../../sdk/common/service-operations.ts';
import type { Handle } from './noun.ts';
import { findRequestId } from './request-ids.ts';
import { exclusions, failTask, findBase, type Later, laterEvents, reapply } from './reset.ts';
import { ownerOf, ownersUntil } from './reset-origin.ts';
import { resetPoint } from './reset-point.ts';
import type { RunHead, RunLogs } from './run-log.ts';
import { isOpen } from './state.ts';

type Started = Request<'StartForkedWorkflowExecution'>;

/**
 * What the object of the new workflow id is asked to begin with.
 * @throws ServiceError NOT_FOUND, INVALID_ARGUMENT for a point that is none, FAILED_PRECONDITION
 */
export function forkOf(
  logs: RunLogs,
  request: ForkWorkflowExecutionRequest,
): Pick<Started, 'base' | 'history' | 'later'> {
  exclusions(request);
  const base = findBase(logs, request.workflowExecution.runId);
  const eventId = resetPoint(base.history, request);
  const history = base.history.slice(0, eventId - 1);
  const later = laterEvents(logs, base, eventId);
  requireChildrenOver(base, history, later);
  const { workflowId } = logs.execution;
  const { runId } = base;
  return {
    base: { workflowId, runId, eventId, owners: ownersUntil(base, eventId) },
    history,
    later,
  };
}

const CHILD_OVER =
  /^(StartChildWorkflowExecutionFailed|ChildWorkflowExecution(Completed|Failed|Canceled|TimedOut|Terminated))$/;

function requireChildrenOver(base: RunHead, history: HistoryEvent[], later: Later[]): void {
  const open = new Map<string, string>();
  for (const event of history) {
    const name = historyEventName(event.eventType);
    if (name === 'StartChildWorkflowExecutionInitiated')
      open.set(event.eventId, attributesOf(event, name).workflowId);
  }
  for (const { event, to } of [...history.map((event) => ({ event, to: base })), ...later]) {
    const name = historyEventName(event.eventType)!;
    if (!CHILD_OVER.test(name)) continue;
    const { initiatedEventId } = attributesOf(event, name) as { initiatedEventId: string };
    const id = Number(initiatedEventId);
    if (ownerOf(to, id) === ownerOf(base, id)) open.delete(initiatedEventId);
  }
  for (const [eventId, workflowId] of open)
    throw new ServiceError(
      'FAILED_PRECONDITION',
      `child workflow ${workflowId}, initiated by event ${eventId}, is still under way and would report to the run that is forked alone: wait for its end, or fork at an earlier event`,
    );
}

export const handle: Handle<'StartForkedWorkflowExecution'> = {
  StartForkedWorkflowExecution(t, request) {
    const { requestId, base, history, later, reason = '', identity } = request;
    const { execution } = t;
    const known = findRequestId(execution, request.kind, requestId);
    if (known) return { runId: known.runId };
    if (isOpen(execution.run))
      throw new ServiceError(
        'ALREADY_EXISTS',
        `workflow ${execution.workflowId} is running: a fork needs an id that no open run has`,
      );
    const excluded = exclusions(request);
    const runId = t.newRunId();
    const { runId: baseRunId, workflowId: baseWorkflowId, eventId, owners } = base;
    t.startReset(
      { runId, baseRunId, baseWorkflowId, eventId, owners, childrenStartedLater: [] },
      asOwn(history, execution.workflowId, runId),
    );
    failTask(t, history.at(-1)!, { reason, identity });
    reapply(t, later, excluded);
    t.note('ResetReapplied', {});
    t.note('RequestIdRecorded', { requestId, requestKind: request.kind, runId });
    return { runId };
  },
};

/** It has neither a parent nor a schedule, and is the first of its chain. What random numbers are made of stays. */
function asOwn([first, ...rest]: HistoryEvent[], workflowId: string, runId: string): HistoryEvent[] {
  const {
    parentWorkflowExecution: _1,
    parentWorkflowNamespace: _2,
    parentInitiatedEventId: _3,
    rootWorkflowExecution: _4,
    continuedExecutionRunId: _5,
    searchAttributes,
    ...attributes
  } = attributesOf(first!, 'WorkflowExecutionStarted');
  const own = unscheduled(searchAttributes);
  const started = makeHistoryEvent(
    'WorkflowExecutionStarted',
    1,
    first!.eventTime,
    { ...attributes, ...(own && { searchAttributes: own }), workflowId, firstExecutionRunId: runId },
    first!.userMetadata,
  );
  return [started, ...rest];
}

function unscheduled(attributes: SearchAttributesJson | undefined): SearchAttributesJson | undefined {
  if (!attributes?.indexedFields) return attributes;
  const { [SCHEDULED_BY_ID]: _, ...indexedFields } = attributes.indexedFields;
  return { indexedFields };
}
