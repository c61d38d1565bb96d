/**
 * Histories for tests, without the engine: a builder that numbers and times events, and a small stand-in for the engine
 * that turns a run's commands into the events Temporal would write. It holds back what arrives while a workflow task is
 * started, as the engine does. Time moves only when a test says so.
 */

import { type Command, commandAttributesOf, commandName } from '../../sdk/common/command.ts';
import { fromDurationJson, toTimestampJson } from '../../sdk/common/duration.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import {
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEvents,
  makeHistoryEvent,
  type SdkMetadata,
  type UpdateRequestJson,
  type UserMetadata,
} from '../../sdk/common/history.ts';
import { defaultPayloadConverter, type PayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import type { WorkflowSessionInit } from '../../sdk/common/worker-protocol.ts';
import { type Journal, OtherWorkflows } from './other-workflows.ts';
import { isRejection, SentUpdates } from './sent-updates.ts';

export const payloads = (...values: unknown[]): PayloadsJson | undefined =>
  toPayloadsJson(defaultPayloadConverter, ...values);

export const applicationFailure = (message: string, type = 'Error'): Failure => ({
  message,
  source: 'TypeScriptSDK',
  applicationFailureInfo: { type, nonRetryable: false },
});

/** 2026-01-01T00:00:00Z */
export const START_TIME = 1_767_225_600_000;
const TASK_QUEUE = 'test';

export function initOf(workflowType: string, runId: string): WorkflowSessionInit {
  return {
    namespace: 'default',
    workflowId: `w-${workflowType}`,
    runId,
    workflowType,
    taskQueue: TASK_QUEUE,
  };
}

type Held = {
  [N in HistoryEventName]: { name: N; attributes: () => HistoryEventAttributes[N] };
}[HistoryEventName];

interface OpenActivity {
  scheduledEventId: string;
  cancelRequestedEventId?: string;
}

export class HistoryBuilder implements Journal {
  readonly events: HistoryEvent[] = [];
  readonly runId: string;
  now: number = START_TIME;
  readonly timers = new Map<string, { startedEventId: string; fireTime: number }>();
  readonly activities = new Map<string, OpenActivity>();
  readonly others = new OtherWorkflows(this);
  readonly updates = new SentUpdates(this);
  closed = false;
  #held: Held[] | undefined;
  /** How many events the last completed task left. */
  #settledEvents = 0;
  /** The task exists for updates alone: when it refuses them all, it leaves no events. */
  #speculative = false;
  #taskStarted: { scheduledEventId: string; startedEventId: string } | undefined;

  constructor(
    workflowType: string,
    args: unknown[] = [],
    runId = '0198c0de-0000-7000-8000-000000000001',
    more: Partial<HistoryEventAttributes['WorkflowExecutionStarted']> = {},
  ) {
    this.runId = runId;
    this.add('WorkflowExecutionStarted', {
      workflowType: { name: workflowType },
      taskQueue: { name: TASK_QUEUE, kind: 'TASK_QUEUE_KIND_NORMAL' },
      input: payloads(...args),
      workflowTaskTimeout: '10s',
      originalExecutionRunId: runId,
      firstExecutionRunId: runId,
      identity: 'test',
      attempt: 1,
      workflowId: `w-${workflowType}`,
      ...more,
    });
  }

  add<N extends HistoryEventName>(
    name: N,
    attributes: HistoryEventAttributes[N],
    userMetadata?: UserMetadata,
  ): HistoryEvent<N> {
    const id = this.events.length + 1;
    const event = makeHistoryEvent(name, id, toTimestampJson(this.now), attributes, userMetadata);
    this.events.push(event as HistoryEvent);
    if ('closes' in historyEvents[name]) this.closed = true;
    return event;
  }

  get nextEventId(): string {
    return String(this.events.length + 1);
  }

  get lastEventId(): string {
    return String(this.events.length);
  }

  // ---- Workflow tasks ---------------------------------------------------------------------------------------------

  scheduleTask(attempt = 1): void {
    this.#speculative = this.events.length === this.#settledEvents;
    this.add('WorkflowTaskScheduled', {
      taskQueue: { name: TASK_QUEUE, kind: 'TASK_QUEUE_KIND_NORMAL' },
      startToCloseTimeout: '10s',
      attempt,
    });
  }

  /** The updates that come with the task. */
  startTask(more: Partial<HistoryEventAttributes['WorkflowTaskStarted']> = {}): UpdateRequestJson[] {
    const scheduledEventId = this.lastEventId;
    this.add('WorkflowTaskStarted', {
      scheduledEventId,
      identity: 'test',
      requestId: `r${scheduledEventId}`,
      ...more,
    });
    this.#taskStarted = { scheduledEventId, startedEventId: this.lastEventId };
    this.#held = [];
    return [...this.updates.admitted];
  }

  completeTask(
    commands: Command[],
    sdkMetadata?: SdkMetadata,
    versioned: Partial<HistoryEventAttributes['WorkflowTaskCompleted']> = {},
  ): void {
    if (this.#held!.length === 0 && commands.length > 0 && commands.every(isRejection) && this.forgetTask()) {
      for (const command of commands) this.#record(command, '');
      return;
    }
    this.add('WorkflowTaskCompleted', {
      ...this.#taskStarted!,
      identity: 'test',
      ...(sdkMetadata && { sdkMetadata }),
      ...versioned,
    });
    const completedId = this.lastEventId;
    for (const command of commands) this.#record(command, completedId);
    this.#settledEvents = this.events.length;
    this.#releaseHeld();
  }

  /** A task that exists for updates alone leaves no events when nothing durable came of it; false for any other. */
  forgetTask(): boolean {
    if (!this.#speculative) return false;
    this.events.length -= 2;
    this.#releaseHeld();
    return true;
  }

  failTask(cause = 'WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE'): void {
    this.add('WorkflowTaskFailed', {
      ...this.#taskStarted!,
      cause,
      failure: applicationFailure('broken'),
      identity: 'test',
    });
    this.#releaseHeld();
  }

  timeOutTask(): void {
    this.add('WorkflowTaskTimedOut', { ...this.#taskStarted!, timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' });
    this.#releaseHeld();
  }

  /** In the order of arrival, but completions after everything else. */
  #releaseHeld(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#taskStarted = undefined;
    const isCompletion = ({ name }: Held): boolean => 'completion' in historyEvents[name];
    for (const h of [...held.filter((e) => !isCompletion(e)), ...held.filter(isCompletion)]) {
      this.add(h.name, h.attributes() as never);
    }
  }

  arrive<N extends HistoryEventName>(name: N, attributes: () => HistoryEventAttributes[N]): void {
    if (this.#held) this.#held.push({ name, attributes } as unknown as Held);
    else this.add(name, attributes());
  }

  // ---- What arrives from outside ----------------------------------------------------------------------------------

  signal(signalName: string, ...args: unknown[]): void {
    this.arrive('WorkflowExecutionSignaled', () => ({
      signalName,
      input: payloads(...args),
      identity: 'test',
    }));
  }

  /** Sends an update; answers with its id. It comes with the next task. */
  update(name: string, ...args: unknown[]): string {
    return this.updates.send(name, payloads(...args));
  }

  requestCancel(): void {
    this.arrive('WorkflowExecutionCancelRequested', () => ({ cause: 'test', identity: 'test' }));
  }

  /** Fires the timer, and moves the clock to its time if it is earlier. */
  fireTimer(timerId: string): void {
    const { startedEventId, fireTime } = this.timers.get(timerId)!;
    this.timers.delete(timerId);
    this.now = Math.max(this.now, fireTime);
    this.arrive('TimerFired', () => ({ timerId, startedEventId }));
  }

  completeActivity(activityId: string, result?: unknown): void {
    this.#closeActivity(activityId, 'ActivityTaskCompleted', { result: payloads(result) });
  }

  failActivity(activityId: string, failure = applicationFailure('no luck')): void {
    const retryState = 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED';
    this.#closeActivity(activityId, 'ActivityTaskFailed', { failure, retryState });
  }

  /** `identity`: the engine writes none; the first recorded histories have one. */
  timeOutActivity(activityId: string, identity?: string): void {
    const by = { identity } as object;
    this.#closeActivity(activityId, 'ActivityTaskTimedOut', {
      ...by,
      failure: {
        message: 'activity StartToClose timeout',
        source: 'Server',
        timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' },
      },
      retryState: 'RETRY_STATE_TIMEOUT',
    });
  }

  cancelActivity(activityId: string, ...details: unknown[]): void {
    const { cancelRequestedEventId } = this.activities.get(activityId)!;
    this.#closeActivity(activityId, 'ActivityTaskCanceled', {
      details: payloads(...details),
      latestCancelRequestedEventId: cancelRequestedEventId!,
    });
  }

  #closeActivity<
    N extends
      | 'ActivityTaskCompleted'
      | 'ActivityTaskFailed'
      | 'ActivityTaskTimedOut'
      | 'ActivityTaskCanceled',
  >(
    activityId: string,
    name: N,
    outcome: Omit<HistoryEventAttributes[N], 'scheduledEventId' | 'startedEventId'>,
  ): void {
    const { scheduledEventId } = this.activities.get(activityId)!;
    this.activities.delete(activityId);
    this.arrive('ActivityTaskStarted', () => ({
      scheduledEventId,
      identity: 'test',
      requestId: 'q',
      attempt: 1,
    }));
    this.arrive(name, () => {
      const ids = { scheduledEventId, startedEventId: this.lastEventId };
      return { ...ids, identity: 'test', ...outcome } as unknown as HistoryEventAttributes[N];
    });
  }

  // ---- Commands ---------------------------------------------------------------------------------------------------

  #record(command: Command, workflowTaskCompletedEventId: string): void {
    if (this.others.record(command, workflowTaskCompletedEventId)) return;
    const name = commandName(command.commandType)!;
    const by = { workflowTaskCompletedEventId };
    const { userMetadata } = command;
    switch (name) {
      case 'ScheduleActivityTask': {
        const a = commandAttributesOf(command, name);
        this.activities.set(a.activityId, { scheduledEventId: String(this.events.length + 1) });
        this.add(
          'ActivityTaskScheduled',
          {
            ...by,
            ...a,
            taskQueue: a.taskQueue!,
            scheduleToCloseTimeout: a.scheduleToCloseTimeout ?? '0s',
            scheduleToStartTimeout: a.scheduleToStartTimeout ?? '0s',
            startToCloseTimeout: a.startToCloseTimeout ?? '0s',
            heartbeatTimeout: a.heartbeatTimeout ?? '0s',
            retryPolicy: withDefaults(a.retryPolicy),
          },
          userMetadata,
        );
        break;
      }
      case 'RequestCancelActivityTask': {
        const { scheduledEventId } = commandAttributesOf(command, name);
        this.add('ActivityTaskCancelRequested', { ...by, scheduledEventId });
        const open = [...this.activities.values()].find((a) => a.scheduledEventId === scheduledEventId);
        if (open) open.cancelRequestedEventId = this.lastEventId;
        break;
      }
      case 'StartTimer': {
        const a = commandAttributesOf(command, name);
        const fireTime = this.now + fromDurationJson(a.startToFireTimeout);
        this.timers.set(a.timerId, { startedEventId: String(this.events.length + 1), fireTime });
        this.add('TimerStarted', { ...by, ...a }, userMetadata);
        break;
      }
      case 'CancelTimer': {
        const { timerId } = commandAttributesOf(command, name);
        const startedEventId = this.#forgetTimer(timerId);
        this.add('TimerCanceled', { ...by, timerId, startedEventId, identity: 'test' });
        break;
      }
      case 'ProtocolMessage':
        this.updates.record(commandAttributesOf(command, name));
        break;
      case 'ModifyWorkflowProperties':
        this.add('WorkflowPropertiesModified', { ...by, ...commandAttributesOf(command, name) });
        break;
      case 'RecordMarker':
        this.add('MarkerRecorded', { ...by, ...commandAttributesOf(command, name) });
        break;
      case 'UpsertWorkflowSearchAttributes':
        this.add('UpsertWorkflowSearchAttributes', { ...by, ...commandAttributesOf(command, name) });
        break;
      case 'CompleteWorkflowExecution':
        this.add('WorkflowExecutionCompleted', { ...by, ...commandAttributesOf(command, name) });
        break;
      case 'FailWorkflowExecution': {
        const retryState = 'RETRY_STATE_RETRY_POLICY_NOT_SET';
        this.add('WorkflowExecutionFailed', { ...by, ...commandAttributesOf(command, name), retryState });
        break;
      }
      case 'CancelWorkflowExecution':
        this.add('WorkflowExecutionCanceled', { ...by, ...commandAttributesOf(command, name) });
        break;
      case 'ContinueAsNewWorkflowExecution': {
        const { retryPolicy: _, ...a } = commandAttributesOf(command, name);
        this.add('WorkflowExecutionContinuedAsNew', {
          ...by,
          ...a,
          taskQueue: a.taskQueue!,
          newExecutionRunId: '0198c0de-0000-7000-8000-00000000c0de',
          initiator: 'CONTINUE_AS_NEW_INITIATOR_WORKFLOW',
        });
      }
    }
  }

  /** A timer that fired while the task was started is cancelled all the same: its firing never enters history. */
  #forgetTimer(timerId: string): string {
    const open = this.timers.get(timerId);
    this.timers.delete(timerId);
    if (open) return open.startedEventId;
    const index = this.#held!.findIndex((h) => h.name === 'TimerFired' && h.attributes().timerId === timerId);
    const [fired] = this.#held!.splice(index, 1);
    return (fired!.attributes() as HistoryEventAttributes['TimerFired']).startedEventId;
  }
}
