/**
 * A run that was exported elsewhere: it lands with its history as it was written, closed, and changes no more. It is
 * there to be read, queried and replayed; whoever wants it to go on forks it.
 */

import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../../sdk/common/history.ts';
import { checkName } from './check.ts';
import type { Apply, Handle } from './noun.ts';
import { headOf, type RunHead } from './run-log.ts';
import { isOpen, touch } from './state.ts';
import type { Transition } from './transition.ts';
import { bumpVisibility } from './visibility.ts';

export const apply: Apply<'RunImported' | 'RunSealed'> = {
  RunImported(run, { runId }) {
    run.runId = runId;
    run.imported = true;
  },
  /** Nobody is told of anything that this run began: it did so elsewhere. */
  RunSealed(run, _attributes, place) {
    run.workflowId = place.execution.workflowId;
    if (run.status === 'RUNNING') {
      run.status = 'TERMINATED';
      run.closeTime = run.lastEventTime;
    }
    // What comes now goes by the clock here again: that of elsewhere may be ahead, and nothing of it is waited for.
    run.lastEventTime = place.time;
    run.unseen = false;
    delete run.workflowTask;
    run.heldBack = [];
    run.activities.clear();
    run.activityIds.clear();
    run.timers.clear();
    run.firedTimers.clear();
    run.children.clear();
    run.externals.clear();
    run.updates.admitted.clear();
    delete run.parent;
    delete run.scheduledBy;
    touch(place.execution, 'workflowTask');
    touch(place.execution, 'workflowExecution');
    bumpVisibility(run, place);
  },
};

export const handle: Handle<'ImportWorkflowExecution'> = {
  /** The door has seen that the events make a run. */
  ImportWorkflowExecution(t, { runId, history }) {
    if (isOpen(t.execution.run))
      throw new ServiceError(
        'ALREADY_EXISTS',
        `workflow ${t.execution.workflowId} is running: a run is imported under an id that no open run has`,
      );
    const known = findHead(t, runId);
    if (known?.imported) return { runId };
    if (known) throw new ServiceError('ALREADY_EXISTS', `run ${runId} is here already`);
    t.startImported(runId, history.events);
    return { runId };
  },
};

function findHead(t: Transition, runId: string): RunHead | undefined {
  for (let runNumber = t.execution.runNumber; runNumber >= 0; runNumber--) {
    const head = headOf(t.log(runNumber));
    if (head?.runId === runId) return head;
  }
  return undefined;
}

/**
 * What can be seen of events without making a run of them.
 * @returns the run id, by default the one that the first event was written under
 * @throws ServiceError INVALID_ARGUMENT
 */
export function checkImported(events: HistoryEvent[], runId: string | undefined): string {
  events.forEach((event, i) => {
    if (!historyEventName(event.eventType))
      throw invalidArgument(`history.events[${i}].eventType: ${event.eventType} is not known to this engine`);
    if (event.eventId !== String(i + 1))
      throw invalidArgument(`history.events[${i}].eventId: expected ${i + 1}, not ${event.eventId}`);
  });
  const [first] = events;
  if (!first || historyEventName(first.eventType) !== 'WorkflowExecutionStarted')
    throw invalidArgument('history.events: must begin with WorkflowExecutionStarted');
  const found = runId || attributesOf(first, 'WorkflowExecutionStarted').originalExecutionRunId;
  checkName('runId', found);
  return found;
}
