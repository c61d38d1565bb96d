/** What can be asked of an object without changing it: describe, history, result, query. */

import { toWire, type WorkflowExecutionStatus } from '../../sdk/common/enums.ts';
import { notFound, ServiceError } from '../../sdk/common/errors.ts';
import { type HistoryEvent, historyEventName, historyEvents } from '../../sdk/common/history.ts';
import { decodeHistoryToken, encodeHistoryToken } from '../../sdk/common/history-token.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import { nextRunOf } from '../../sdk/common/next-run.ts';
import type {
  DescribeWorkflowExecutionReply,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowResultReply,
} from '../../sdk/common/service.ts';
import { describeRun } from '../core/describe.ts';
import { headOf } from '../core/run-log.ts';
import { type Execution, isOpen, newExecution, type RunState } from '../core/state.ts';
import { storedLength } from '../core/stored-payload.ts';
import { applyLogged } from '../core/transition.ts';
import { routeOf } from '../core/versioning.ts';
import {
  addRows,
  decodeRow,
  firstSeq,
  isSealed,
  lastEvent,
  loggedEvents,
  MAX_PAGE_LENGTH,
  readHistory,
  runNumberOf,
} from './log.ts';
import type { OperationCounter } from './operation-counter.ts';
import type { Outside } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';
import type { Waiters } from './waiters.ts';
import type { Waiting } from './waiting.ts';

const DEFAULT_PAGE = 256;
const LONGEST_PAGE = 1_000;
/** Temporal's server answers a history long poll after 20 s at the latest. */
const LONG_POLL_MS = 20_000;

/** To the last run of the chain, and past resets of it, too. */
export type FollowRuns = boolean | 'resets';

export interface ReadsContext {
  readonly namespace: string;
  readonly workflowId: string;
  readonly store: ExecutionStore;
  readonly outside: Outside;
  readonly waiters: Waiters;
  readonly waiting: Waiting;
  readonly operations: OperationCounter;
  turn(): Turn;
}

export class Reads {
  readonly #context: ReadsContext;
  /** What closed the run that is in memory: whoever waits for it need not search the log. */
  #closed: { run: RunState; event: HistoryEvent } | undefined;
  constructor(context: ReadsContext) {
    this.#context = context;
  }

  /** @param events of the newest run, of the turn that was committed */
  committed({ run }: Execution, events: readonly HistoryEvent[]): void {
    const event = run && !isOpen(run) ? events.at(-1) : undefined;
    if (event) this.#closed = { run: run!, event };
  }

  /** The newest run, or the one asked for; older runs are folded from the log for the occasion. */
  execution(runId: string | undefined): Execution {
    const { execution } = this.#context.turn();
    if (!runId && !execution.run) throw notFound(`workflow not found for ID: ${this.#context.workflowId}`);
    if (!runId || execution.run?.runId === runId) return execution;
    return this.#fold(this.#olderRun(runId));
  }

  /** By its first events: what came after them is not read. */
  #olderRun(runId: string): number {
    const { store, workflowId } = this.#context;
    for (let runNumber = this.#context.turn().execution.runNumber - 1; runNumber >= 0; runNumber--)
      if (headOf(loggedEvents(store, runNumber))?.runId === runId) return runNumber;
    throw notFound(`workflow not found for ID: ${workflowId} and run ID: ${runId}`);
  }

  async describe(runId: string | undefined): Promise<DescribeWorkflowExecutionReply> {
    const { outside } = this.#context;
    const { run, reply } = await this.#context.turn().committed(() => {
      const { run, derived } = this.execution(runId);
      const reply = describeRun(run!, outside.now(), derived.quarantined);
      const newest = run === this.#context.turn().execution.run;
      if (newest) reply.operations = this.#context.operations.with(run!.operations);
      leaveOutExcess(reply);
      // Here and now: a heartbeat's payloads are gone with the next one.
      return { run, reply: this.#inline(run!.runNumber, reply) };
    });
    const problems = [...reply.problems, ...this.#context.waiting.callReasons(run!.runId)];
    const { pendingWorkflowTask: task } = reply;
    if (task?.state === 'PENDING_WORKFLOW_TASK_STATE_SCHEDULED') {
      const worker = await outside.findWorkflowWorker(run!.taskQueue, run!.workflowType, routeOf(run!));
      if ('waitingReason' in worker) task.waitingReason = worker.waitingReason;
      // Without one of its own, the reason why the Worker that had it gave it back.
      if (task.waitingReason) problems.push(task.waitingReason);
    }
    for (const activity of reply.pendingActivities) {
      if (activity.state !== 'PENDING_ACTIVITY_STATE_SCHEDULED') continue;
      const worker = await outside.findActivityWorker(
        activity.taskQueue ?? '',
        activity.activityType.name,
        routeOf(run!),
      );
      if ('waitingReason' in worker) activity.waitingReason = worker.waitingReason;
      if (activity.waitingReason) problems.push(activity.waitingReason);
    }
    return { ...reply, problems: [...new Set(problems)] };
  }

  async history(request: GetWorkflowExecutionHistoryRequest): Promise<GetWorkflowExecutionHistoryReply> {
    const token = decodeHistoryToken(request.nextPageToken);
    const { runId, runNumber } = await this.#run(token?.runId ?? request.execution.runId);
    const limit = Math.min(request.maximumPageSize || DEFAULT_PAGE, LONGEST_PAGE);
    const after = token?.eventId ?? 0;
    const open = (): boolean =>
      this.#closeEvent(runNumber) === undefined && !isSealed(this.#context.store, runNumber);
    const wait = request.waitNewEvent ? LONG_POLL_MS : 0;
    if (request.historyEventFilterType === 'HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT') {
      await this.#context.waiters.until(wait, () => {
        this.#requireStored(runId, runNumber);
        return { done: !open(), value: undefined };
      });
      const close = this.#closeEvent(runNumber);
      const events = close ? [this.#inline(runNumber, close)] : [];
      return {
        history: { events },
        ...(!close && { nextPageToken: encodeHistoryToken({ runId, eventId: after }) }),
      };
    }
    const page = await this.#context.waiters.until(wait, () => {
      this.#requireStored(runId, runNumber);
      const read = readHistory(this.#context.store, runNumber, after, limit, MAX_PAGE_LENGTH);
      return { done: read.events.length > 0 || !open(), value: read };
    });
    const last = Number(page.events.at(-1)?.eventId ?? after);
    // With more to come (or to wait for) there is a token; a closed run that was read to its end has none.
    const more = !page.last || (request.waitNewEvent === true && open());
    return {
      history: { events: page.refers ? this.#inline(runNumber, page.events) : page.events },
      ...(more && { nextPageToken: encodeHistoryToken({ runId, eventId: last }) }),
    };
  }

  async result(
    runId: string | undefined,
    waitMs: number,
    follow: FollowRuns,
  ): Promise<GetWorkflowResultReply> {
    try {
      return await this.#result(runId, waitMs, follow);
    } catch (error) {
      if (follow !== 'resets' || !(error instanceof ServiceError) || error.code !== 'NOT_FOUND') throw error;
      // Who knows the chain by its first run means all of it: one run that was deleted is not its end.
      const newest = await this.#context.turn().committed(({ run }) => run);
      if (!newest || newest.firstExecutionRunId !== runId) throw error;
      return this.#result(newest.runId, waitMs, follow);
    }
  }

  async #result(
    runId: string | undefined,
    waitMs: number,
    follow: FollowRuns,
  ): Promise<GetWorkflowResultReply> {
    let last = await this.#run(runId);
    const nextOf = (close: HistoryEvent | undefined): string | undefined => {
      if (!close || !follow) return undefined;
      const reset = (): string | undefined => this.execution(last.runId).run?.resetRunId;
      return nextRunOf(close) ?? (follow === 'resets' ? reset() : undefined);
    };
    const closeEvent = await this.#context.waiters.until(Math.min(waitMs, LONG_POLL_MS), () => {
      let value = this.#closeEvent(last.runNumber);
      for (let next = nextOf(value); next; next = nextOf(value)) {
        // The run that follows another one has the next number: no other start could come between them.
        last = { runId: next, runNumber: last.runNumber + 1 };
        value = this.#closeEvent(last.runNumber);
      }
      this.#requireStored(last.runId, last.runNumber);
      return { done: value !== undefined, value };
    });
    if (!closeEvent) return { pending: true, runId: last.runId };
    const status = toWire('workflowExecutionStatus', closeStatus(closeEvent)!);
    const event = this.#inline(last.runNumber, closeEvent);
    return { pending: false, runId: last.runId, status, closeEvent: event };
  }

  /** A page of a run's history as the archive keeps it. */
  page(runNumber: number, after: number): Promise<{ events: HistoryEvent[]; last: boolean }> {
    return this.#context.turn().committed(() => {
      const { store } = this.#context;
      const { events, last } = readHistory(store, runNumber, after, LONGEST_PAGE, MAX_PAGE_LENGTH);
      return { events: this.#inline(runNumber, events), last };
    });
  }

  /** It may be deleted while somebody waits for it. */
  #requireStored(runId: string, runNumber: number): void {
    if (this.#context.store.lastSeq(runNumber) !== undefined) return;
    throw notFound(`workflow not found for ID: ${this.#context.workflowId} and run ID: ${runId}`);
  }

  #inline<T>(runNumber: number, value: T): T {
    return this.#context.turn().payloads.inline(runNumber, value);
  }

  #run(runId: string | undefined): Promise<{ runId: string; runNumber: number }> {
    return this.#context.turn().committed(({ run }) => {
      if (runId && runId !== run?.runId) return { runId, runNumber: this.#olderRun(runId) };
      const { runNumber } = this.execution(runId);
      return { runId: run!.runId, runNumber };
    });
  }

  /** From the log: what is in memory may belong to a turn that is not committed. But it is never behind the log. */
  #closeEvent(runNumber: number): HistoryEvent | undefined {
    const { loaded } = this.#context.turn();
    if (loaded?.runNumber === runNumber && isOpen(loaded.run)) return undefined;
    const closed = this.#closed;
    const isKept = closed && loaded?.runNumber === runNumber && loaded.run === closed.run;
    const event = isKept ? closed.event : lastEvent(this.#context.store, runNumber);
    return event && closeStatus(event) ? event : undefined;
  }

  #fold(runNumber: number): Execution {
    const { namespace, workflowId, store } = this.#context;
    const execution = newExecution(namespace, workflowId);
    for (const row of store.rows(firstSeq(runNumber), firstSeq(runNumber + 1))) {
      const events = decodeRow(row);
      applyLogged(execution, runNumberOf(row.seq), events);
      addRows(execution.run!, [row], events);
    }
    return execution;
  }
}

/** Leaves out details that are more than one reply can carry, and says so. */
function leaveOutExcess(reply: DescribeWorkflowExecutionReply): void {
  const { pendingActivities, ...rest } = reply;
  let room = MAX_MESSAGE_BYTES - storedLength(rest);
  let left = 0;
  for (const activity of pendingActivities) {
    const length = storedLength(activity);
    room -= length;
    if (length === 0 || room >= 0) continue;
    room += length;
    left++;
    delete activity.heartbeatDetails;
    if (activity.lastFailure) activity.lastFailure = { message: activity.lastFailure.message ?? '' };
  }
  if (left > 0)
    reply.problems.push(`Details of ${left} pending activities are not shown: they are too large together.`);
}

/** The status that an event gives its run, if it closes it: they are named alike. */
function closeStatus({ eventType }: HistoryEvent): WorkflowExecutionStatus | undefined {
  const name = historyEventName(eventType);
  if (!name || !('closes' in historyEvents[name])) return undefined;
  return eventType.slice('EVENT_TYPE_WORKFLOW_EXECUTION_'.length) as WorkflowExecutionStatus;
}
