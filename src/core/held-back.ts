/**
 * What arrives while a workflow task is started: durable and acknowledged at once, in history only when the task
 * closes, because nothing may stand between a WorkflowTaskStarted and its close. What it decides (a timer is over, an
 * activity has its outcome) is decided at once.
 */

import {
  type EventTraits,
  type HeldBackEvent,
  type HistoryEventAttributes,
  historyEvents,
} from '../../sdk/common/history.ts';
import * as activity from './activity.ts';
import * as childWorkflow from './child-workflow.ts';
import * as externalWorkflow from './external-workflow.ts';
import type { Apply, CommandBatch, Place } from './noun.ts';
import type { RunState } from './state.ts';
import * as timer from './timer.ts';
import type { Transition } from './transition.ts';
import * as versioning from './versioning.ts';
import * as pause from './workflow-pause.ts';

const activityOutcomes = {
  ActivityTaskCompleted: true,
  ActivityTaskFailed: true,
  ActivityTaskTimedOut: true,
  ActivityTaskCanceled: true,
};

type HoldBack = (run: RunState, attributes: unknown, place: Pick<Place, 'execution'>) => void;

/** Read when it is needed: these files and this one import each other. */
function familyOutcome(name: string): HoldBack | undefined {
  const { holdBack: ofChildren } = childWorkflow;
  const { holdBack: ofExternals } = externalWorkflow;
  return ({ ...ofChildren, ...ofExternals } as Record<string, HoldBack>)[name];
}

export const apply: Apply<'EventHeldBack'> = {
  EventHeldBack(run, held, { execution, time }) {
    run.heldBack.push(held);
    const { name, attributes } = held;
    if (name === 'TimerFired') {
      timer.holdBack(execution, run, attributes.timerId, Number(attributes.startedEventId));
    } else if (name === 'WorkflowExecutionCancelRequested') {
      run.cancelRequested = true;
    } else if (name === 'WorkflowExecutionOptionsUpdated') {
      versioning.holdBack(run, attributes, { execution, time });
    } else if (name === 'WorkflowExecutionPaused' || name === 'WorkflowExecutionUnpaused') {
      pause.holdBack[name](run, attributes, { execution, time });
    } else if (name in activityOutcomes && 'scheduledEventId' in attributes) {
      activity.holdBack(run, Number(attributes.scheduledEventId), { execution });
    } else {
      familyOutcome(name)?.(run, attributes, { execution });
    }
  },
};

/** The workflow is not told of these. */
const unnoticed = ['WorkflowExecutionOptionsUpdated', 'WorkflowExecutionPaused', 'WorkflowExecutionUnpaused'];

/** Would closing the run now lose something that the workflow has not seen? */
export function losesUnseen(run: RunState, { canceledFirings }: CommandBatch): boolean {
  return run.heldBack.some(
    ({ name, attributes }) =>
      !(name === 'TimerFired' && canceledFirings.has(attributes.timerId)) && !unnoticed.includes(name),
  );
}

/**
 * Held-back events enter history: completions last, otherwise in the order of their arrival. The outcome of an activity
 * or child learns here which event id its Started event got; a firing whose timer the task canceled is dropped.
 */
export function flush(t: Transition, heldBack: HeldBackEvent[]): void {
  const isCompletion = ({ name }: HeldBackEvent): boolean =>
    (historyEvents[name] as EventTraits).completion === true;
  const startedEventIds = new Map<string, string>();
  for (const held of heldBack) if (!isCompletion(held)) flushOne(t, held, startedEventIds);
  for (const held of heldBack) if (isCompletion(held)) flushOne(t, held, startedEventIds);
}

function flushOne(t: Transition, held: HeldBackEvent, startedEventIds: Map<string, string>): void {
  const { name, attributes } = held;
  if (name === 'TimerFired') {
    const canceled = t.run.firedTimers.get(attributes.timerId) !== Number(attributes.startedEventId);
    if (!canceled) t.append(name, attributes);
  } else if (name === 'ActivityTaskStarted') {
    const { time } = held;
    startedEventIds.set(attributes.scheduledEventId, String(t.append(name, attributes, { time })));
  } else if (name === 'ChildWorkflowExecutionStarted') {
    startedEventIds.set(attributes.initiatedEventId, String(t.append(name, attributes)));
  } else if (name in activityOutcomes) {
    const outcome = attributes as HistoryEventAttributes['ActivityTaskCompleted'];
    const startedEventId = startedEventIds.get(outcome.scheduledEventId) ?? '0';
    t.append(name, { ...outcome, startedEventId });
  } else if ('startedEventId' in attributes && 'initiatedEventId' in attributes) {
    const startedEventId = startedEventIds.get(attributes.initiatedEventId) ?? attributes.startedEventId;
    t.append(name, { ...attributes, startedEventId } as HistoryEventAttributes[typeof name]);
  } else {
    t.append(name, attributes);
  }
}
