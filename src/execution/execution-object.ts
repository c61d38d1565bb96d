/**
 * One object: all runs of one workflow id. Platform-free; the Durable Object class is a thin shell around it, and tests
 * and `perdure/testing` make the same over memory.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import { type HistoryEvent, isTransient, type LogEvent } from '../../sdk/common/history.ts';
import type {
  ActivityTaskRef,
  DescribeWorkflowExecutionReply,
  ExecuteMultiOperationReply,
  ExecuteMultiOperationRequest,
  ForkWorkflowExecutionReply,
  ForkWorkflowExecutionRequest,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowResultReply,
  ImportWorkflowExecutionReply,
  ImportWorkflowExecutionRequest,
  PollWorkflowExecutionUpdateRequest,
  QueryWorkflowReply,
  QueryWorkflowRequest,
  Replies,
  Request,
  ServiceRequests,
  StartAndWaitReply,
  UpdateWorkflowExecutionReply,
  UpdateWorkflowExecutionRequest,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import { visibilityRecord } from '../core/describe.ts';
import type { Effect } from '../core/effect.ts';
import { type Execution, findRun, isOpen, owesRow, type RunState } from '../core/state.ts';
import { storedLength } from '../core/stored-payload.ts';
import { nextDeadline, oweAgain, owedSince, owesCallSince } from '../core/transition.ts';
import { visibilityDetails } from '../core/waiting-on.ts';
import { ActivityTasks } from './activity-tasks.ts';
import { Backup } from './backup.ts';
import { Copies } from './copies.ts';
import { DetailsWriter } from './details.ts';
import { closedWith } from './log.ts';
import { OperationCounter } from './operation-counter.ts';
import {
  type ActivityCallOutcome,
  type InternalRequestKind,
  internalRequests,
  type Outside,
} from './outside.ts';
import { Queries } from './queries.ts';
import { type FollowRuns, Reads } from './reads.ts';
import { Removal } from './removal.ts';
import { type AskRunLimits, Room } from './room.ts';
import { RowWriter } from './row-writer.ts';
import { notifySchedule } from './schedule-notice.ts';
import type { ExecutionStore } from './store.ts';
import { Turn, type TurnSettings } from './turn.ts';
import { TurnMeasures } from './turn-measures.ts';
import type { OpenTurn, TurnPorts } from './turn-ports.ts';
import { Updates } from './updates.ts';
import { Waiters } from './waiters.ts';
import { FRESH_MS, Waiting } from './waiting.ts';
import { watchTime } from './watch.ts';
import { WorkflowCalls } from './workflow-calls.ts';
import { WorkflowTasks } from './workflow-tasks.ts';

/** How long an object whose turn failed waits before it loads again; twice as long each time in a row. */
const REVIVE_MS = 1_000;
const LONGEST_REVIVE_MS = 60_000;
/** That lists know the row is no news to them: an object that has only noted it may sleep. */
const changesDetails = (event: LogEvent): boolean =>
  !isTransient(event) || event.transient !== 'VisibilityRecorded';
/** Lists do not show a longer memo; describe does. */
const LONGEST_LISTED_MEMO = 512 * 1024;
/** Taken up in the turn that owes it, where that can be. */
type TaskEffect = Extract<Effect, { kind: 'RunWorkflowTask' | 'DispatchActivityTask' }>;

export class ExecutionObject {
  readonly #outside: Outside;
  readonly #store: ExecutionStore;
  readonly #room: Room;
  readonly #turn: Turn;
  readonly #waiters: Waiters;
  readonly #waiting: Waiting;
  readonly #workflowTasks: WorkflowTasks;
  readonly activityTasks: ActivityTasks;
  readonly #workflowCalls: WorkflowCalls;
  readonly #reads: Reads;
  readonly #queries: Queries;
  readonly #updates: Updates;
  readonly #details: DetailsWriter;
  readonly backup: Backup;
  readonly #removal: Removal;
  readonly #rows: RowWriter;
  readonly #copies: Copies;
  readonly #measures: TurnMeasures | undefined;
  #reviving: (() => void) | undefined;
  /** Turns that failed since one was committed. */
  #failures = 0;

  constructor(
    namespace: string,
    workflowId: string,
    store: ExecutionStore,
    outside: Outside,
    settings: TurnSettings & { runLimits?: AskRunLimits } = {},
  ) {
    this.#outside = outside;
    this.#store = store;
    this.#room = new Room(() => this.#turn, settings.runLimits);
    const turn = (): Turn => this.#turn;
    const waiters = new Waiters(outside);
    const waiting = new Waiting(
      () => outside.now(),
      (effect) => this.#turn.loaded && owedSince(this.#turn.loaded, effect),
      () => this.#details.changed(),
    );
    const operations = outside.operations ?? new OperationCounter();
    const context = { namespace, workflowId, store, outside, waiters, waiting, turn, operations };
    this.#waiters = waiters;
    this.#waiting = waiting;
    this.#workflowTasks = new WorkflowTasks(context);
    this.activityTasks = new ActivityTasks(context);
    this.#workflowCalls = new WorkflowCalls(context);
    this.#reads = new Reads(context);
    this.#removal = new Removal({ ...context, reads: this.#reads });
    this.#copies = new Copies(context);
    this.#updates = new Updates({ ...context, reads: this.#reads });
    this.#queries = new Queries({ ...context, reads: this.#reads, workflowTasks: this.#workflowTasks });
    this.backup = new Backup({ ...context, workflowCalls: this.#workflowCalls, wake: () => this.alarm() });
    this.#details = new DetailsWriter(outside, () =>
      this.#turn.committed((execution) =>
        isOpen(execution.run) ? this.#visibilityRecord(execution, execution.run) : undefined,
      ),
    );
    this.#rows = new RowWriter({
      outside,
      details: this.#details,
      turn,
      row: (runId) => this.#owedRow((execution) => findRun(execution, runId)),
    });
    this.#measures = outside.measures && new TurnMeasures(outside.measures, store);
    const ports: TurnPorts = {
      now: () => outside.now(),
      newRunId: () => outside.newRunId(),
      absorb: (open, effects) => this.#absorb(open, effects),
      committed: (execution, events, logged) => this.#committed(execution, events, logged),
      forgotten: () => {
        this.#removal.forgotten();
        this.#waiters.wake();
      },
      loaded: (execution) => this.activityTasks.permits.loaded(execution),
      dropped: (corrupt) => {
        this.#removal.forgotten();
        this.#measures?.dropped();
        this.#workflowTasks.dropped();
        this.activityTasks.dropped();
        this.#waiting.clear();
        this.#revive(corrupt);
      },
      nextRetry: () => this.#nextWake(),
      ...(outside.gather && { gather: outside.gather }),
      log: (message, fields) => outside.log(message, { workflowId, ...fields }),
      operations,
    };
    this.#turn = new Turn(namespace, workflowId, store, ports, settings);
  }

  /** What a client may ask. */
  request<K extends keyof ServiceRequests>(request: Request<K>): Promise<Replies[K]> {
    return this.#room.ask(request.kind, () => this.#turn.submit(request));
  }

  /** What the objects of other workflows ask: they may speak as a parent, a child or another workflow. */
  async internal<K extends InternalRequestKind>(request: Request<K>): Promise<Replies[K]> {
    if (!internalRequests.includes(request.kind))
      throw invalidArgument(`kind: not internal: ${request.kind}`);
    const reply = await this.#turn.submit(request);
    // It was started before, and is over: a parent that was restored from a backup does not know.
    if (request.kind === 'StartWorkflowExecution')
      this.#outside.keepAlive(this.backup.tellParentAgain().catch(() => undefined));
    return reply;
  }

  update(request: UpdateWorkflowExecutionRequest): Promise<UpdateWorkflowExecutionReply> {
    return this.#room.ask('UpdateWorkflowExecution', () => this.#updates.update(request));
  }

  updateWithStart(request: ExecuteMultiOperationRequest): Promise<ExecuteMultiOperationReply> {
    return this.#room.ask('ExecuteMultiOperation', () => this.#updates.updateWithStart(request));
  }

  pollUpdate(request: PollWorkflowExecutionUpdateRequest): Promise<UpdateWorkflowExecutionReply> {
    return this.#updates.poll(request);
  }

  describe(runId: string | undefined): Promise<DescribeWorkflowExecutionReply> {
    return this.#reads.describe(runId);
  }

  history(request: GetWorkflowExecutionHistoryRequest): Promise<GetWorkflowExecutionHistoryReply> {
    return this.#reads.history(request);
  }

  /** `follow`: of the last run in the chain that goes on from the run. */
  result(
    runId: string | undefined,
    waitMs: number,
    follow: FollowRuns = true,
  ): Promise<GetWorkflowResultReply> {
    return this.#reads.result(runId, waitMs, follow);
  }

  /** A start, and the result of its chain in the same call. */
  async startAndWait(request: Request<'StartWorkflowExecution'>, waitMs: number): Promise<StartAndWaitReply> {
    const reply = await this.request(request);
    return { ...reply, result: await this.result(reply.runId, waitMs) };
  }

  query(request: QueryWorkflowRequest): Promise<QueryWorkflowReply> {
    return this.#queries.query(request);
  }

  fork(request: ForkWorkflowExecutionRequest & { requestId: string }): Promise<ForkWorkflowExecutionReply> {
    return this.#copies.fork(request);
  }

  import(request: ImportWorkflowExecutionRequest): Promise<ImportWorkflowExecutionReply> {
    return this.#copies.import(request);
  }

  /** The alarm. Like every turn it tolerates being early, late, doubled or for nothing. */
  async alarm(): Promise<void> {
    if (!this.#turn.exists) return this.#turn.alarm();
    this.#measureLateness();
    this.#workflowCalls.renew();
    await this.#turn.alarm();
    this.#retry();
    await this.#removal.expire();
  }

  /** Of an alarm that comes for something that is due. */
  #measureLateness(): void {
    const { measures } = this.#outside;
    if (!measures) return;
    const due = nextDeadline(this.#turn.execution);
    const late = due === undefined ? -1 : this.#outside.now() - due;
    if (late >= 0) measures.observe('perdure_alarm_lateness_seconds', [], late / 1_000);
  }

  /** A Worker has (re)appeared: everything that waits for one is tried again at once, pauses included. */
  async workerAppeared(): Promise<void> {
    if (!this.#turn.exists) return;
    this.#outside.workersChanged();
    await this.#turn.committed(oweAgain);
    this.#waiting.retryAll();
    await this.#turn.alarm();
    this.#retry();
  }

  /** An idempotent turn for the sweeper. Answers with the run's row; the newest run's without `runId`. */
  async poke(runId?: string): Promise<VisibilityRecord | undefined> {
    await this.alarm();
    if (!this.#turn.exists) return undefined;
    return this.#turn.committed((newest) => {
      if (!runId && !newest.run) return undefined;
      const execution = this.#reads.execution(runId);
      return this.#visibilityRecord(execution, execution.run!);
    });
  }

  /** The newest run's row, if visibility does not have it yet, and is not about to be given it. */
  async unwrittenRow(): Promise<VisibilityRecord | undefined> {
    const unwritten = ({ run }: Execution) => (run && this.#rows.isWaiting(run.runId) ? undefined : run);
    return this.#turn.exists ? this.#owedRow(unwritten) : undefined;
  }

  /** The consumer claims an attempt; `undefined` when its message is stale. */
  claimActivityTask(...claim: Parameters<ActivityTasks['claim']>): Promise<ActivityTask | undefined> {
    return this.activityTasks.claim(...claim);
  }

  /** The consumer reports what came of a call. */
  reportActivityTask(task: ActivityTaskRef, claimant: string, outcome: ActivityCallOutcome): Promise<void> {
    return this.activityTasks.report(task, claimant, outcome);
  }

  async #absorb(turn: OpenTurn, effects: Effect[]): Promise<Array<() => void>> {
    const afterCommit: Array<() => void> = [];
    for (const effect of effects) {
      if (effect.kind === 'RunWorkflowTask') afterCommit.push(await this.#workflowTasks.absorb(turn, effect));
      else if (effect.kind === 'DispatchActivityTask')
        afterCommit.push(this.activityTasks.absorb(turn, effect));
      else {
        if (effect.kind === 'CallActivityTask') this.activityTasks.expectCall();
        afterCommit.push(() => this.#carryOut(effect));
      }
    }
    return afterCommit;
  }

  #committed(execution: Execution, events: HistoryEvent[], logged: LogEvent[]): void {
    this.#failures = 0;
    this.#measures?.committed(execution, logged, this.#outside.now());
    this.#workflowTasks.committed(events);
    this.activityTasks.committed(execution, events);
    this.#updates.committed(execution);
    this.#reads.committed(execution, events);
    this.#waiters.wake();
    if (!isOpen(execution.run)) this.#details.over();
    else if (logged.some(changesDetails)) this.#details.changed();
  }

  /** For what found no Worker, and for what a Worker has. */
  #nextWake(): EpochMs | undefined {
    const outSince = [
      this.#turn.execution.run?.workflowTask?.started?.time,
      this.activityTasks.newestCall,
    ].filter((time) => time !== undefined);
    const times = [this.#waiting.nextRetry(), this.#removal.nextExpiry()].filter(
      (time) => time !== undefined,
    );
    const now = this.#outside.now();
    if (outSince.length > 0) times.push(watchTime(Math.max(...outSince), now));
    // What the last process owed is sent by this one, which may die of the same: the next is not to come by the debt's age.
    const freshUntil = this.#waiting.loadedTime + FRESH_MS;
    if (now < freshUntil && owesCallSince(this.#turn.execution, this.#waiting.loadedTime))
      times.push(freshUntil);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** After a turn that failed: what it owed is in nobody's memory, and the alarm may be far away. */
  #revive(corrupt: boolean): void {
    // What is corrupt now is corrupt a second later, too: the alarm looks again.
    if (this.#reviving || corrupt) return;
    const pause = Math.min(REVIVE_MS * 2 ** this.#failures++, LONGEST_REVIVE_MS);
    this.#reviving = this.#outside.after(pause, () => {
      this.#reviving = undefined;
      this.#turn.rearm();
    });
  }

  /** After the commit, what was not taken up before it. */
  #carryOut(effect: Exclude<Effect, TaskEffect>): void {
    switch (effect.kind) {
      case 'CallActivityTask':
        this.activityTasks.call(effect);
        break;
      case 'RecordVisibility':
        this.#rows.owed(findRun(this.#turn.execution, effect.runId));
        break;
      case 'DeleteRun':
        this.#removal.carryOut(effect);
        break;
      case 'NotifySchedule':
        notifySchedule(effect, { turn: () => this.#turn, store: this.#store, outside: this.#outside });
        break;
      default:
        this.#waiting.release(effect);
        this.#workflowCalls.carryOut(effect);
    }
  }

  #retry(): void {
    for (const effect of this.#waiting.due()) {
      if (effect.kind === 'RunWorkflowTask') this.#workflowTasks.carryOut(effect);
      else if (effect.kind === 'DispatchActivityTask') this.activityTasks.dispatch(effect);
      else this.#workflowCalls.carryOut(effect);
    }
  }

  #owedRow(find: (execution: Execution) => RunState | undefined): Promise<VisibilityRecord | undefined> {
    return this.#turn.committed((execution) => {
      const run = find(execution);
      return run && owesRow(run) ? this.#visibilityRecord(execution, run) : undefined;
    });
  }

  #visibilityRecord(execution: Execution, run: RunState): VisibilityRecord {
    const held = this.#waiting.taskReasons(run.runId);
    // Nothing is committed when nobody takes a task; when somebody does, something is.
    const sequence = this.#turn.sequence * 2 + (Object.keys(held).length > 0 ? 1 : 0);
    const details = { ...visibilityDetails(run, held, closedWith(this.#store, run)), sequence };
    const record = { ...visibilityRecord(execution, run, this.#outside.now()), details };
    const { memo: _, ...info } = record.info;
    const tooLarge = storedLength(record.info.memo) > LONGEST_LISTED_MEMO;
    return this.#turn.payloads.inline(run.runNumber, tooLarge ? { ...record, info } : record);
  }
}
