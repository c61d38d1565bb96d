/**
 * Events → items: what a person calls one thing. An activity is one item from its schedule to its end, however many
 * events that takes. Pure; events come in pieces, as they happen.
 */

import type { Failure } from '../../../sdk/common/failure.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
} from '../../../sdk/common/history.ts';
import type { DescribeWorkflowExecutionReply, PendingActivityInfo } from '../../../sdk/common/service.ts';
import { duration, durationMs, timeMs } from '../format.ts';
import { readPayload } from '../payload.ts';
import { eventDetail, resetBase, rootMessage } from './event.ts';

export type ItemKind =
  | 'workflow'
  | 'activity'
  | 'local'
  | 'timer'
  | 'child'
  | 'signal'
  | 'update'
  | 'external'
  | 'task'
  | 'marker';
export type ItemStatus =
  | 'scheduled'
  | 'running'
  | 'completed'
  | 'failed'
  | 'timedout'
  | 'canceled'
  | 'terminated'
  | 'instant';

export interface Item {
  /** The id of its first event. */
  id: string;
  kind: ItemKind;
  title: string;
  /** Further words: an id, a summary that the workflow gave, a duration. */
  detail: string;
  status: ItemStatus;
  startTime: number;
  /** When a Worker, or a child, began with it. */
  startedTime?: number;
  /** Absent: it is open, or (with `instant`) a moment. */
  endTime?: number;
  attempt?: number;
  failure?: Failure;
  /** When an open one ends by itself: a timer fires. */
  dueTime?: number;
  /** Where it leads: a child. */
  workflow?: { workflowId: string; runId?: string };
  /** Of a pending activity, what the engine says about it now. */
  pending?: PendingActivityInfo;
  events: HistoryEvent[];
}

interface Context {
  event: HistoryEvent;
  time: number;
  begin(item: Pick<Item, 'kind' | 'title'> & Partial<Item>): void;
  /** Adds the event to the item that begins with event `id`. */
  change(id: string | undefined, change: Partial<Item>): void;
}

type Handlers = {
  [N in HistoryEventName]?: (context: Context, attributes: HistoryEventAttributes[N]) => void;
};

const end = (context: Context, id: string, status: ItemStatus, failure?: Failure): void =>
  context.change(id, { status, endTime: context.time, ...(failure && { failure }) });

/** The run itself is the first item; what closes it ends it. */
const RUN = '1';

const workflow: Handlers = {
  WorkflowExecutionStarted: (c, a) =>
    c.begin({ kind: 'workflow', title: a.workflowType.name, detail: '', status: 'running' }),
  WorkflowExecutionCompleted: (c) => end(c, RUN, 'completed'),
  WorkflowExecutionFailed: (c, a) => end(c, RUN, 'failed', a.failure),
  WorkflowExecutionTimedOut: (c) => end(c, RUN, 'timedout'),
  WorkflowExecutionCanceled: (c) => end(c, RUN, 'canceled'),
  WorkflowExecutionTerminated: (c) => end(c, RUN, 'terminated'),
  WorkflowExecutionContinuedAsNew: (c) => end(c, RUN, 'completed'),
  WorkflowExecutionCancelRequested: (c, a) =>
    c.begin({ kind: 'signal', title: 'Cancellation requested', detail: a.cause ?? '', status: 'instant' }),
  WorkflowTaskFailed: (c, a) => {
    // A reset is told by a task that failed; nothing went wrong in it.
    if (resetBase(c.event) !== undefined)
      return c.begin({ kind: 'task', title: 'Reset', detail: eventDetail(c.event), status: 'instant' });
    c.begin({
      kind: 'task',
      title: 'Workflow task failed',
      detail: a.failure ? rootMessage(a.failure) : a.cause,
      status: 'failed',
      endTime: c.time,
      ...(a.failure && { failure: a.failure }),
    });
  },
  WorkflowTaskTimedOut: (c) =>
    c.begin({ kind: 'task', title: 'Workflow task timed out', status: 'timedout', endTime: c.time }),
};

const activities: Handlers = {
  ActivityTaskScheduled: (c, a) =>
    c.begin({
      kind: 'activity',
      title: a.activityType.name,
      detail: `id ${a.activityId}`,
      status: 'scheduled',
    }),
  ActivityTaskStarted: (c, a) =>
    c.change(a.scheduledEventId, {
      startedTime: c.time,
      attempt: a.attempt,
      status: 'running',
      ...(a.lastFailure && { failure: a.lastFailure }),
    }),
  ActivityTaskCompleted: (c, a) => end(c, a.scheduledEventId, 'completed'),
  ActivityTaskFailed: (c, a) => end(c, a.scheduledEventId, 'failed', a.failure),
  ActivityTaskTimedOut: (c, a) => end(c, a.scheduledEventId, 'timedout', a.failure),
  ActivityTaskCancelRequested: (c, a) => c.change(a.scheduledEventId, {}),
  ActivityTaskCanceled: (c, a) => end(c, a.scheduledEventId, 'canceled'),
};

const timers: Handlers = {
  TimerStarted: (c, a) => {
    const length = durationMs(a.startToFireTimeout) ?? 0;
    c.begin({
      kind: 'timer',
      title: 'Timer',
      detail: duration(length),
      status: 'running',
      dueTime: c.time + length,
    });
  },
  TimerFired: (c, a) => end(c, a.startedEventId, 'completed'),
  TimerCanceled: (c, a) => end(c, a.startedEventId, 'canceled'),
};

const children: Handlers = {
  StartChildWorkflowExecutionInitiated: (c, a) =>
    c.begin({
      kind: 'child',
      title: a.workflowType.name,
      detail: a.workflowId,
      status: 'scheduled',
      workflow: { workflowId: a.workflowId },
    }),
  StartChildWorkflowExecutionFailed: (c, a) => end(c, a.initiatedEventId, 'failed', { message: a.cause }),
  ChildWorkflowExecutionStarted: (c, a) =>
    c.change(a.initiatedEventId, { status: 'running', startedTime: c.time, workflow: a.workflowExecution }),
  ChildWorkflowExecutionCompleted: (c, a) => end(c, a.initiatedEventId, 'completed'),
  ChildWorkflowExecutionFailed: (c, a) => end(c, a.initiatedEventId, 'failed', a.failure),
  ChildWorkflowExecutionCanceled: (c, a) => end(c, a.initiatedEventId, 'canceled'),
  ChildWorkflowExecutionTimedOut: (c, a) => end(c, a.initiatedEventId, 'timedout'),
  ChildWorkflowExecutionTerminated: (c, a) => end(c, a.initiatedEventId, 'terminated'),
};

const messages: Handlers = {
  WorkflowExecutionSignaled: (c, a) =>
    c.begin({ kind: 'signal', title: a.signalName, detail: a.identity ?? '', status: 'instant' }),
  WorkflowExecutionUpdateAccepted: (c, a) =>
    c.begin({
      kind: 'update',
      title: a.acceptedRequest.input.name,
      detail: `id ${a.protocolInstanceId}`,
      status: 'running',
      startedTime: c.time,
    }),
  WorkflowExecutionUpdateCompleted: (c, a) =>
    'failure' in a.outcome
      ? end(c, a.acceptedEventId, 'failed', a.outcome.failure)
      : end(c, a.acceptedEventId, 'completed'),
  SignalExternalWorkflowExecutionInitiated: (c, a) =>
    c.begin({
      kind: 'external',
      title: `Signal ${a.signalName}`,
      detail: `to ${a.workflowExecution.workflowId}`,
      status: 'running',
      workflow: a.workflowExecution,
    }),
  SignalExternalWorkflowExecutionFailed: (c, a) => end(c, a.initiatedEventId, 'failed', { message: a.cause }),
  ExternalWorkflowExecutionSignaled: (c, a) => end(c, a.initiatedEventId, 'completed'),
  RequestCancelExternalWorkflowExecutionInitiated: (c, a) =>
    c.begin({
      kind: 'external',
      title: 'Cancel',
      detail: a.workflowExecution.workflowId,
      status: 'running',
      workflow: a.workflowExecution,
    }),
  RequestCancelExternalWorkflowExecutionFailed: (c, a) =>
    end(c, a.initiatedEventId, 'failed', { message: a.cause }),
  ExternalWorkflowExecutionCancelRequested: (c, a) => end(c, a.initiatedEventId, 'completed'),
};

/** What the SDK's marker says of a local activity. */
interface LocalData {
  activity_type?: unknown;
  attempt?: unknown;
  original_schedule_time?: { seconds: number; nanos: number } | null;
}

function localActivity(c: Context, a: HistoryEventAttributes['MarkerRecorded']): void {
  const [payload] = a.details?.data?.payloads ?? [];
  const data = (payload ? readPayload(payload).value : undefined) as LocalData | undefined;
  const scheduled = data?.original_schedule_time;
  const began = scheduled ? scheduled.seconds * 1_000 + scheduled.nanos / 1e6 : c.time;
  c.begin({
    kind: 'local',
    title: String(data?.activity_type ?? 'Local activity'),
    detail: 'local',
    status: a.failure ? 'failed' : 'completed',
    startTime: Math.min(began, c.time),
    startedTime: Math.min(began, c.time),
    endTime: c.time,
    attempt: Number(data?.attempt ?? 1),
    ...(a.failure && { failure: a.failure }),
  });
}

const markers: Handlers = {
  MarkerRecorded: (c, a) =>
    a.markerName === 'core_local_activity'
      ? localActivity(c, a)
      : c.begin({ kind: 'marker', title: a.markerName, detail: 'marker', status: 'instant' }),
};

const handlers: Handlers = { ...workflow, ...activities, ...timers, ...children, ...messages, ...markers };

function handle<N extends HistoryEventName>(name: N, context: Context): void {
  handlers[name]?.(context, attributesOf(context.event, name));
}

/** All items of a run, in the order in which they began. Grows with {@link add}. */
export class Items {
  readonly #items = new Map<string, Item>();

  add(events: readonly HistoryEvent[]): void {
    for (const event of events) {
      const name = historyEventName(event.eventType);
      if (!name) continue;
      const time = timeMs(event.eventTime) ?? 0;
      const begin: Context['begin'] = (item) => {
        const whole = { detail: '', status: 'running' as const, startTime: time, ...item };
        const summary = event.userMetadata?.summary && readPayload(event.userMetadata.summary).value;
        if (typeof summary === 'string') whole.detail = summary;
        this.#items.set(event.eventId, { id: event.eventId, events: [event], ...whole });
      };
      const change: Context['change'] = (id, changes) => {
        const item = this.#items.get(id ?? '');
        if (item) this.#items.set(item.id, { ...item, ...changes, events: [...item.events, event] });
      };
      handle(name, { event, time, begin, change });
    }
  }

  /** With what the engine says about the activities that are pending: attempts are not events. */
  list(pending: readonly PendingActivityInfo[] = []): Item[] {
    const byId = new Map(pending.map((activity) => [activity.activityId, activity]));
    const items = [...this.#items.values()];
    const run = items[0];
    return items.map((item) => {
      if (item.endTime !== undefined || item.status === 'instant') return item;
      // What was open when the run closed ended with it.
      if (run?.endTime !== undefined) return { ...item, endTime: run.endTime, status: 'terminated' };
      const activity = item.kind === 'activity' && byId.get(activityId(item));
      return activity ? withPending(item, activity) : item;
    });
  }
}

/** The attempts of a workflow task that are no events: it fails again and again, or no Worker takes it. */
export function pendingTask(
  { pendingWorkflowTask: task }: Pick<DescribeWorkflowExecutionReply, 'pendingWorkflowTask'>,
  items: readonly Item[],
  now: number,
): Item | undefined {
  if (!task?.lastFailure && !task?.waitingReason) return undefined;
  const next = timeMs(task.scheduledTime);
  // The first failure is an event: it goes on from there. Each attempt is scheduled anew.
  const failed =
    task.lastFailure && items.findLast(({ kind, status }) => kind === 'task' && status === 'failed');
  return {
    id: 'task',
    kind: 'task',
    title: 'Workflow task',
    detail: task.lastFailure ? 'fails' : 'no Worker',
    status: 'scheduled',
    startTime: failed?.endTime ?? timeMs(task.originalScheduledTime) ?? now,
    attempt: task.attempt,
    ...(task.lastFailure && { failure: task.lastFailure }),
    ...(next !== undefined && next > now && { dueTime: next }),
    events: [],
  };
}

function activityId({ events: [scheduled] }: Item): string {
  return attributesOf(scheduled!, 'ActivityTaskScheduled').activityId;
}

function withPending(item: Item, pending: PendingActivityInfo): Item {
  const waits = ['PENDING_ACTIVITY_STATE_SCHEDULED', 'PENDING_ACTIVITY_STATE_PAUSED'].includes(pending.state);
  const started = !waits && timeMs(pending.lastStartedTime);
  return {
    ...item,
    pending,
    attempt: pending.attempt,
    status: started ? 'running' : 'scheduled',
    ...(started && { startedTime: started }),
    ...(pending.lastFailure && { failure: pending.lastFailure }),
  };
}
