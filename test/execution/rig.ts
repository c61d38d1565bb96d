/** One object over memory, with a clock, Workers and a network that a test holds in its hands. */

import type { Command } from '../../sdk/common/command.ts';
import type { HistoryEvent, WorkflowExecution } from '../../sdk/common/history.ts';
import type { ActivityTaskRef, Request, VisibilityRecord } from '../../sdk/common/service.ts';
import type {
  ActivityTask,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../../sdk/common/worker-protocol.ts';
import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { decodeRow, historyEvents } from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import { OperationCounter } from '../../src/execution/operation-counter.ts';
import type {
  ActivityCallOutcome,
  ActivityWorker,
  Outside,
  WorkflowWorker,
} from '../../src/execution/outside.ts';
import type { AskRunLimits } from '../../src/execution/room.ts';
import type { Commit, ExecutionStore } from '../../src/execution/store.ts';

export const EPOCH = Date.UTC(2030, 0, 1);
const immediate = globalThis.setImmediate;

export const done = (...commands: Command[]): WorkflowTaskAnswer => ({ completed: { commands } });
export const payloads = (...values: unknown[]) => ({
  payloads: values.map((value) => ({
    metadata: { encoding: btoa('json/plain') },
    data: btoa(JSON.stringify(value)),
  })),
});

/** What a Worker holds of a run: the events it was given, and whether it was let go. */
export class FakeSession implements WorkflowSession {
  readonly events: HistoryEvent[] = [];
  disposed = false;
  /** The Worker has ended it. */
  ended = false;
  readonly #rig: Rig;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  async feed(events: HistoryEvent[]): Promise<void> {
    this.events.push(...events);
  }

  runWorkflowTask(events: HistoryEvent[]): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    this.events.push(...events);
    return this.#rig.work(this);
  }

  proceed(): Promise<WorkflowTaskAnswer> {
    return this.#rig.proceed(this);
  }

  async query(events: HistoryEvent[]): Promise<WorkflowQueryAnswer> {
    this.events.push(...events);
    return { result: payloads(this.signals) };
  }

  get signals(): string[] {
    return signalNames(this.events);
  }

  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

/** A MemoryStore that can be told to fail, and counts. */
export class WatchedStore extends MemoryStore {
  readonly commits: Commit[] = [];
  fail: 'before' | 'after' | undefined;

  override commit(commit: Commit): void {
    if (this.fail === 'before') throw new Error('the disk is full');
    super.commit(commit);
    this.commits.push(commit);
    if (this.fail === 'after') throw new Error('stored, but the answer was lost');
  }
}

export class Rig {
  now = EPOCH;
  store: ExecutionStore = new WatchedStore();
  object: ExecutionObject;
  /** How a workflow task is answered. */
  work: (session: FakeSession) => Promise<WorkflowTaskAnswer | WorkflowTaskPause> = async () => done();
  /** The same for the rest of a task that paused. */
  proceed: (session: FakeSession) => Promise<WorkflowTaskAnswer> = async () => done();
  /** What a session waits for before it is open. */
  opening: () => Promise<void> = async () => undefined;
  call: (task: ActivityTask) => Promise<ActivityCallOutcome> = () => new Promise(() => undefined);
  served = true;
  peeks = true;
  keepsSessions = true;
  rowPauseMs = 0;
  detailsPauseMs: number | undefined;
  inlineBoundMs = Number.POSITIVE_INFINITY;
  /** What a turn waits for when the one before took several requests. */
  gather: () => Promise<void> = async () => undefined;
  dispatch: 'queue' | 'direct' = 'direct';
  /** What the Queue makes of a pointer. */
  sending: () => Promise<void> = async () => undefined;
  readonly sessions: FakeSession[] = [];
  readonly sent: ActivityTaskRef[] = [];
  readonly recorded: VisibilityRecord[] = [];
  /** Schedules that were told of a run's end. */
  readonly notified: string[] = [];
  removing: (run: WorkflowExecution) => Promise<void> = async () => undefined;
  retention: Outside['retention'];
  archive: Outside['archive'];
  readonly logged: string[] = [];
  /** Of the object as it was loaded last. */
  operations = new OperationCounter();
  readonly #timers = new Set<{ time: number; callback: () => void }>();
  #runs = 0;

  constructor(store?: ExecutionStore) {
    if (store) this.store = store;
    this.object = this.load();
  }

  get watched(): WatchedStore {
    return this.store as WatchedStore;
  }

  /** A new object over what is stored: what an eviction or a crash leaves. */
  load(
    rowsPerSnapshot?: number,
    maxPayloadBytes?: number,
    runLimits?: ReturnType<AskRunLimits>,
  ): ExecutionObject {
    const settings = {
      rowsPerSnapshot,
      maxPayloadBytes,
      ...(runLimits && { runLimits: () => runLimits }),
    };
    this.object = new ExecutionObject('default', 'order-1', this.store, this.#outside(), settings);
    return this.object;
  }

  start(options: Partial<Request<'StartWorkflowExecution'>> = {}) {
    return this.object.request({
      kind: 'StartWorkflowExecution',
      namespace: 'default',
      workflowId: 'order-1',
      workflowType: { name: 'order' },
      taskQueue: { name: 'orders' },
      ...options,
    });
  }

  signal(signalName: string, requestId?: string) {
    const workflowExecution = { workflowId: 'order-1' };
    const request = { namespace: 'default', workflowExecution, signalName, requestId };
    return this.object.request({ kind: 'SignalWorkflowExecution', ...request });
  }

  terminate() {
    const workflowExecution = { workflowId: 'order-1' };
    return this.object.request({
      kind: 'TerminateWorkflowExecution',
      namespace: 'default',
      workflowExecution,
    });
  }

  /** Until nothing moves by itself any more. */
  async settled(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => immediate(resolve));
  }

  /** Lets time pass: timers first, then the alarm if it is due. */
  async advance(ms: number): Promise<void> {
    this.now += ms;
    for (const timer of [...this.#timers].filter(({ time }) => time <= this.now)) {
      this.#timers.delete(timer);
      timer.callback();
    }
    await this.settled();
    const { alarm } = this.watched;
    if (alarm === undefined || alarm > this.now) return;
    this.watched.alarm = undefined;
    await this.object.alarm();
    await this.settled();
  }

  /** Something keeps the object awake that has no work. */
  get awake(): boolean {
    return this.#timers.size > 0;
  }

  history(runNumber = 0): HistoryEvent[] {
    const span = 2 ** 28;
    const rows = [...this.store.rows(runNumber * span, (runNumber + 1) * span)];
    return historyEvents(rows.flatMap(decodeRow));
  }

  types(runNumber = 0): string[] {
    return this.history(runNumber).map(({ eventType }) => eventType.slice('EVENT_TYPE_'.length));
  }

  #outside(): Outside {
    const workflow: WorkflowWorker = {
      id: 'w1',
      identity: 'worker-1',
      keepsSessions: this.keepsSessions,
      open: async () => {
        await this.opening();
        const session = new FakeSession(this);
        this.sessions.push(session);
        return session;
      },
      failed: (reason) => void this.logged.push(`failed: ${reason}`),
    };
    const activity: ActivityWorker = { id: 'w1', identity: 'worker-1', call: (task) => this.call(task) };
    const missing = (taskQueue: string) => ({ waitingReason: `no Worker serves task queue "${taskQueue}"` });
    this.operations = new OperationCounter();
    return {
      operations: this.operations,
      now: () => this.now,
      newRunId: () => `run-${++this.#runs}`,
      after: (ms, callback) => {
        const timer = { time: this.now + ms, callback };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
      gather: () => this.gather(),
      inlineBoundMs: this.inlineBoundMs,
      peekWorkflowWorker: () => (this.served && this.peeks ? workflow : undefined),
      findWorkflowWorker: async (taskQueue) => (this.served ? workflow : missing(taskQueue)),
      destinationOf: () => ({}),
      peekActivityWorker: () => (this.served && this.peeks ? activity : undefined),
      findActivityWorker: async (taskQueue) => (this.served ? activity : missing(taskQueue)),
      dispatchOf: () => this.dispatch,
      sendActivityTask: async (task) => {
        await this.sending();
        this.sent.push(task);
      },
      notifySchedule: async (scheduleId) => void this.notified.push(scheduleId),
      rowPauseMs: this.rowPauseMs,
      ...(this.detailsPauseMs !== undefined && { detailsPauseMs: this.detailsPauseMs }),
      recordVisibility: async (record) => void this.recorded.push(record),
      removeVisibility: async (run) => this.removing(run),
      ...(this.retention && { retention: this.retention }),
      ...(this.archive && { archive: this.archive }),
      noteWaiting: () => undefined,
      callExecution: () => Promise.reject(new Error('there is only one workflow here')),
      chainResult: () => Promise.reject(new Error('there is only one workflow here')),
      workersChanged: () => undefined,
      engineUrl: () => undefined,
      keepAlive: () => undefined,
      log: (message) => void this.logged.push(message),
    };
  }
}

export function signalNames(events: HistoryEvent[]): string[] {
  return events.flatMap((event) =>
    event.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED'
      ? [event.workflowExecutionSignaledEventAttributes.signalName]
      : [],
  );
}
