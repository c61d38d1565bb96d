/**
 * The one way a run changes: `transition` turns a request into events, `applyLogged` rebuilds from them.
 *
 *  C1  State changes only through `apply`, which is total over the event table; live and rebuild use the same one.
 *  C2  fold(log) = state, but for `historySizeBytes`, which the shell counts.
 *  C3  Event ids are 1, 2, 3, …; event times never go back: now = max(clock, time of the last event). Only
 *      ActivityTaskStarted carries an earlier time, that of its attempt.
 *  C4  Every transition begins with what time has made due, so an answer that comes at or after a recorded deadline
 *      cannot beat it.
 *  C5  A refusal appends nothing of its own, except that it was given (to the start of a child). Anything else that is
 *      thrown leaves the state unusable: load it again.
 *  C6  Nothing stands in history between a WorkflowTaskStarted and its close; what arrives meanwhile is held back.
 *  C7  An open run with something unseen has a workflow task: derived here, at the end of every transition.
 *  C8  A closed run changes no more, except that others are told of it, until it is deleted.
 */

import type { Command } from '../../sdk/common/command.ts';
import { type EpochMs, fromTimestampJson, toTimestampJson } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import {
  attributesOf,
  type EventTraits,
  type HeldBackEvent,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
  historyEvents,
  isTransient,
  type LogEvent,
  makeHistoryEvent,
  type TransientEvent,
  type TransientEventAttributes,
  type TransientEventName,
  type UserMetadata,
} from '../../sdk/common/history.ts';
import type { Replies, Request, RequestKind } from '../../sdk/common/service.ts';
import * as activity from './activity.ts';
import * as activityOperations from './activity-operations.ts';
import * as childWorkflow from './child-workflow.ts';
import { type CheckedCommands, checkCommands, recordCommand } from './commands.ts';
import * as continueAsNew from './continue-as-new.ts';
import * as deletion from './deletion.ts';
import { dueItem, quarantine, tickItem } from './derived.ts';
import * as externalWorkflow from './external-workflow.ts';
import * as fork from './fork.ts';
import * as heldBack from './held-back.ts';
import * as importing from './import.ts';
import * as marker from './marker.ts';
import type { Apply, EventName, Handle, Place } from './noun.ts';
import * as parent from './parent.ts';
import * as requestIds from './request-ids.ts';
import * as reset from './reset.ts';
import * as schedule from './schedule.ts';
import * as signal from './signal.ts';
import * as standaloneActivity from './standalone-activity.ts';
import { type Execution, isSettled, newRun, type RunState, runByNumber } from './state.ts';
import * as timer from './timer.ts';
import * as update from './update.ts';
import * as versioning from './versioning.ts';
import * as visibility from './visibility.ts';
import * as workflowExecution from './workflow-execution.ts';
import * as workflowPause from './workflow-pause.ts';
import * as workflowTask from './workflow-task.ts';

export { forgetRun } from './deletion.ts';
export { nextDeadline, oweAgain, owesCallSince, takeEffects } from './derived.ts';
export { owedSince } from './owed-since.ts';
export { restore, snapshot } from './snapshot.ts';
export {
  type Execution,
  isOpen,
  newExecution,
  type RunState,
} from './state.ts';
export { workflowTaskState } from './workflow-task.ts';

/** The door's clock, fresh run ids, and what has been logged so far: a reset begins with a part of it. */
export interface CoreEnvironment {
  now: EpochMs;
  newRunId(): string;
  runLog(runNumber: number): Iterable<LogEvent>;
}

/** What belongs into the log of one run, in order. */
export interface Appended {
  runNumber: number;
  events: LogEvent[];
}

/**
 * `appended` is to be committed in both cases: a refused request may still have come with time that made something
 * due. It has several entries when a start terminates the run before it.
 */
export type Transitioned<K extends RequestKind> =
  | { appended: Appended[]; reply: Replies[K] }
  | { appended: Appended[]; refused: ServiceError };

const appliers: Apply<EventName> = {
  ...workflowExecution.apply,
  ...workflowTask.apply,
  ...heldBack.apply,
  ...activity.apply,
  ...timer.apply,
  ...signal.apply,
  ...marker.apply,
  ...continueAsNew.apply,
  ...childWorkflow.apply,
  ...externalWorkflow.apply,
  ...parent.apply,
  ...schedule.apply,
  ...update.apply,
  ...requestIds.apply,
  ...reset.apply,
  ...activityOperations.apply,
  ...workflowPause.apply,
  ...versioning.apply,
  ...visibility.apply,
  ...deletion.apply,
  ...importing.apply,
};

const handlers: Handle<RequestKind> = {
  ...workflowExecution.handle,
  ...workflowTask.handle,
  ...activity.handle,
  ...standaloneActivity.handle,
  ...signal.handle,
  ...childWorkflow.handle,
  ...externalWorkflow.handle,
  ...parent.handle,
  ...schedule.handle,
  ...update.handle,
  ...reset.handle,
  ...activityOperations.handle,
  ...workflowPause.handle,
  ...versioning.handle,
  ...visibility.handle,
  ...deletion.handle,
  ...fork.handle,
  ...importing.handle,
  Tick() {},
};

/** Answers one request. Throws only for a bug or a broken log (C5); a refusal is data. */
export function transition<K extends RequestKind>(
  execution: Execution,
  request: Request<K>,
  env: CoreEnvironment,
): Transitioned<K> {
  const t = new Transition(execution, env);
  tick(t);
  standaloneActivity.follow(t);
  const ticked = t.count;
  try {
    const handle = handlers[request.kind] as (t: Transition, request: Request<K>) => Replies[K];
    const reply = handle(t, request);
    standaloneActivity.follow(t);
    workflowTask.wake(t);
    return { appended: t.appended, reply };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (t.count !== ticked + t.remembered)
      throw new Error(`${request.kind} was refused after its first append`, { cause: error });
    workflowTask.wake(t);
    return { appended: t.appended, refused: error };
  }
}

/** Handles everything that is due, each item for itself: one that throws is set aside and named, the others go on. */
function tick(t: Transition): void {
  for (let key = dueItem(t.execution, t.now); key; key = dueItem(t.execution, t.now)) {
    const before = t.count;
    try {
      tickItem(t, key);
      if (t.count === before) quarantine(t.execution, key, 'it was due, but nothing came of it');
    } catch (error) {
      if (t.count !== before) throw error;
      quarantine(t.execution, key, error instanceof Error ? error.message : String(error));
    }
  }
}

/**
 * Rebuilds: the same `apply` as live. Rows of one run in their order; runs in the order of their numbers. Rows that
 * are kept elsewhere because they are overwritten (heartbeats) come last, in any order.
 */
export function applyLogged(execution: Execution, runNumber: number, events: LogEvent[]): void {
  for (const event of events) {
    if (isTransient(event)) {
      if (opensRun(event)) openRun(execution, runNumber);
      const run = runByNumber(execution, runNumber);
      // An older run is forgotten once it is settled: what was logged about it later changes nothing.
      if (run) applyTransient(execution, run, event);
      else if (runNumber >= execution.runNumber)
        throw new Error(`The log of run ${runNumber} has no first event`);
      continue;
    }
    applyStored(execution, runNumber, event);
  }
}

/** Of a run whose first event of history was another run's, or was written elsewhere. */
const opensRun = ({ transient }: TransientEvent): boolean =>
  transient === 'RunReset' || transient === 'RunImported';

function applyStored(execution: Execution, runNumber: number, event: HistoryEvent): void {
  const name = historyEventName(event.eventType);
  if (!name) throw new Error(`Unknown event type ${event.eventType}: written by a newer version`);
  // A reset has opened its run before.
  if (name === 'WorkflowExecutionStarted' && execution.runNumber !== runNumber) openRun(execution, runNumber);
  const run = execution.run;
  const eventId = Number(event.eventId);
  if (!run || run.runNumber !== runNumber || eventId !== run.nextEventId) {
    throw new Error(`The log is broken: run ${runNumber} does not go on with event ${event.eventId}`);
  }
  const time = fromTimestampJson(event.eventTime);
  const place: Place = { execution, eventId, time, userMetadata: event.userMetadata };
  applyHistory(run, name, attributesOf(event, name), place);
}

/** Makes room for a new run; the one before it is kept while it owes something. */
function openRun(execution: Execution, runNumber: number): void {
  const { run } = execution;
  if (run && !isSettled(run)) execution.olderRuns.set(run.runNumber, run);
  execution.runNumber = runNumber;
  execution.run = newRun(runNumber);
}

function applyHistory<N extends HistoryEventName>(
  run: RunState,
  name: N,
  attributes: HistoryEventAttributes[N],
  place: Place,
): void {
  const apply = appliers[name] as (
    run: RunState,
    attributes: HistoryEventAttributes[N],
    place: Place,
  ) => void;
  apply(run, attributes, place);
  const traits: EventTraits = historyEvents[name];
  if (traits.wakes) run.unseen = true;
  run.nextEventId = place.eventId + 1;
  run.lastEventTime = Math.max(run.lastEventTime, place.time);
}

function applyTransient(execution: Execution, run: RunState, event: TransientEvent): void {
  const apply = appliers[event.transient] as
    | ((run: RunState, attributes: unknown, place: Place) => void)
    | undefined;
  if (!apply) throw new Error(`Unknown event type ${event.transient}: written by a newer version`);
  apply(run, event.attributes, { execution, eventId: 0, time: event.time });
  run.lastEventTime = Math.max(run.lastEventTime, event.time);
}

/** The writer of one transition: what handlers use to make events. */
export class Transition {
  readonly execution: Execution;
  readonly now: EpochMs;
  readonly newRunId: () => string;
  readonly #runLog: CoreEnvironment['runLog'];
  readonly appended: Appended[] = [];
  /** Events so far. */
  count = 0;
  /** Of those, what a refusal may leave behind. */
  remembered = 0;

  constructor(execution: Execution, env: CoreEnvironment) {
    this.execution = execution;
    this.now = Math.max(env.now, execution.run?.lastEventTime ?? 0);
    this.newRunId = env.newRunId;
    this.#runLog = (runNumber) => env.runLog(runNumber);
  }

  /** The newest run. Handlers that may meet an id without one look at `execution.run`. */
  get run(): RunState {
    if (!this.execution.run) throw new Error('There is no run');
    return this.execution.run;
  }

  /**
   * Adds an event to history, or holds it back while a workflow task is started.
   * @returns its event id; 0 when it was held back
   */
  append<N extends HistoryEventName>(
    name: N,
    attributes: HistoryEventAttributes[N],
    options: { userMetadata?: UserMetadata; time?: EpochMs } = {},
  ): number {
    const { run } = this;
    const present = withoutAbsent(attributes);
    const traits: EventTraits = historyEvents[name];
    const time = options.time ?? this.now;
    if (traits.heldBack && run.workflowTask?.started) {
      this.note('EventHeldBack', { name, attributes: present, time } as HeldBackEvent);
      return 0;
    }
    const eventId = run.nextEventId;
    const { userMetadata } = options;
    this.push(run, makeHistoryEvent(name, eventId, toTimestampJson(time), present, userMetadata) as LogEvent);
    applyHistory(run, name, present, { execution: this.execution, eventId, time, userMetadata });
    return eventId;
  }

  /** Adds a transient event: in the log, never in history. */
  note<N extends TransientEventName>(
    name: N,
    attributes: TransientEventAttributes[N],
    run: RunState = this.run,
  ): void {
    const event = {
      transient: name,
      time: this.now,
      attributes: withoutAbsent(attributes),
    } as TransientEvent;
    this.push(run, event);
    applyTransient(this.execution, run, event);
  }

  /** Notes a refusal that must be given again. */
  remember<N extends TransientEventName>(name: N, attributes: TransientEventAttributes[N]): void {
    this.note(name, attributes);
    this.remembered++;
  }

  /** Begins the next run of this workflow id; the one before it must be closed. */
  startRun(
    attributes: HistoryEventAttributes['WorkflowExecutionStarted'],
    userMetadata?: UserMetadata,
  ): void {
    openRun(this.execution, this.execution.runNumber + 1);
    this.append('WorkflowExecutionStarted', attributes, { userMetadata });
  }

  /** Begins a run with history that another one had; the one before it must be closed. */
  startReset(origin: TransientEventAttributes['RunReset'], history: HistoryEvent[]): void {
    openRun(this.execution, this.execution.runNumber + 1);
    this.note('RunReset', origin);
    this.adopt(history);
  }

  /** A run that was written elsewhere; the one before it must be closed. */
  startImported(runId: string, history: HistoryEvent[]): void {
    openRun(this.execution, this.execution.runNumber + 1);
    this.note('RunImported', { runId });
    this.adopt(history);
    this.note('RunSealed', {});
  }

  private adopt(history: HistoryEvent[]): void {
    for (const event of history) {
      this.push(this.run, event);
      applyStored(this.execution, this.run.runNumber, event);
    }
  }

  /** All that was logged of a run, by this transition too. */
  *log(runNumber: number): Iterable<LogEvent> {
    yield* this.#runLog(runNumber);
    for (const part of this.appended) if (part.runNumber === runNumber) yield* part.events;
  }

  /** Checks all commands of a task, each in the light of those before it, without writing anything. */
  check(commands: Command[]): CheckedCommands {
    return checkCommands(this.run, commands, this.now);
  }

  execute(command: Command, workflowTaskCompletedEventId: string): void {
    recordCommand(this, command, workflowTaskCompletedEventId);
  }

  private push(run: RunState, event: LogEvent): void {
    const last = this.appended.at(-1);
    if (last?.runNumber === run.runNumber) last.events.push(event);
    else this.appended.push({ runNumber: run.runNumber, events: [event] });
    this.count++;
  }
}

/** Absent fields are left out, as in JSON, so that live and rebuilt state are made from the same attributes. */
function withoutAbsent<A extends object>(attributes: A): A {
  const present: Partial<A> = {};
  // By their names, not as entries: each event of each turn comes by here.
  for (const name of Object.keys(attributes) as Array<keyof A>)
    if (attributes[name] !== undefined) present[name] = attributes[name];
  return present as A;
}
