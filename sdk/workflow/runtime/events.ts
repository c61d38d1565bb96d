/** What each event does to a run: it meets the command it records, or brings something to deliver in the next task. */

import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
} from '../../common/history.ts';
import { activityClosed, activityStarted } from './activity.ts';
import type { WorkflowContext } from './context.ts';
import { SeededRandom, seedOf } from './random.ts';
import { timerFired } from './timer.ts';

type Applier<N extends HistoryEventName> = (
  context: WorkflowContext,
  event: HistoryEvent,
  attributes: HistoryEventAttributes[N],
) => void;

const nothing = (): void => undefined;
const record =
  (name: HistoryEventName) =>
  (context: WorkflowContext, event: HistoryEvent): void =>
    context.commands.record(event, name);

const appliers: { [N in Exclude<HistoryEventName, 'WorkflowExecutionStarted'>]: Applier<N> } = {
  WorkflowExecutionCompleted: record('WorkflowExecutionCompleted'),
  WorkflowExecutionFailed: record('WorkflowExecutionFailed'),
  WorkflowExecutionCanceled: record('WorkflowExecutionCanceled'),
  WorkflowExecutionTimedOut: nothing,
  WorkflowExecutionTerminated: nothing,
  WorkflowExecutionCancelRequested: (context) => {
    context.resolutions.push(() => {
      context.cancelRequested = true;
      context.rootScope.cancel();
    });
  },
  WorkflowExecutionSignaled: (context, _event, attributes) => {
    context.signals.push(() => context.handlers.signal(attributes));
  },
  WorkflowTaskScheduled: nothing,
  WorkflowTaskStarted: nothing,
  WorkflowTaskCompleted: nothing,
  WorkflowTaskTimedOut: nothing,
  WorkflowTaskFailed: (context, _event, attributes) => {
    // A reset: from here on the run draws from its own run id.
    const { cause, newRunId } = attributes as typeof attributes & { newRunId?: string };
    if (cause === 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW' && newRunId) {
      context.random = new SeededRandom(seedOf(newRunId));
    }
  },
  ActivityTaskScheduled: record('ActivityTaskScheduled'),
  ActivityTaskStarted: activityStarted,
  ActivityTaskCompleted: (c, event, attributes) =>
    activityClosed(c, event, 'ActivityTaskCompleted', attributes),
  ActivityTaskFailed: (c, event, attributes) => activityClosed(c, event, 'ActivityTaskFailed', attributes),
  ActivityTaskTimedOut: (c, event, attributes) =>
    activityClosed(c, event, 'ActivityTaskTimedOut', attributes),
  ActivityTaskCanceled: (c, event, attributes) =>
    activityClosed(c, event, 'ActivityTaskCanceled', attributes),
  ActivityTaskCancelRequested: record('ActivityTaskCancelRequested'),
  TimerStarted: record('TimerStarted'),
  TimerFired: timerFired,
  TimerCanceled: record('TimerCanceled'),
  MarkerRecorded: record('MarkerRecorded'),
  UpsertWorkflowSearchAttributes: record('UpsertWorkflowSearchAttributes'),
};

/** Applies any event but the first. */
export function applyEvent(context: WorkflowContext, event: HistoryEvent, name: HistoryEventName): void {
  if (name === 'WorkflowExecutionStarted')
    throw new Error(`Event ${event.eventId} starts a run that has started.`);
  const apply = appliers[name] as Applier<HistoryEventName>;
  apply(context, event, attributesOf(event, name));
}
