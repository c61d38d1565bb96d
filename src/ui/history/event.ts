/** One event, as a line that a person can read. Pure. */

import type { Failure } from '../../../sdk/common/failure.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
} from '../../../sdk/common/history.ts';
import { duration, durationMs, sentence, words } from '../format.ts';
import { payloadLine } from '../payload.ts';

/** An event of a newer engine keeps the name that it came with. */
export function eventTitle(event: HistoryEvent): string {
  const name = historyEventName(event.eventType);
  if (resetBase(event)) return 'Reset';
  return name ? sentence(name) : words(event.eventType, 'EVENT_TYPE_');
}

/** Of the failed workflow task that a reset leaves in history: the run that it goes on from. */
export function resetBase(event: HistoryEvent): string | undefined {
  if (event.eventType !== 'EVENT_TYPE_WORKFLOW_TASK_FAILED') return undefined;
  const { cause, baseRunId } = attributesOf(event, 'WorkflowTaskFailed') as {
    cause: string;
    baseRunId?: string;
  };
  return cause === 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW' ? (baseRunId ?? 'an earlier one') : undefined;
}

export function eventAttributes(event: HistoryEvent): Record<string, unknown> {
  const [, attributes] = Object.entries(event).find(([key]) => key.endsWith('EventAttributes')) ?? [];
  return (attributes ?? {}) as Record<string, unknown>;
}

/** The failure that says most: the innermost one. */
export function rootMessage(failure: Failure | undefined): string {
  let innermost = failure;
  while (innermost?.cause) innermost = innermost.cause;
  return innermost?.message || failure?.message || 'a failure without a message';
}

/**
 * What a failure says, from what failed down to why. That an activity or a child failed is not said where its cause says why, but which one it
 * was; what is repeated is said once.
 */
export function failureMessages(failure: Failure | undefined): string[] {
  const messages: string[] = [];
  let place = '';
  for (let one = failure; one; one = one.cause) {
    const { message, cause } = one;
    const within = placeOf(one);
    if (cause && within) {
      place = ` (${within})`;
      continue;
    }
    if (message && !messages.some((said) => said.includes(message))) messages.push(`${message}${place}`);
    place = '';
  }
  return messages.length > 0 ? messages : [rootMessage(failure)];
}

/** What failed within the workflow, where this failure is of an activity or of a child. */
function placeOf({
  activityFailureInfo,
  childWorkflowExecutionFailureInfo: child,
}: Failure): string | undefined {
  if (activityFailureInfo) return `activity ${activityFailureInfo.activityType?.name ?? ''}`.trim();
  if (child) return `child ${child.workflowExecution?.workflowId ?? child.workflowType?.name ?? ''}`.trim();
  return undefined;
}

const span = (json: string | undefined): string => duration(durationMs(json) ?? 0);

type Details = { [N in HistoryEventName]?: (attributes: HistoryEventAttributes[N]) => string };

const details: Details = {
  WorkflowExecutionStarted: (a) => `${a.workflowType.name}(${payloadLine(a.input?.payloads, 80)})`,
  WorkflowExecutionCompleted: (a) => payloadLine(a.result?.payloads),
  WorkflowExecutionFailed: (a) => failureMessages(a.failure).join(' ← '),
  WorkflowExecutionTerminated: (a) => a.reason ?? '',
  WorkflowExecutionContinuedAsNew: (a) => `as run ${a.newExecutionRunId}`,
  WorkflowExecutionCancelRequested: (a) => a.cause ?? '',
  WorkflowExecutionSignaled: (a) => `${a.signalName}(${payloadLine(a.input?.payloads, 80)})`,
  WorkflowTaskScheduled: (a) => `on ${a.taskQueue.name}`,
  WorkflowTaskStarted: (a) => (a.identity ? `by ${a.identity}` : ''),
  WorkflowTaskFailed: (a) =>
    `${words(a.cause, 'WORKFLOW_TASK_FAILED_CAUSE_')}${a.failure ? `: ${rootMessage(a.failure)}` : ''}`,
  ActivityTaskScheduled: (a) => `${a.activityType.name}(${payloadLine(a.input?.payloads, 80)})`,
  ActivityTaskStarted: (a) => `attempt ${a.attempt}${a.identity ? ` by ${a.identity}` : ''}`,
  ActivityTaskCompleted: (a) => payloadLine(a.result?.payloads),
  ActivityTaskFailed: (a) => rootMessage(a.failure),
  ActivityTaskTimedOut: (a) => rootMessage(a.failure),
  TimerStarted: (a) => `${a.timerId}, ${span(a.startToFireTimeout)}`,
  TimerFired: (a) => a.timerId,
  TimerCanceled: (a) => a.timerId,
  MarkerRecorded: (a) => a.markerName,
  UpsertWorkflowSearchAttributes: (a) => Object.keys(a.searchAttributes.indexedFields ?? {}).join(', '),
  WorkflowPropertiesModified: (a) => Object.keys(a.upsertedMemo?.fields ?? {}).join(', '),
  StartChildWorkflowExecutionInitiated: (a) => `${a.workflowType.name}, ${a.workflowId}`,
  StartChildWorkflowExecutionFailed: (a) =>
    `${a.workflowId}: ${words(a.cause, 'START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_')}`,
  ChildWorkflowExecutionStarted: (a) => a.workflowExecution.workflowId,
  ChildWorkflowExecutionCompleted: (a) => payloadLine(a.result?.payloads),
  ChildWorkflowExecutionFailed: (a) => rootMessage(a.failure),
  SignalExternalWorkflowExecutionInitiated: (a) => `${a.signalName} to ${a.workflowExecution.workflowId}`,
  ExternalWorkflowExecutionSignaled: (a) => a.workflowExecution.workflowId,
  RequestCancelExternalWorkflowExecutionInitiated: (a) => a.workflowExecution.workflowId,
  ExternalWorkflowExecutionCancelRequested: (a) => a.workflowExecution.workflowId,
  WorkflowExecutionUpdateAccepted: (a) =>
    `${a.acceptedRequest.input.name}(${payloadLine(a.acceptedRequest.input.args?.payloads, 80)})`,
  WorkflowExecutionUpdateCompleted: ({ outcome }) =>
    'success' in outcome ? payloadLine(outcome.success.payloads) : rootMessage(outcome.failure),
};

export function eventDetail(event: HistoryEvent): string {
  const base = resetBase(event);
  if (base !== undefined) {
    const { failure } = attributesOf(event, 'WorkflowTaskFailed');
    return `from run ${base}${failure?.message ? `: ${failure.message}` : ''}`;
  }
  const name = historyEventName(event.eventType);
  return name ? detailOf(event, name) : '';
}

function detailOf<N extends HistoryEventName>(event: HistoryEvent, name: N): string {
  return details[name]?.(attributesOf(event, name)) ?? '';
}

const BAD = /FAILED|TIMED_OUT|TERMINATED/;
const GOOD = /COMPLETED|FIRED/;

/** The colour of the event. */
export function eventTone(event: HistoryEvent): string {
  const { eventType } = event;
  if (resetBase(event) !== undefined) return 'canceled';
  if (BAD.test(eventType)) return 'failed';
  if (eventType.includes('WORKFLOW_TASK')) return 'quiet';
  if (eventType.includes('CANCEL')) return 'canceled';
  if (GOOD.test(eventType)) return 'completed';
  return /SIGNAL|UPDATE/.test(eventType) ? 'message' : 'running';
}
