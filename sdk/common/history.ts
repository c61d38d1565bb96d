/**
 * THE EVENT TABLE: every kind of event, its attributes and what it means for the engine.
 * History events have Temporal's JSON shape from birth: what is stored is what the API returns and what
 * Temporal's replayer reads. Transient events are facts only the engine needs; they are in the log, never in history.
 * Adding an event = a row in `HistoryEventAttributes` (history-attributes.ts; or `TransientEventAttributes`) and one in the traits below;
 * handler tables are mapped types over these, so a forgotten case does not compile.
 */

import type { EpochMs, TimestampJson } from './duration.ts';
import type { Failure } from './failure.ts';
import type {
  EventId,
  HistoryEventAttributes,
  UpdateRequestJson,
  UserMetadata,
} from './history-attributes.ts';
import type { EventTraits, OperationEventAttributes } from './operation-events.ts';
import type { PayloadsJson } from './payload.ts';
import type { WorkerDeploymentVersion } from './versioning.ts';

export * from './history-attributes.ts';
export * from './operation-events.ts';

export const historyEvents = {
  WorkflowExecutionStarted: { eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED', wakes: true },
  WorkflowExecutionCompleted: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
    closes: true,
    command: 'CompleteWorkflowExecution',
  },
  WorkflowExecutionFailed: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
    closes: true,
    command: 'FailWorkflowExecution',
  },
  WorkflowExecutionTimedOut: { eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT', closes: true },
  WorkflowExecutionCanceled: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
    closes: true,
    command: 'CancelWorkflowExecution',
  },
  WorkflowExecutionTerminated: { eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED', closes: true },
  WorkflowExecutionCancelRequested: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED',
    wakes: true,
    heldBack: true,
  },
  WorkflowExecutionSignaled: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
    wakes: true,
    heldBack: true,
  },
  WorkflowExecutionOptionsUpdated: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED',
    heldBack: true,
    workerMayIgnore: true,
  },
  WorkflowExecutionPaused: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED',
    heldBack: true,
    workerMayIgnore: true,
  },
  WorkflowExecutionUnpaused: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED',
    heldBack: true,
    workerMayIgnore: true,
  },
  WorkflowTaskScheduled: { eventType: 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED' },
  WorkflowTaskStarted: { eventType: 'EVENT_TYPE_WORKFLOW_TASK_STARTED' },
  WorkflowTaskCompleted: { eventType: 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED' },
  WorkflowTaskTimedOut: { eventType: 'EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT' },
  WorkflowTaskFailed: { eventType: 'EVENT_TYPE_WORKFLOW_TASK_FAILED' },
  ActivityTaskScheduled: { eventType: 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED', command: 'ScheduleActivityTask' },
  ActivityTaskStarted: { eventType: 'EVENT_TYPE_ACTIVITY_TASK_STARTED', heldBack: true, completion: true },
  ActivityTaskCompleted: {
    eventType: 'EVENT_TYPE_ACTIVITY_TASK_COMPLETED',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  ActivityTaskFailed: {
    eventType: 'EVENT_TYPE_ACTIVITY_TASK_FAILED',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  ActivityTaskTimedOut: {
    eventType: 'EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  ActivityTaskCancelRequested: {
    eventType: 'EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED',
    command: 'RequestCancelActivityTask',
  },
  ActivityTaskCanceled: {
    eventType: 'EVENT_TYPE_ACTIVITY_TASK_CANCELED',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  TimerStarted: { eventType: 'EVENT_TYPE_TIMER_STARTED', command: 'StartTimer' },
  TimerFired: { eventType: 'EVENT_TYPE_TIMER_FIRED', wakes: true, heldBack: true },
  TimerCanceled: { eventType: 'EVENT_TYPE_TIMER_CANCELED', command: 'CancelTimer' },
  MarkerRecorded: { eventType: 'EVENT_TYPE_MARKER_RECORDED', command: 'RecordMarker' },
  UpsertWorkflowSearchAttributes: {
    eventType: 'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
    command: 'UpsertWorkflowSearchAttributes',
  },
  WorkflowPropertiesModified: {
    eventType: 'EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED',
    command: 'ModifyWorkflowProperties',
  },
  WorkflowExecutionContinuedAsNew: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
    closes: true,
    command: 'ContinueAsNewWorkflowExecution',
  },
  StartChildWorkflowExecutionInitiated: {
    eventType: 'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED',
    command: 'StartChildWorkflowExecution',
  },
  StartChildWorkflowExecutionFailed: {
    eventType: 'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED',
    wakes: true,
    heldBack: true,
  },
  ChildWorkflowExecutionStarted: {
    eventType: 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED',
    wakes: true,
    heldBack: true,
  },
  ChildWorkflowExecutionCompleted: {
    eventType: 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  ChildWorkflowExecutionFailed: {
    eventType: 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  ChildWorkflowExecutionCanceled: {
    eventType: 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  ChildWorkflowExecutionTimedOut: {
    eventType: 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  ChildWorkflowExecutionTerminated: {
    eventType: 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED',
    wakes: true,
    heldBack: true,
    completion: true,
  },
  SignalExternalWorkflowExecutionInitiated: {
    eventType: 'EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED',
    command: 'SignalExternalWorkflowExecution',
  },
  SignalExternalWorkflowExecutionFailed: {
    eventType: 'EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED',
    wakes: true,
    heldBack: true,
  },
  ExternalWorkflowExecutionSignaled: {
    eventType: 'EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED',
    wakes: true,
    heldBack: true,
  },
  RequestCancelExternalWorkflowExecutionInitiated: {
    eventType: 'EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED',
    command: 'RequestCancelExternalWorkflowExecution',
  },
  RequestCancelExternalWorkflowExecutionFailed: {
    eventType: 'EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED',
    wakes: true,
    heldBack: true,
  },
  ExternalWorkflowExecutionCancelRequested: {
    eventType: 'EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED',
    wakes: true,
    heldBack: true,
  },
  /** Recorded by the `ProtocolMessage` command with an acceptance … */
  WorkflowExecutionUpdateAccepted: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
    command: 'ProtocolMessage',
  },
  /** … and with a response. A rejection records nothing. */
  WorkflowExecutionUpdateCompleted: {
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED',
    command: 'ProtocolMessage',
  },
} as const satisfies Record<keyof HistoryEventAttributes, EventTraits>;

export type HistoryEventName = keyof HistoryEventAttributes;

interface EventHead<N extends HistoryEventName> {
  eventId: EventId;
  eventTime: TimestampJson;
  eventType: (typeof historyEvents)[N]['eventType'];
  /** Temporal's replayer wants it present; ours is the event id. */
  taskId?: string;
  workerMayIgnore?: true;
  userMetadata?: UserMetadata;
}

/** A history event in Temporal's JSON shape; a discriminated union on `eventType`. */
export type HistoryEvent<N extends HistoryEventName = HistoryEventName> = {
  [K in N]: EventHead<K> & { [A in `${Uncapitalize<K>}EventAttributes`]: HistoryEventAttributes[K] };
}[N];

const nameByType = new Map<string, HistoryEventName>(
  (Object.keys(historyEvents) as HistoryEventName[]).map((name) => [historyEvents[name].eventType, name]),
);

/** `EVENT_TYPE_TIMER_FIRED` or `TimerFired` → `TimerFired`; unknown types give `undefined`. */
export function historyEventName(eventType: string): HistoryEventName | undefined {
  return (
    nameByType.get(eventType) ?? (eventType in historyEvents ? (eventType as HistoryEventName) : undefined)
  );
}

const attributesKeys = Object.fromEntries(
  Object.keys(historyEvents).map((n) => [n, `${n[0]!.toLowerCase()}${n.slice(1)}EventAttributes`]),
) as Record<HistoryEventName, string>;

/** The attributes of an event whose name is known. */
export function attributesOf<N extends HistoryEventName>(
  event: HistoryEvent,
  name: N,
): HistoryEventAttributes[N] {
  return (event as unknown as Record<string, HistoryEventAttributes[N]>)[attributesKeys[name]]!;
}

/** Builds an event; `userMetadata` and absent attributes are left out. */
export function makeHistoryEvent<N extends HistoryEventName>(
  name: N,
  eventId: number,
  eventTime: TimestampJson,
  attributes: HistoryEventAttributes[N],
  userMetadata?: UserMetadata,
): HistoryEvent<N> {
  return {
    eventId: String(eventId),
    eventTime,
    eventType: historyEvents[name].eventType,
    taskId: String(eventId),
    ...('workerMayIgnore' in historyEvents[name] && { workerMayIgnore: true }),
    ...(userMetadata && { userMetadata }),
    [attributesKeys[name]]: attributes,
  } as unknown as HistoryEvent<N>;
}

/** A held-back history event: everything but its id and place in history. */
export type HeldBackEvent = {
  [N in HistoryEventName]: { name: N; attributes: HistoryEventAttributes[N]; time: EpochMs };
}[HistoryEventName];

/** Attributes per transient event: numbers and epoch milliseconds, as only the engine reads them. */
export interface TransientEventAttributes extends OperationEventAttributes {
  /** A request id was used; a repeat of it is answered from this record. `runId` is the run that it acted on. */
  /** `found`: a start that found the run, a request to cancel that found it closed; `refused`: the start of a child that the run stood in the way of. */
  RequestIdRecorded: { requestId: string; requestKind: string; runId: string; found?: true; refused?: true };
  /** A history event that arrived while a workflow task was started. */
  EventHeldBack: HeldBackEvent;
  /** A workflow task attempt was handed to a Worker. Its Scheduled (from attempt 2) and Started events are still virtual. */
  WorkflowTaskAttemptStarted: {
    attempt: number;
    identity: string;
    /** Of the Worker, where it has one. */
    deploymentVersion?: WorkerDeploymentVersion;
    targetChanged?: true;
  };
  /** The Worker could not be reached, or lost the attempt: the same attempt is due again. */
  WorkflowTaskAttemptReleased: { reason: string };
  /** Attempt ≥ 2 failed or timed out: nothing in history, next attempt at `nextAttemptTime`. */
  WorkflowTaskAttemptFailed: { cause: string; failure?: Failure; nextAttemptTime: EpochMs };
  /** An attempt was claimed: start-to-close and heartbeat clocks run. `claimant` is a message id or `object`. */
  ActivityTaskAttemptStarted: {
    scheduledEventId: number;
    attempt: number;
    claimant: string;
    identity?: string;
  };
  /** The Worker answered 202: it will answer by task token. */
  ActivityTaskAttemptAccepted: { scheduledEventId: number; attempt: number };
  /** The Worker was not reached: same attempt again, not before `nextDispatchTime`. */
  ActivityTaskAttemptReleased: {
    scheduledEventId: number;
    attempt: number;
    reason: string;
    nextDispatchTime: EpochMs;
  };
  /** The attempt failed or timed out and another one follows at `nextAttemptTime`. */
  ActivityTaskAttemptFailed: {
    scheduledEventId: number;
    attempt: number;
    failure: Failure;
    nextAttemptTime: EpochMs;
    /** Written by engines before 2026-11-23, where an attempt that gave way to a pause did not count. */
    uncounted?: true;
  };
  /** The last heartbeat of an attempt; kept as one overwritten row per pending activity, not in the log. */
  ActivityTaskHeartbeatRecorded: { scheduledEventId: number; attempt: number; details?: PayloadsJson };
  /** A speculative task was answered with nothing that lasts: it never was. */
  WorkflowTaskAttemptDropped: Record<never, never>;
  /** The next task goes on with the local activities of one that had nothing else to say. */
  WorkflowTaskHeartbeatContinued: { originalScheduledTime: EpochMs };
  /** Visibility holds this version of the run's row. */
  VisibilityRecorded: { version: number };
  /** An update was taken in and waits for a workflow task; durable, so that no crash loses it, but not history. */
  UpdateAdmitted: { request: UpdateRequestJson };
  /** The workflow refused the update. Nothing of it is in history; kept for a repeat with the same update id. */
  UpdateRejected: { updateId: string; failure: Failure };
  /** The parent was told how this run ended, or is gone. */
  ParentNotified: Record<never, never>;
  /** The schedule that started the run was told how it ended, or is gone. */
  ScheduleNotified: Record<never, never>;
  /** A child of the run that was reset goes on, and will tell this one of its end. */
  ChildFoundOpen: { initiatedEventId: number };
  /** The parent close policy was applied to a child. */
  ParentClosePolicyApplied: { initiatedEventId: number };
  /** A signal or cancel request for another workflow was carried out after this run had closed. */
  ExternalCallSettled: { initiatedEventId: number };
  /** The first event of a run that is a reset: those up to `eventId` that follow are the base run's. */
  RunReset: {
    runId: string;
    baseRunId: string;
    /** Of a fork: the run that it is a copy of has this workflow id. */
    baseWorkflowId?: string;
    eventId: number;
    owners: Array<{ runId: string; before: number }>;
    childrenStartedLater: string[];
  };
  /** What is logged of the run from here on happened to it alone; before it stands what a reset gave it. */
  ResetReapplied: Record<never, never>;
  /** A reset puts another run in the place of this one. */
  RunSuperseded: { runId: string };
  /** Once it is closed and owes nothing more, all that is stored of the run goes. */
  RunDeletionRequested: { runId: string };
  /** The first and the last event of a run that was written elsewhere. */
  RunImported: { runId: string };
  RunSealed: Record<never, never>;
}

/** `progress`: stored as one overwritten row, not appended to the log. */
export const transientEvents = {
  RequestIdRecorded: {},
  EventHeldBack: {},
  WorkflowTaskAttemptStarted: {},
  WorkflowTaskAttemptReleased: {},
  WorkflowTaskAttemptFailed: {},
  WorkflowTaskAttemptDropped: {},
  WorkflowTaskHeartbeatContinued: {},
  ActivityTaskAttemptStarted: {},
  ActivityTaskAttemptAccepted: {},
  ActivityTaskAttemptReleased: {},
  ActivityTaskAttemptFailed: {},
  ActivityTaskHeartbeatRecorded: { progress: true },
  VisibilityRecorded: {},
  UpdateAdmitted: {},
  UpdateRejected: {},
  ParentNotified: {},
  ScheduleNotified: {},
  ChildFoundOpen: {},
  ParentClosePolicyApplied: {},
  ExternalCallSettled: {},
  RunReset: {},
  ActivityTaskPaused: {},
  ActivityTaskUnpaused: {},
  ActivityTaskReset: {},
  ActivityTaskOptionsUpdated: {},
  ResetReapplied: {},
  RunSuperseded: {},
  RunDeletionRequested: {},
  RunImported: {},
  RunSealed: {},
} as const satisfies Record<keyof TransientEventAttributes, { progress?: true }>;

export type TransientEventName = keyof TransientEventAttributes;
export type TransientEvent<N extends TransientEventName = TransientEventName> = {
  [K in N]: { transient: K; time: EpochMs; attributes: TransientEventAttributes[K] };
}[N];

/** What a log row holds. */
export type LogEvent = HistoryEvent | TransientEvent;

export function isTransient(event: LogEvent): event is TransientEvent {
  return 'transient' in event;
}
