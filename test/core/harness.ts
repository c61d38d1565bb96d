/** Drives one execution over a virtual clock, keeps its log as a store would, and speaks in whole moves. */

import {
  type Command,
  type CommandAttributes,
  makeCommand,
  type UpdateMessage,
} from '../../sdk/common/command.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
  isTransient,
  type LogEvent,
  type TransientEvent,
  type TransientEventName,
} from '../../sdk/common/history.ts';
import type {
  ActivityTaskRef,
  Replies,
  Request,
  RequestKind,
  Requests,
  StartWorkflowExecutionRequest,
} from '../../sdk/common/service.ts';
import type { Effect } from '../../src/core/effect.ts';
import {
  type Appended,
  applyLogged,
  type Execution,
  newExecution,
  nextDeadline,
  type RunState,
  restore,
  snapshot,
  takeEffects,
  transition,
} from '../../src/core/transition.ts';

/** Monday, 2026-11-02T00:00:00Z. */
export const EPOCH = 1_793_577_600_000;
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const payloads = (value: unknown) => ({
  payloads: [{ metadata: { encoding: btoa('json/plain') }, data: btoa(JSON.stringify(value)) }],
});
export const applicationFailure = (
  message: string,
  info: NonNullable<Failure['applicationFailureInfo']> = {},
): Failure => ({ message, applicationFailureInfo: info });

export const scheduleActivity = (
  activityId: string,
  options: Partial<CommandAttributes['ScheduleActivityTask']> = {},
): Command =>
  makeCommand('ScheduleActivityTask', {
    activityId,
    activityType: { name: 'withdraw' },
    startToCloseTimeout: '60s',
    ...options,
  });
export const startTimer = (timerId: string, startToFireTimeout: string): Command =>
  makeCommand('StartTimer', { timerId, startToFireTimeout });
export const cancelTimer = (timerId: string): Command => makeCommand('CancelTimer', { timerId });
export const requestCancelActivity = (scheduledEventId: number): Command =>
  makeCommand('RequestCancelActivityTask', { scheduledEventId: String(scheduledEventId) });
export const completeWorkflow = (result?: unknown): Command =>
  makeCommand('CompleteWorkflowExecution', result === undefined ? {} : { result: payloads(result) });

export const failWorkflow = (message = 'no', info?: Parameters<typeof applicationFailure>[1]): Command =>
  makeCommand('FailWorkflowExecution', { failure: applicationFailure(message, info) });
export const continueAsNew = (
  options: Partial<CommandAttributes['ContinueAsNewWorkflowExecution']> = {},
): Command =>
  makeCommand('ContinueAsNewWorkflowExecution', { workflowType: { name: 'moneyTransfer' }, ...options });
export const startChild = (
  workflowId: string,
  options: Partial<CommandAttributes['StartChildWorkflowExecution']> = {},
): Command =>
  makeCommand('StartChildWorkflowExecution', { workflowId, workflowType: { name: 'child' }, ...options });
export const signalExternal = (
  workflowId: string,
  options: Partial<CommandAttributes['SignalExternalWorkflowExecution']> = {},
): Command =>
  makeCommand('SignalExternalWorkflowExecution', { execution: { workflowId }, signalName: 'go', ...options });
export const cancelExternal = (
  workflowId: string,
  options: Partial<CommandAttributes['RequestCancelExternalWorkflowExecution']> = {},
): Command => makeCommand('RequestCancelExternalWorkflowExecution', { workflowId, ...options });

const message = (updateId: string, message: UpdateMessage): Command =>
  makeCommand('ProtocolMessage', { messageId: `${updateId}/${Object.keys(message)[0]}`, updateId, message });
export const acceptUpdate = (updateId: string): Command =>
  message(updateId, {
    acceptance: { acceptedRequestMessageId: `${updateId}/request`, acceptedRequestSequencingEventId: '0' },
  });
export const rejectUpdate = (updateId: string): Command =>
  message(updateId, { rejection: { failure: applicationFailure('no such thing') } });
export const completeUpdate = (updateId: string, result: unknown = null): Command =>
  message(updateId, { response: { outcome: { success: payloads(result) } } });
export const failUpdate = (updateId: string): Command =>
  message(updateId, { response: { outcome: { failure: applicationFailure('too late') } } });

/** A run's parent, as a start request names it. */
export const parent = {
  namespace: 'default',
  workflowId: 'parent-1',
  runId: 'parent-run',
  initiatedEventId: 5,
  rootWorkflowExecution: { workflowId: 'root-1', runId: 'root-run' },
};

/** The refusal that an action is answered with; fails when it was not refused. */
export function refusedWith(action: () => unknown): ServiceError {
  try {
    action();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

export class Driver {
  execution: Execution = newExecution('default', 'order-1');
  now = EPOCH;
  readonly log: Appended[] = [];
  #runs = 0;

  /** Answers, or throws the refusal; in both cases the log gets what was appended. */
  send<K extends RequestKind>(kind: K, body: Requests[K]): Replies[K] {
    const request = { kind, ...body } as unknown as Request<K>;
    const newRunId = () => `run-${this.#runs++}`;
    const runLog = (runNumber: number) => this.events(runNumber);
    const result = transition(this.execution, request, { now: this.now, newRunId, runLog });
    this.log.push(...(JSON.parse(JSON.stringify(result.appended)) as Appended[]));
    if ('refused' in result) throw result.refused;
    return result.reply;
  }

  /** The code of the refusal; fails when the request was not refused. */
  refusal<K extends RequestKind>(kind: K, body: Requests[K]): ServiceError {
    return refusedWith(() => this.send(kind, body));
  }

  get run(): RunState {
    return this.execution.run!;
  }

  tick(): void {
    this.send('Tick', {});
  }

  /** Lets time pass, then ticks, as an alarm that fires late would. */
  advance(ms: number): void {
    this.now += ms;
    this.tick();
  }

  /** Ticks at every deadline on the way, as alarms that fire in time would. */
  walk(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.effects();
      const next = nextDeadline(this.execution);
      if (next === undefined || next > end) break;
      this.now = Math.max(next, this.now);
      this.tick();
    }
    this.now = end;
  }

  effects(): Effect[] {
    return takeEffects(this.execution, this.now);
  }
  effectsOf<E extends Effect['kind']>(kind: E): Array<Extract<Effect, { kind: E }>> {
    return this.effects().filter((effect) => effect.kind === kind) as Array<Extract<Effect, { kind: E }>>;
  }
  get deadline(): number | undefined {
    return nextDeadline(this.execution);
  }

  start(options: Partial<StartWorkflowExecutionRequest> = {}) {
    return this.send('StartWorkflowExecution', startRequest(options));
  }

  signal(signalName: string, requestId?: string): void {
    const workflowExecution = { workflowId: 'order-1' };
    this.send('SignalWorkflowExecution', { namespace: 'default', workflowExecution, signalName, requestId });
  }

  update(updateId: string, name = 'set') {
    return this.send('UpdateWorkflowExecution', updateRequest(updateId, name));
  }
  cancel(): void {
    const workflowExecution = { workflowId: 'order-1' };
    this.send('RequestCancelWorkflowExecution', { namespace: 'default', workflowExecution });
  }

  startTask() {
    return this.send('RecordWorkflowTaskStarted', { runId: this.run.runId, identity: 'worker' });
  }
  completeTask(commands: Command[] = []): void {
    const { startedEventId } = this.run.workflowTask!.started!;
    const { attempt } = this.run.workflowTask!;
    const { runId } = this.run;
    this.send('RespondWorkflowTaskCompleted', {
      runId,
      startedEventId,
      attempt,
      commands,
      identity: 'worker',
    });
  }
  failTask(cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE', message = 'boom'): void {
    const { startedEventId } = this.run.workflowTask!.started!;
    const { attempt } = this.run.workflowTask!;
    const { runId } = this.run;
    this.send('RespondWorkflowTaskFailed', { runId, startedEventId, attempt, cause, failure: { message } });
  }
  releaseTask(reason = 'no Worker'): void {
    const { startedEventId } = this.run.workflowTask!.started!;
    const { attempt } = this.run.workflowTask!;
    this.send('ReleaseWorkflowTask', { runId: this.run.runId, startedEventId, attempt, reason });
  }
  /** Starts a task and answers it with commands. */
  runTask(...commands: Command[]): void {
    this.startTask();
    this.completeTask(commands);
  }

  /** Lets a task become due, starts it and answers it with commands. */
  runTaskAfterSignal(...commands: Command[]): void {
    this.signal('wake up');
    this.runTask(...commands);
  }

  /** The current attempt of a pending activity. */
  task(activityId: string): ActivityTaskRef {
    const scheduledEventId = this.run.activityIds.get(activityId)!;
    const { attempt } = this.run.activities.get(scheduledEventId)!;
    return { namespace: 'default', workflowId: 'order-1', runId: this.run.runId, scheduledEventId, attempt };
  }
  claim(activityId: string, claimant = 'message-1') {
    return this.send('RecordActivityTaskStarted', { task: this.task(activityId), claimant });
  }
  complete(activityId: string, result?: unknown): void {
    const task = this.task(activityId);
    this.send('RespondActivityTaskCompleted', {
      task,
      ...(result !== undefined && { result: payloads(result) }),
    });
  }
  fail(activityId: string, failure: Failure = applicationFailure('no funds')): void {
    this.send('RespondActivityTaskFailed', { task: this.task(activityId), failure });
  }

  events(runNumber = this.execution.runNumber): LogEvent[] {
    return this.log.filter((part) => part.runNumber === runNumber).flatMap((part) => part.events);
  }
  history(runNumber?: number): HistoryEvent[] {
    return this.events(runNumber).filter((event) => !isTransient(event)) as HistoryEvent[];
  }
  /** History as event names, without the run's first event and its task's three. */
  names(from = 1): string[] {
    return this.history()
      .slice(from - 1)
      .map((event) => historyEventName(event.eventType)!);
  }
  transient<N extends TransientEventName>(name: N): Array<TransientEvent<N>> {
    const events = this.events().filter((event) => isTransient(event) && event.transient === name);
    return events as Array<TransientEvent<N>>;
  }
  last<N extends HistoryEventName>(name: N): HistoryEventAttributes[N] {
    const event = this.history().findLast((e) => historyEventName(e.eventType) === name);
    if (!event) throw new Error(`no ${name} in history`);
    return attributesOf(event, name);
  }

  /** Forgets everything derived and goes on from a snapshot, as a load does. */
  reload(): void {
    const text = JSON.stringify(snapshot(this.execution));
    this.execution = newExecution('default', this.execution.workflowId);
    restore(this.execution, JSON.parse(text));
  }
}

export function startRequest(
  options: Partial<StartWorkflowExecutionRequest> = {},
): StartWorkflowExecutionRequest {
  return {
    namespace: 'default',
    workflowId: 'order-1',
    workflowType: { name: 'moneyTransfer' },
    taskQueue: { name: 'money' },
    ...options,
  };
}

export const updateRequest = (updateId: string, name = 'set', runId?: string) => ({
  namespace: 'default',
  workflowExecution: { workflowId: 'order-1', ...(runId && { runId }) },
  request: { meta: { updateId }, input: { name, args: payloads(updateId) } },
});

/** A running workflow whose first task has been answered with these commands. */
export function running(...commands: Command[]): Driver {
  const driver = new Driver();
  driver.start();
  driver.runTask(...commands);
  return driver;
}

export const stateOf = (execution: Execution): unknown => JSON.parse(JSON.stringify(snapshot(execution)));

/** State folded from a log: run after run; overwritten rows (heartbeats) last, as a store returns them. */
export function fold(log: Appended[]): Execution {
  const execution = newExecution('default', 'order-1');
  const numbers = [...new Set(log.map((part) => part.runNumber))].sort((a, b) => a - b);
  const progress = new Map<number, LogEvent>();
  for (const number of numbers) {
    const events = log.filter((part) => part.runNumber === number).flatMap((part) => part.events);
    applyLogged(
      execution,
      number,
      events.filter((event) => !isHeartbeat(event)),
    );
    progress.clear();
    for (const event of events)
      if (isHeartbeat(event)) progress.set(event.attributes.scheduledEventId, event);
  }
  applyLogged(execution, execution.runNumber, [...progress.values()]);
  return execution;
}
const isHeartbeat = (event: LogEvent): event is TransientEvent<'ActivityTaskHeartbeatRecorded'> =>
  isTransient(event) && event.transient === 'ActivityTaskHeartbeatRecorded';
