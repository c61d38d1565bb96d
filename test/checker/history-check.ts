/**
 * Checks one run's log as it grows, from what is in storage alone: event ids, times, one close, every answer to
 * something asked and only once, nothing between a workflow task's start and its end, attempts one after another.
 */

import { fromDurationJson, fromTimestampJson } from '../../sdk/common/duration.ts';
import {
  attributesOf,
  type EventTraits,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
  historyEvents,
  isTransient,
  type LogEvent,
  type TransientEventAttributes,
} from '../../sdk/common/history.ts';
import { standaloneActivityId } from '../../sdk/common/ids.ts';
import { ActivityAttempts } from './attempts.ts';
import { Pins } from './pins.ts';
import { Relations } from './relations.ts';
import { check } from './violation.ts';

interface Timer {
  fireTime: number;
  closed?: string;
}

export class HistoryCheck {
  readonly events: HistoryEvent[] = [];
  /** To other workflows, and to callers of updates. */
  readonly relations = new Relations();
  readonly #activities = new Map<string, ActivityAttempts>();
  readonly #timers = new Map<string, Timer>();
  readonly pins = new Pins();
  /** Among its pins: when a workflow task began last. */
  taskMark = 0;
  /** Present when the run is a reset of another one. */
  reset?: TransientEventAttributes['RunReset'];
  /** The run that a reset has put in the place of this one. */
  resetRunId?: string;
  /** Request ids that were recorded apart from events, with the kinds of their requests. */
  readonly requests: string[] = [];
  /** So many of its first events were given to it by a reset. */
  given = 0;
  #paused = false;
  #updateCame = false;
  #lastTime = 0;
  #task: { scheduled?: string; started?: string } = {};
  #completed: string | undefined;
  /** The run of an activity that belongs to no workflow. */
  #standalone = false;
  #closed = false;

  add(events: LogEvent[]): void {
    for (const event of events) {
      if (isTransient(event)) this.#transient(event);
      else this.#history(event);
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  get runId(): string {
    return (
      this.reset?.runId ?? attributesOf(this.events[0]!, 'WorkflowExecutionStarted').originalExecutionRunId
    );
  }

  /** Under whose id the world knows what the event began: a reset run has its beginning from others. */
  ownerOf(eventId: string): string {
    const owner = this.reset?.owners.find(({ before }) => Number(eventId) < before);
    return owner?.runId ?? this.runId;
  }

  attemptsOf(scheduledEventId: number): ActivityAttempts | undefined {
    return this.#activities.get(String(scheduledEventId));
  }

  #history(event: HistoryEvent): void {
    const name = historyEventName(event.eventType)!;
    const at = `${event.eventId} ${name}`;
    const time = fromTimestampJson(event.eventTime);
    check(Number(event.eventId) === this.events.length + 1, `I10: ${at} follows event ${this.events.length}`);
    // The one that carries the time of its attempt.
    const mayBeOlder = name === 'ActivityTaskStarted';
    check(mayBeOlder || time >= this.#lastTime, `I11: ${at} is older than the event before it`);
    check((this.events.length === 0) === (name === 'WorkflowExecutionStarted'), `I12: ${at} at its place`);
    check(!this.#closed, `I12: ${at} after the run was closed`);
    this.#lastTime = Math.max(this.#lastTime, time);
    this.events.push(event);
    this.#pauses(name);
    this.#pinned(event, name);
    if (name === 'WorkflowExecutionStarted')
      this.#standalone = standaloneActivityId(attributesOf(event, name).workflowId) !== undefined;
    if (this.#standalone) this.#alone(event, name, at);
    else this.#order(event, name, at);
    this.#reference(event, name, at, time);
    this.relations.add(event, name, at);
    if ('closes' in historyEvents[name]) this.#closed = true;
  }

  /** Workflow tasks, and commands behind the task that gave them. */
  #order(event: HistoryEvent, name: HistoryEventName, at: string): void {
    const traits: EventTraits = historyEvents[name];
    const ends = ['WorkflowTaskCompleted', 'WorkflowTaskFailed', 'WorkflowTaskTimedOut'].includes(name);
    if (this.#task.started) check(ends, `C6: ${at} between a WorkflowTaskStarted and its end`);
    if (name === 'WorkflowTaskScheduled') {
      this.#afterDelay(event, at);
      check(!this.#task.scheduled, `I13: ${at} while another workflow task is scheduled`);
      this.#task = { scheduled: event.eventId };
    } else if (name === 'WorkflowTaskStarted') {
      const { scheduledEventId } = attributesOf(event, name);
      check(scheduledEventId === this.#task.scheduled, `I13: ${at} starts ${scheduledEventId}`);
      this.#task.started = event.eventId;
    } else if (ends) {
      const ref = attributesOf(event, name as 'WorkflowTaskCompleted');
      const { scheduled, started } = this.#task;
      const fits =
        ref.scheduledEventId === scheduled && ref.startedEventId === started && started !== undefined;
      check(fits, `I13: ${at} does not end the task that is started`);
      this.#task = {};
    }
    if (name === 'WorkflowTaskCompleted') this.#completed = event.eventId;
    else if (name === 'WorkflowExecutionUpdateAccepted') {
      // Names the last event before its task's Started and Completed.
      const { acceptedRequestSequencingEventId: id } = attributesOf(event, name);
      check(
        Number(id) + 2 === Number(this.#completed),
        `I13: ${at} names ${id}, not what its task began behind`,
      );
    } else if (name === 'WorkflowExecutionUpdateCompleted') {
      check(this.#completed, `I13: ${at} behind no task`);
    } else if (traits.command) {
      const { workflowTaskCompletedEventId: by } = attributesOf(event, name as 'TimerStarted');
      check(by === this.#completed, `I13: ${at} names task ${by}, it stands behind ${this.#completed}`);
    } else this.#completed = undefined;
  }

  /** Nothing is decided by a task; the run ends with its activity, in the same moment. */
  #alone(event: HistoryEvent, name: HistoryEventName, at: string): void {
    const before = this.events.at(-2);
    const last = before && historyEventName(before.eventType)!;
    if (this.events.length === 2) check(name === 'ActivityTaskScheduled', `I13: ${at} begins the run`);
    else
      check(
        name !== 'ActivityTaskScheduled' && !name.startsWith('WorkflowTask'),
        `I13: ${at} in a run of one activity`,
      );
    const end = last && /^ActivityTask(Completed|Failed|TimedOut|Canceled)$/.exec(last)?.[1];
    const close = /^WorkflowExecution(Completed|Failed|TimedOut|Canceled)$/.exec(name)?.[1];
    check(end === close, `I13: ${at} behind ${last}`);
    if (end) check(event.eventTime === before!.eventTime, `I13: ${at} is later than what it follows from`);
    const traits: EventTraits = historyEvents[name];
    if (!traits.command) return;
    const { workflowTaskCompletedEventId: by } = attributesOf(event, name as 'TimerStarted');
    check(by === '0', `I13: ${at} names task ${by}`);
  }

  #reference(event: HistoryEvent, name: HistoryEventName, at: string, time: number): void {
    switch (name) {
      case 'ActivityTaskScheduled': {
        const activity = new ActivityAttempts(attributesOf(event, name), event.eventId, time);
        this.#activities.set(event.eventId, activity);
        break;
      }
      case 'ActivityTaskStarted': {
        const { scheduledEventId, attempt } = attributesOf(event, name);
        const activity = this.#activity(scheduledEventId, at);
        check(!activity.started && !activity.closed, `I24: ${at} again`);
        check(activity.allows(attempt), `I26: ${at} is attempt ${attempt} of ${activity.maximumAttempts}`);
        activity.started = true;
        break;
      }
      case 'ActivityTaskCompleted':
      case 'ActivityTaskFailed':
      case 'ActivityTaskTimedOut':
      case 'ActivityTaskCanceled': {
        const { scheduledEventId, startedEventId } = attributesOf(event, name);
        const activity = this.#activity(scheduledEventId, at);
        check(!activity.closed, `I13: ${at} after ${activity.closed}`);
        const started = startedEventId === '0' ? undefined : this.events[Number(startedEventId) - 1];
        const fits = activity.started
          ? started?.eventType === 'EVENT_TYPE_ACTIVITY_TASK_STARTED' &&
            attributesOf(started, 'ActivityTaskStarted').scheduledEventId === scheduledEventId
          : startedEventId === '0' && name !== 'ActivityTaskCompleted';
        check(fits, `I13: ${at} names start ${startedEventId}`);
        activity.closed = name;
        if (name === 'ActivityTaskTimedOut') this.#notEarly(activity, event, at, time);
        break;
      }
      case 'ActivityTaskCancelRequested':
        this.#activity(attributesOf(event, name).scheduledEventId, at);
        break;
      case 'TimerStarted':
        this.#timers.set(event.eventId, {
          fireTime: time + fromDurationJson(attributesOf(event, name).startToFireTimeout),
        });
        break;
      case 'TimerFired':
      case 'TimerCanceled': {
        const timer = this.#timers.get(attributesOf(event, name).startedEventId);
        check(timer, `I13: ${at} of a timer that was not started`);
        check(!timer.closed, `I6: ${at} after ${timer.closed}`);
        check(name === 'TimerCanceled' || time >= timer.fireTime, `I57: ${at} fired early`);
        timer.closed = name;
        break;
      }
    }
  }

  /** Nothing but signals and updates shortens the delay of a start, nothing but updates that of cron and retries. */
  #afterDelay(event: HistoryEvent, at: string): void {
    const first = this.events[0]!;
    const { firstWorkflowTaskBackoff, initiator } = attributesOf(first, 'WorkflowExecutionStarted');
    const signaled = !initiator && this.events.length > 2;
    // A run that a reset made has its first task from the one before it.
    if (signaled || this.#updateCame || this.reset || !firstWorkflowTaskBackoff) return;
    const due = fromTimestampJson(first.eventTime) + fromDurationJson(firstWorkflowTaskBackoff);
    check(fromTimestampJson(event.eventTime) >= due, `I57: ${at} before ${due}`);
  }

  #notEarly(activity: ActivityAttempts, event: HistoryEvent, at: string, time: number): void {
    const { failure } = attributesOf(event, 'ActivityTaskTimedOut');
    const type = failure.timeoutFailureInfo?.timeoutType;
    if (type === 'TIMEOUT_TYPE_START_TO_CLOSE' && activity.claimTime !== undefined) {
      check(time >= activity.claimTime + activity.startToClose, `I27: ${at} timed out early`);
    }
  }

  /** Held back or not: what it decides is decided at once. */
  #pauses(name: HistoryEventName): void {
    if (name === 'WorkflowExecutionPaused') this.#paused = true;
    else if (name === 'WorkflowExecutionUnpaused') this.#paused = false;
  }

  #pinned(event: HistoryEvent, name: HistoryEventName): void {
    if (name === 'WorkflowExecutionStarted') this.pins.started(attributesOf(event, name));
    else if (name === 'WorkflowTaskCompleted') this.pins.completed(attributesOf(event, name));
    else if (name === 'WorkflowExecutionOptionsUpdated') this.pins.updated(attributesOf(event, name));
  }

  #heldBack({ name, attributes }: TransientEventAttributes['EventHeldBack']): void {
    this.#pauses(name);
    if (name === 'WorkflowExecutionOptionsUpdated')
      this.pins.updated(attributes as HistoryEventAttributes['WorkflowExecutionOptionsUpdated'], true);
  }

  #transient(event: Extract<LogEvent, { transient: string }>): void {
    this.relations.note(event);
    const begins = ['WorkflowTaskAttemptStarted', 'ActivityTaskAttemptStarted'].includes(event.transient);
    check(!(begins && this.#paused), `${event.transient} while the workflow is paused`);
    if (event.transient === 'UpdateAdmitted') this.#updateCame = true;
    else if (event.transient === 'RunReset') this.reset = event.attributes;
    else if (event.transient === 'RunSuperseded') this.resetRunId = event.attributes.runId;
    else if (event.transient === 'RequestIdRecorded')
      this.requests.push(`${event.attributes.requestKind}/${event.attributes.requestId}`);
    else if (event.transient === 'ResetReapplied') this.given = this.events.length;
    else if (event.transient === 'EventHeldBack') this.#heldBack(event.attributes);
    else if (event.transient === 'WorkflowTaskAttemptStarted') {
      this.pins.begins(event.attributes.deploymentVersion);
      this.taskMark = this.pins.mark;
    }
    if (event.transient.startsWith('ActivityTask')) {
      const { scheduledEventId } = event.attributes as { scheduledEventId: number };
      const activity = this.#activity(String(scheduledEventId), event.transient);
      activity.note(event);
      if (event.transient === 'ActivityTaskAttemptStarted') activity.claimMark = this.pins.mark;
    }
  }

  #activity(scheduledEventId: string, at: string): ActivityAttempts {
    const activity = this.#activities.get(scheduledEventId);
    check(activity, `I13: ${at} names activity ${scheduledEventId}, which was never scheduled`);
    return activity;
  }
}
