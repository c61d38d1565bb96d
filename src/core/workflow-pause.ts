/**
 * A workflow that is paused: it takes everything in (signals, updates, outcomes, timers), but neither its code nor new
 * attempts of its activities are run until it is unpaused. What a Worker has when the pause comes goes on to its end.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import type { Request } from '../../sdk/common/service.ts';
import { requireOpen } from './check.ts';
import type { Apply, Handle, Place } from './noun.ts';
import { findRequestId } from './request-ids.ts';
import { type RunState, touch } from './state.ts';
import type { Transition } from './transition.ts';
import { bumpVisibility } from './visibility.ts';

type Said = HistoryEventAttributes['WorkflowExecutionPaused'];
type When = Pick<Place, 'execution' | 'time'>;

/** Also called when the event is held back: what it decides is decided at once. */
export const holdBack = {
  WorkflowExecutionPaused(run: RunState, { identity, reason }: Said, place: When): void {
    if (run.pause) return;
    run.pause = { time: place.time, ...(identity && { identity }), ...(reason && { reason }) };
    touchAll(run, place);
  },
  WorkflowExecutionUnpaused(run: RunState, _said: Said, place: When): void {
    if (!run.pause) return;
    delete run.pause;
    // The wait for a Worker begins now.
    for (const pending of run.activities.values())
      if (!pending.claim) pending.attemptScheduledTime = Math.max(pending.attemptScheduledTime, place.time);
    touchAll(run, place);
  },
};

function touchAll(run: RunState, place: When): void {
  touch(place.execution, 'workflowTask');
  for (const id of run.activities.keys()) touch(place.execution, 'activity', id);
  bumpVisibility(run, place);
}

/** Held-back ones come in their order: the last one has the say again. */
export const apply: Apply<'WorkflowExecutionPaused' | 'WorkflowExecutionUnpaused'> = holdBack;

export const handle: Handle<'PauseWorkflowExecution' | 'UnpauseWorkflowExecution'> = {
  PauseWorkflowExecution: (t, request) => change(t, request, true),
  UnpauseWorkflowExecution: (t, request) => change(t, request, false),
};

function change(
  t: Transition,
  request: Request<'PauseWorkflowExecution' | 'UnpauseWorkflowExecution'>,
  pause: boolean,
): void {
  const { kind, runId, requestId, identity, reason } = request;
  if (findRequestId(t.execution, kind, requestId, runId)) return;
  const run = requireOpen(t.execution, { ...(runId && { runId }) });
  if ((run.pause !== undefined) === pause)
    throw new ServiceError(
      'FAILED_PRECONDITION',
      `workflow execution is ${pause ? 'already' : 'not'} paused: ${run.workflowId}`,
    );
  const name = pause ? 'WorkflowExecutionPaused' : 'WorkflowExecutionUnpaused';
  t.append(name, { identity, reason, requestId });
  if (requestId) t.note('RequestIdRecorded', { requestId, requestKind: kind, runId: run.runId });
}
