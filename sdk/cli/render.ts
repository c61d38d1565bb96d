/** How the command line shows things: tables, history, payloads, errors. Text in, text out. */

import { createColors } from 'picocolors';
import { isGrpcServiceError, type WorkflowExecutionDescription } from '../client/index.ts';
import { defaultFailureConverter } from '../common/data-converter.ts';
import type { Failure } from '../common/failure.ts';
import {
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
} from '../common/history.ts';
import { dollarsOf, type OperationCounts } from '../common/operations.ts';
import { defaultPayloadConverter, fromPayloadsJson, type PayloadsJson } from '../common/payload.ts';
import type { PendingActivityInfo, PendingTimerInfo } from '../common/service.ts';

export type Colors = ReturnType<typeof createColors>;
export const plain: Colors = createColors(false);

const MAX_VALUE_LENGTH = 120;
/** A run may have thousands. */
const MAX_TIMERS = 20;

/** Rows with aligned columns, two spaces apart; no trailing blanks. */
export function table(rows: string[][]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Values in one line, shortened. Payloads that are not JSON are named by their size. */
export function showPayloads(payloads: PayloadsJson | undefined): string {
  if (!payloads?.payloads?.length) return '';
  let text: string;
  try {
    text = fromPayloadsJson(defaultPayloadConverter, payloads).map(showValue).join(', ');
  } catch {
    const bytes = payloads.payloads.reduce((sum, p) => sum + Math.floor(((p.data?.length ?? 0) * 3) / 4), 0);
    text = `<${bytes} bytes, encoded>`;
  }
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 1)}…` : text;
}

function showValue(value: unknown): string {
  return value instanceof Uint8Array ? `<${value.length} bytes>` : (JSON.stringify(value) ?? 'undefined');
}

function errorOf(failure: Failure): Error {
  try {
    return defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
  } catch {
    // Payloads that only others can read: what is readable is shown.
    return new Error(failure.message ?? '', failure.cause && { cause: errorOf(failure.cause) });
  }
}

/** A failure and its causes in one line. */
export function showFailure(failure: Failure | undefined): string {
  return failure ? errorLines(errorOf(failure)).join(' ← ') : '';
}

/** An error and its causes, outermost first; a cause that only repeats what stands before it is left out. */
export function errorLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    const type = (e as { type?: unknown }).type;
    const kind = typeof type === 'string' && type !== '' && type !== 'Error' ? `${type}: ` : '';
    const line = `${kind}${e.message || e.name}`;
    if (!lines.some((l) => l.includes(e.message) && e.message !== '')) lines.push(line);
    if (isGrpcServiceError(e)) break;
  }
  return lines.length > 0 ? lines : [String(error)];
}

type Details = { [N in HistoryEventName]?: (attributes: HistoryEventAttributes[N]) => string };

/** What is worth a look in each kind of event; kinds without an entry say it all by their name. */
const details: Details = {
  WorkflowExecutionStarted: (a) => `${a.workflowType.name}(${showPayloads(a.input)}) on ${a.taskQueue.name}`,
  WorkflowExecutionCompleted: (a) => showPayloads(a.result),
  WorkflowExecutionFailed: (a) => showFailure(a.failure),
  WorkflowExecutionCanceled: (a) => showPayloads(a.details),
  WorkflowExecutionTerminated: (a) => a.reason ?? '',
  WorkflowExecutionSignaled: (a) => `${a.signalName}(${showPayloads(a.input)})`,
  WorkflowTaskFailed: (a) => [shortName(a.cause), showFailure(a.failure)].filter(Boolean).join(': '),
  WorkflowTaskTimedOut: (a) => shortName(a.timeoutType),
  ActivityTaskScheduled: (a) => `${a.activityType.name}(${showPayloads(a.input)})`,
  ActivityTaskStarted: (a) =>
    [`attempt ${a.attempt}`, a.lastFailure && `after: ${showFailure(a.lastFailure)}`]
      .filter(Boolean)
      .join(', '),
  ActivityTaskCompleted: (a) => showPayloads(a.result),
  ActivityTaskFailed: (a) => showFailure(a.failure),
  ActivityTaskTimedOut: (a) => showFailure(a.failure),
  ActivityTaskCanceled: (a) => showPayloads(a.details),
  TimerStarted: (a) => `timer ${a.timerId}, ${a.startToFireTimeout}`,
  TimerFired: (a) => `timer ${a.timerId}`,
  TimerCanceled: (a) => `timer ${a.timerId}`,
  MarkerRecorded: (a) => a.markerName,
  WorkflowExecutionContinuedAsNew: (a) => `${a.workflowType.name}(${showPayloads(a.input)})`,
  StartChildWorkflowExecutionInitiated: (a) =>
    `${a.workflowType.name}(${showPayloads(a.input)}) as ${a.workflowId}`,
  StartChildWorkflowExecutionFailed: (a) => `${a.workflowId}: ${shortName(a.cause)}`,
  ChildWorkflowExecutionStarted: (a) => a.workflowExecution.workflowId,
  ChildWorkflowExecutionCompleted: (a) => `${a.workflowExecution.workflowId}: ${showPayloads(a.result)}`,
  ChildWorkflowExecutionFailed: (a) => `${a.workflowExecution.workflowId}: ${showFailure(a.failure)}`,
  ChildWorkflowExecutionCanceled: (a) => a.workflowExecution.workflowId,
  ChildWorkflowExecutionTimedOut: (a) => a.workflowExecution.workflowId,
  ChildWorkflowExecutionTerminated: (a) => a.workflowExecution.workflowId,
  SignalExternalWorkflowExecutionInitiated: (a) =>
    `${a.signalName}(${showPayloads(a.input)}) to ${a.workflowExecution.workflowId}`,
  SignalExternalWorkflowExecutionFailed: (a) => `${a.workflowExecution.workflowId}: ${shortName(a.cause)}`,
  ExternalWorkflowExecutionSignaled: (a) => a.workflowExecution.workflowId,
  RequestCancelExternalWorkflowExecutionInitiated: (a) => a.workflowExecution.workflowId,
  RequestCancelExternalWorkflowExecutionFailed: (a) =>
    `${a.workflowExecution.workflowId}: ${shortName(a.cause)}`,
  ExternalWorkflowExecutionCancelRequested: (a) => a.workflowExecution.workflowId,
  WorkflowExecutionUpdateAccepted: ({ acceptedRequest: { input } }) =>
    `${input.name}(${showPayloads(input.args)})`,
  WorkflowExecutionUpdateCompleted: ({ outcome }) =>
    'failure' in outcome ? showFailure(outcome.failure) : showPayloads(outcome.success),
};

/** `WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR` → `NON_DETERMINISTIC_ERROR`. */
function shortName(wire: string): string {
  return wire.replace(/^(?:[A-Z_]+_FAILED_CAUSE|TIMEOUT_TYPE)_/, '');
}

export function eventDetails(event: HistoryEvent): string {
  const name = historyEventName(event.eventType);
  if (!name) return '';
  const attributes = Object.entries(event).find(([key]) => key.endsWith('EventAttributes'))?.[1];
  const show = details[name] as ((attributes: unknown) => string) | undefined;
  return show ? show(attributes) : '';
}

const ID_WIDTH = 5;
const DATE_WIDTH = '2026-01-01 '.length;
const TIME_WIDTH = '00:00:00.000'.length;
/** Wide enough for all but a few names. */
const TYPE_WIDTH = 'StartChildWorkflowExecutionInitiated'.length;

/**
 * Prints a history as a table, in as many parts as it comes; the heading is before the first. The date stands where
 * it is another than the event's before. A type too long for its column widens it from that part on.
 */
export function eventPrinter(colors: Colors = plain): (events: HistoryEvent[]) => string {
  let typeWidth = TYPE_WIDTH;
  let date = '';
  let begun = false;
  return (events) => {
    typeWidth = Math.max(typeWidth, ...events.map((event) => nameOf(event).length));
    const lines = events.map((event) => {
      const name = nameOf(event);
      const [day = '', time = ''] = event.eventTime.split('T');
      const when = day === date ? '' : day;
      date = day;
      return [
        event.eventId.padStart(ID_WIDTH),
        colors.dim(when.padEnd(DATE_WIDTH) + time.slice(0, TIME_WIDTH).padEnd(TIME_WIDTH)),
        colorOf(name, colors)(name.padEnd(typeWidth)),
        eventDetails(event),
      ]
        .join('  ')
        .trimEnd();
    });
    if (!begun) lines.unshift(heading(typeWidth, colors));
    begun = true;
    return lines.join('\n');
  };
}

const nameOf = ({ eventType }: HistoryEvent): string => historyEventName(eventType) ?? eventType;

function heading(typeWidth: number, colors: Colors): string {
  const time = 'Time (UTC)'.padEnd(DATE_WIDTH + TIME_WIDTH);
  return colors.dim(`${'ID'.padStart(ID_WIDTH)}  ${time}  ${'Type'.padEnd(typeWidth)}  Details`);
}

function colorOf(name: string, colors: Colors): (text: string) => string {
  if (/(?:Failed|TimedOut|Terminated)$/.test(name)) return colors.red;
  if (/(?:Canceled|CancelRequested)$/.test(name)) return colors.yellow;
  if (/^(?:Activity|ChildWorkflow|WorkflowExecution).*Completed$/.test(name)) return colors.green;
  return name.startsWith('WorkflowTask') ? colors.dim : (text) => text;
}

/** The whole history as a table. */
export function historyTable(events: HistoryEvent[], colors: Colors = plain): string {
  return eventPrinter(colors)(events);
}

export function problemLines(problems: string[] | undefined, colors: Colors = plain): string[] {
  return (problems ?? []).map((problem) => colors.yellow(`! ${problem}`));
}

/** What is not in a description as it comes. */
export interface AlsoDescribed {
  summary: string | undefined;
  details: string | undefined;
  /** How a closed run ended. */
  outcome: [title: string, text: string] | undefined;
}

/** What `workflow describe` prints. */
export function descriptionText(
  description: WorkflowExecutionDescription,
  { summary, details, outcome }: AlsoDescribed,
  colors: Colors = plain,
): string {
  const { raw, memo = {} } = description;
  const rows = [
    ['Workflow', description.workflowId],
    ['Run', description.runId],
    ['Type', description.type],
    ...(summary ? [['Summary', summary]] : []),
    ['Task queue', description.taskQueue],
    ['Status', description.status.name],
    ...(description.parentExecution ? [['Parent', description.parentExecution.workflowId]] : []),
    ['Started', description.startTime.toISOString()],
    ...(description.closeTime ? [['Closed', description.closeTime.toISOString()]] : []),
    ['Events', String(description.historyLength)],
    ...(raw.operations ? [['Cost', costText(raw.operations)]] : []),
    ...pairs('Search attributes', singles(description.searchAttributes)),
    ...pairs('Memo', memo),
    ...(outcome ? [outcome] : []),
  ];
  const { pendingWorkflowTask: task, pendingActivities, pendingChildren, pendingTimers } = raw;
  const sections = [table(rows)];
  if (details) sections.push(`Details:\n${details.replace(/^/gm, '  ')}`);
  if (task) {
    const waiting = [task.waitingReason, task.lastFailure && showFailure(task.lastFailure)].filter(Boolean);
    const state = task.state.replace('PENDING_WORKFLOW_TASK_STATE_', '').toLowerCase();
    sections.push(`Workflow task: ${[`${state}, attempt ${task.attempt}`, ...waiting].join('; ')}`);
  }
  if (pendingActivities?.length) {
    sections.push(
      ['Pending activities:', ...pendingActivities.map((a) => `  ${pendingActivityText(a)}`)].join('\n'),
    );
  }
  if (pendingChildren?.length) {
    const children = pendingChildren.map((c) => `  ${c.workflowId} ${c.workflowTypeName}`);
    sections.push(['Pending children:', ...children].join('\n'));
  }
  if (pendingTimers?.length) sections.push(pendingTimersText(pendingTimers));
  const problems = problemLines(raw.problems, colors);
  if (raw.problems?.some((problem) => problem.includes('NON_DETERMINISTIC_ERROR')))
    problems.push(
      `\`perdure workflow replay -w ${description.workflowId} --workflows FILE\` names the line of the code.`,
    );
  if (problems.length > 0) sections.push(problems.join('\n'));
  return sections.join('\n\n');
}

/** Each in a row of its own, the first behind the title. */
function pairs(title: string, values: Readonly<Record<string, unknown>>): string[][] {
  return Object.entries(values).map(([key, value], i) => [
    i === 0 ? title : '',
    `${key}=${showValue(value)}`,
  ]);
}

/** All but lists of keywords have one value. */
function singles(attributes: WorkflowExecutionDescription['searchAttributes']): Record<string, unknown> {
  const shown = Object.entries(attributes).map(([name, values]) => [
    name,
    values?.length === 1 ? values[0] : values,
  ]);
  return Object.fromEntries(shown) as Record<string, unknown>;
}

/** What the object did behind its last row is forgotten when it leaves memory. */
function costText(counts: OperationCounts): string {
  const { rowsWritten, objectRequests, queueOperations } = counts;
  const cost = `at least $${dollarsOf(counts).toFixed(7)}`;
  return `${cost}: ${rowsWritten} rows written, ${objectRequests} object requests, ${queueOperations} queue operations`;
}

function pendingTimersText(timers: PendingTimerInfo[]): string {
  const shown = timers
    .slice(0, MAX_TIMERS)
    .map(({ timerId, fireTime }) => `  timer ${timerId}, fires at ${fireTime}`);
  const more = timers.length > MAX_TIMERS ? [`  and ${timers.length - MAX_TIMERS} more`] : [];
  return ['Pending timers:', ...shown, ...more].join('\n');
}

/** Id, type, state, attempt and last failure: cells of a table. */
export function pendingActivityRow(activity: PendingActivityInfo): string[] {
  const { activityId, activityType, attempt, lastFailure } = activity;
  return [activityId, activityType.name, stateText(activity), String(attempt), showFailure(lastFailure)];
}

const stateText = ({ state }: PendingActivityInfo): string =>
  state.replace('PENDING_ACTIVITY_STATE_', '').toLowerCase().replace('_', ' ');

export function pendingActivityText(activity: PendingActivityInfo): string {
  const { maximumAttempts, nextAttemptScheduleTime, lastFailure, waitingReason } = activity;
  return [
    `${activity.activityId} ${activity.activityType.name}`,
    stateText(activity),
    `attempt ${activity.attempt}${maximumAttempts ? ` of ${maximumAttempts}` : ''}`,
    nextAttemptScheduleTime && `next at ${nextAttemptScheduleTime}`,
    waitingReason,
    lastFailure && `last failure: ${showFailure(lastFailure)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
