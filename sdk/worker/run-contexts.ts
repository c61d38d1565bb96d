/** For what the payloads in the events and commands of one run are: payload codecs are told. */

import { type Command, type CommandName, commandAttributesOf, commandName } from '../common/command.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../common/history.ts';
import type { ContextInside } from '../common/payload-codec.ts';
import {
  activityContext,
  type SerializationContext,
  workflowContext,
} from '../common/serialization-context.ts';
import { localRecordOf } from '../workflow/runtime/local-marker.ts';

/** The run itself: what is for nobody else is for it. What it starts and signals is in its own namespace. */
export interface RunContext {
  namespace: string;
  workflowId: string;
}

/** Remembers the activities whose outcome has yet to come: events must be shown to it in their order. */
export function runContexts(run: RunContext): ContextInside {
  const activities = new Map<string, SerializationContext>();
  return (object, outer) => {
    if (typeof object.eventType === 'string')
      return ofEvent(object as unknown as HistoryEvent, run, activities) ?? outer;
    if (typeof object.commandType === 'string') return ofCommand(object as unknown as Command, run) ?? outer;
    return outer;
  };
}

function ofEvent(
  event: HistoryEvent,
  run: RunContext,
  activities: Map<string, SerializationContext>,
): SerializationContext | undefined {
  const name = historyEventName(event.eventType);
  switch (name) {
    case 'ActivityTaskScheduled': {
      const context = ofActivity(run, attributesOf(event, name).activityId);
      activities.set(event.eventId, context);
      return context;
    }
    case 'ActivityTaskStarted':
      return activities.get(attributesOf(event, name).scheduledEventId);
    case 'ActivityTaskCompleted':
    case 'ActivityTaskFailed':
    case 'ActivityTaskTimedOut':
    case 'ActivityTaskCanceled': {
      const { scheduledEventId } = attributesOf(event, name);
      const context = activities.get(scheduledEventId);
      activities.delete(scheduledEventId);
      return context;
    }
    case 'MarkerRecorded':
      return ofMarker(attributesOf(event, name), run);
    case 'StartChildWorkflowExecutionInitiated':
      return workflowContext(run.namespace, attributesOf(event, name).workflowId);
    case 'ChildWorkflowExecutionCompleted':
    case 'ChildWorkflowExecutionFailed':
    case 'ChildWorkflowExecutionCanceled':
    case 'SignalExternalWorkflowExecutionInitiated':
      return workflowContext(run.namespace, attributesOf(event, name).workflowExecution.workflowId);
    default:
      return undefined;
  }
}

function ofCommand(command: Command, run: RunContext): SerializationContext | undefined {
  const name: CommandName | undefined = commandName(command.commandType);
  switch (name) {
    case 'ScheduleActivityTask':
      return ofActivity(run, commandAttributesOf(command, name).activityId);
    case 'RecordMarker':
      return ofMarker(commandAttributesOf(command, name), run);
    case 'StartChildWorkflowExecution':
      return workflowContext(run.namespace, commandAttributesOf(command, name).workflowId);
    case 'SignalExternalWorkflowExecution':
      return workflowContext(run.namespace, commandAttributesOf(command, name).execution.workflowId);
    default:
      return undefined;
  }
}

/** Markers that are none of a local activity are the workflow's. */
function ofMarker(
  marker: Parameters<typeof localRecordOf>[0],
  run: RunContext,
): SerializationContext | undefined {
  const record = localRecordOf(marker);
  return record && ofActivity(run, record.activityId, true);
}

const ofActivity = (
  { namespace, workflowId }: RunContext,
  activityId: string,
  isLocal = false,
): SerializationContext => activityContext({ namespace, workflowId, activityId }, isLocal);
