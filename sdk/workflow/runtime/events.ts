/** What each event does to a run: it meets the command it records, or brings something to deliver in the next task. */

import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
} from '../../common/history.ts';
import { activityClosed, activityStarted } from './activity.ts';
import { childClosed, childStarted, childStartFailed } from './child.ts';
import type { WorkflowContext } from './context.ts';
import { externalSettled } from './external.ts';
import { SeededRandom } from './random.ts';
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
  WorkflowExecutionContinuedAsNew: record('WorkflowExecutionContinuedAsNew'),
  WorkflowExecutionTimedOut: nothing,
  WorkflowExecutionTerminated: nothing,
  WorkflowExecutionCancelRequested: (context) => {
    context.resolutions.push(() => {
      context.cancelRequested = true;
      context.rootScope.cancel();
    });
  },
  WorkflowExecutionSignaled: (context, _event, attributes) => {
    context.messages.push(() => context.handlers.signal(attributes));
  },
  WorkflowExecutionOptionsUpdated: nothing,
  WorkflowExecutionPaused: nothing,
  WorkflowExecutionUnpaused: nothing,
  WorkflowTaskScheduled: nothing,
  WorkflowTaskStarted: nothing,
  WorkflowTaskCompleted: nothing,
  WorkflowTaskTimedOut: nothing,
  WorkflowTaskFailed: (context, _event, attributes) => {
    // A reset: from here on the run draws from its own run id.
    const { cause, newRunId } = attributes as typeof attributes & { newRunId?: string };
    if (cause === 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW' && newRunId) {
      context.random = new SeededRandom(newRunId);
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
  WorkflowPropertiesModified: record('WorkflowPropertiesModified'),
  StartChildWorkflowExecutionInitiated: record('StartChildWorkflowExecutionInitiated'),
  StartChildWorkflowExecutionFailed: childStartFailed,
  ChildWorkflowExecutionStarted: childStarted,
  ChildWorkflowExecutionCompleted: (c, event, attributes) =>
    childClosed(c, event, 'ChildWorkflowExecutionCompleted', attributes),
  ChildWorkflowExecutionFailed: (c, event, attributes) =>
    childClosed(c, event, 'ChildWorkflowExecutionFailed', attributes),
  ChildWorkflowExecutionCanceled: (c, event, attributes) =>
    childClosed(c, event, 'ChildWorkflowExecutionCanceled', attributes),
  ChildWorkflowExecutionTimedOut: (c, event, attributes) =>
    childClosed(c, event, 'ChildWorkflowExecutionTimedOut', attributes),
  ChildWorkflowExecutionTerminated: (c, event, attributes) =>
    childClosed(c, event, 'ChildWorkflowExecutionTerminated', attributes),
  SignalExternalWorkflowExecutionInitiated: record('SignalExternalWorkflowExecutionInitiated'),
  SignalExternalWorkflowExecutionFailed: (c, event, { initiatedEventId, cause }) =>
    externalSettled(c, event, initiatedEventId, { failedCause: cause }),
  ExternalWorkflowExecutionSignaled: (c, event, { initiatedEventId }) =>
    externalSettled(c, event, initiatedEventId, {}),
  RequestCancelExternalWorkflowExecutionInitiated: record('RequestCancelExternalWorkflowExecutionInitiated'),
  RequestCancelExternalWorkflowExecutionFailed: (c, event, { initiatedEventId, cause }) =>
    externalSettled(c, event, initiatedEventId, { failedCause: cause }),
  ExternalWorkflowExecutionCancelRequested: (c, event, { initiatedEventId }) =>
    externalSettled(c, event, initiatedEventId, {}),
  WorkflowExecutionUpdateAccepted: record('WorkflowExecutionUpdateAccepted'),
  WorkflowExecutionUpdateCompleted: record('WorkflowExecutionUpdateCompleted'),
};

/** Applies any event but the first. */
export function applyEvent(context: WorkflowContext, event: HistoryEvent, name: HistoryEventName): void {
  if (name === 'WorkflowExecutionStarted')
    throw new Error(`Event ${event.eventId} starts a run that has started.`);
  const apply = appliers[name] as Applier<HistoryEventName>;
  apply(context, event, attributesOf(event, name));
}
