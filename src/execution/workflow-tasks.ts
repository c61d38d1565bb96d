/**
 * Carries out workflow tasks of the newest run: inside the turn with a warm session, else after its commit.
 * At most one task is out at a time. An answer counts only if its attempt is still the current one; the core refuses
 * all others, so that nothing here has to remember what became stale.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import type { Request, WorkflowTaskStartedReply } from '../../sdk/common/service.ts';
import type { WorkflowTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import type { Effect } from '../core/effect.ts';
import { readHistory } from './log.ts';
import type { Outside, WorkflowWorker } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import type { OpenTurn, Turn } from './turn.ts';
import type { Waiting } from './waiting.ts';
import { WarmSession } from './warm-session.ts';

type RunWorkflowTask = Extract<Effect, { kind: 'RunWorkflowTask' }>;

const HISTORY_PAGE = 1_000;
/** Both sides must be free to sleep. */
const SESSION_IDLE_MS = 5_000;

export interface WorkflowTasksContext {
  readonly namespace: string;
  readonly workflowId: string;
  readonly store: ExecutionStore;
  readonly outside: Outside;
  readonly waiting: Waiting;
  turn(): Turn;
}

export class WorkflowTasks {
  readonly #context: WorkflowTasksContext;
  #session: WarmSession | undefined;
  #stopIdleTimer: (() => void) | undefined;
  /** The turn that has run a task inline already: one a turn, so that everybody's requests get their commit. */
  #ranIn: OpenTurn | undefined;

  constructor(context: WorkflowTasksContext) {
    this.#context = context;
  }

  /** Before the commit. Answers with what is left to do after it. */
  async absorb(turn: OpenTurn, effect: RunWorkflowTask): Promise<() => void> {
    const session = this.#warm(effect.runId);
    if (session && effect.attempt === 1 && !turn.cold && this.#ranIn !== turn) {
      this.#ranIn = turn;
      return this.#inline(turn, session, effect);
    }
    if (this.#ranIn === turn) return () => this.carryOut(effect);
    const worker = this.#context.outside.peekWorkflowWorker(effect.taskQueue, effect.workflowType);
    if (!worker) return () => this.carryOut(effect);
    const task = turn.apply({
      kind: 'RecordWorkflowTaskStarted',
      runId: effect.runId,
      identity: worker.identity,
    });
    return () => this.#later(this.#call(task, worker));
  }

  /** After the commit, for a task that could not be started within it. */
  carryOut(effect: RunWorkflowTask): void {
    this.#later(this.#start(effect));
  }

  committed(events: HistoryEvent[]): void {
    this.#session?.committed(events);
  }

  dispose(): void {
    this.#session?.dispose();
    this.#session = undefined;
    this.#stopIdleTimer?.();
    this.#stopIdleTimer = undefined;
  }

  /** A session at the committed state, for a query: the warm one, or a new one fed with all of history. */
  async sessionForQuery(runId: string, worker: WorkflowWorker, runNumber: number): Promise<WarmSession> {
    const warm = this.#warm(runId);
    if (warm) return warm;
    const session = await this.#open(runId, worker);
    await this.#feedAll(session, runNumber);
    return session;
  }

  #warm(runId: string): WarmSession | undefined {
    const session = this.#session;
    return session && !session.disposed && session.runId === runId ? session : undefined;
  }

  /** Runs the task in the turn, for a bounded time; past it the turn commits and the same call is awaited after it. */
  async #inline(turn: OpenTurn, session: WarmSession, effect: RunWorkflowTask): Promise<() => void> {
    const { identity } = session.worker;
    const task = turn.apply({ kind: 'RecordWorkflowTaskStarted', runId: effect.runId, identity });
    const call = session.runWorkflowTask([...turn.events, ...task.virtualEvents]);
    const answer = await this.#bounded(call);
    if (answer === 'late') return () => this.#later(this.#finish(task, session, call));
    if ('lost' in answer) {
      this.#lost(session, answer.lost);
      turn.apply({ kind: 'ReleaseWorkflowTask', ...attemptOf(task), reason: answer.lost });
      return () => undefined;
    }
    turn.apply(respond(task, answer));
    return () => this.#afterAnswer(session, task);
  }

  async #bounded(call: Promise<WorkflowTaskAnswer>): Promise<WorkflowTaskAnswer | { lost: string } | 'late'> {
    const answer = call.catch((error: unknown) => ({ lost: textOf(error) }));
    const { inlineBoundMs } = this.#context.outside;
    if (inlineBoundMs === Number.POSITIVE_INFINITY) return answer;
    let stop: () => void = () => undefined;
    const late = new Promise<'late'>((resolve) => {
      stop = this.#context.outside.after(inlineBoundMs, () => resolve('late'));
    });
    const first = await Promise.race([answer, late]);
    stop();
    return first;
  }

  async #start(effect: RunWorkflowTask): Promise<void> {
    const { outside, waiting } = this.#context;
    const worker = await outside.findWorkflowWorker(effect.taskQueue, effect.workflowType);
    if ('waitingReason' in worker) {
      waiting.hold(effect, worker.waitingReason);
      outside.noteWaiting(effect.taskQueue);
      this.#context.turn().rearm();
      return;
    }
    const { runId } = effect;
    const request = { kind: 'RecordWorkflowTaskStarted', runId, identity: worker.identity } as const;
    const task = await this.#context.turn().submit(request);
    await this.#call(task, worker);
  }

  async #call(task: WorkflowTaskStartedReply, worker: WorkflowWorker): Promise<void> {
    let session: WarmSession;
    try {
      session = (task.attempt === 1 && this.#warm(task.runId)) || (await this.#openFor(task, worker));
    } catch (error) {
      worker.failed(textOf(error));
      await this.#release(task, textOf(error));
      return;
    }
    await this.#finish(task, session, session.runWorkflowTask(task.virtualEvents));
  }

  async #finish(
    task: WorkflowTaskStartedReply,
    session: WarmSession,
    call: Promise<WorkflowTaskAnswer>,
  ): Promise<void> {
    let answer: WorkflowTaskAnswer;
    try {
      answer = await call;
    } catch (error) {
      this.#lost(session, textOf(error));
      await this.#release(task, textOf(error));
      return;
    }
    if ('failed' in answer) this.#log(task, answer.failed.cause, answer.failed.failure.message ?? '');
    try {
      await this.#context.turn().submit(respond(task, answer));
    } finally {
      this.#afterAnswer(session, task);
    }
  }

  /** The session stays only if the engine took its answer (else it is ahead of the log), and only for a while. */
  #afterAnswer(session: WarmSession, task: WorkflowTaskStartedReply): void {
    const taken = session.completedTask === task.startedEventId;
    if (!taken || !session.worker.keepsSessions) this.#discard(session);
    else this.#idle();
  }

  async #openFor(task: WorkflowTaskStartedReply, worker: WorkflowWorker): Promise<WarmSession> {
    const session = await this.#open(task.runId, worker);
    await this.#feedAll(session, this.#context.turn().execution.runNumber);
    return session;
  }

  async #open(runId: string, worker: WorkflowWorker): Promise<WarmSession> {
    const { namespace, workflowId } = this.#context;
    const run = this.#context.turn().execution.run!;
    const session = await worker.open({
      namespace,
      workflowId,
      runId,
      workflowType: run.workflowType,
      taskQueue: run.taskQueue,
    });
    this.dispose();
    this.#session = new WarmSession(runId, worker, session);
    return this.#session;
  }

  async #feedAll(session: WarmSession, runNumber: number): Promise<void> {
    for (;;) {
      const page = readHistory(this.#context.store, runNumber, session.position, HISTORY_PAGE);
      await session.feed(page.events);
      if (page.last) return;
    }
  }

  #lost(session: WarmSession, reason: string): void {
    session.worker.failed(reason);
    this.#discard(session);
  }

  #discard(session: WarmSession): void {
    session.dispose();
    if (this.#session === session) this.#session = undefined;
  }

  async #release(task: WorkflowTaskStartedReply, reason: string): Promise<void> {
    this.#context.outside.noteWaiting(task.taskQueue);
    await this.#context.turn().submit({ kind: 'ReleaseWorkflowTask', ...attemptOf(task), reason });
  }

  /** NOT_FOUND: somebody else was quicker (a timeout, a terminate), and nothing is owed any more. */
  #later(work: Promise<void>): void {
    const done = work.catch((error: unknown) => {
      if (error instanceof ServiceError && error.code === 'NOT_FOUND') return;
      this.#context.outside.log('workflow task not carried out', { reason: textOf(error) });
    });
    this.#context.outside.keepAlive(done);
  }

  #idle(): void {
    this.#stopIdleTimer?.();
    this.#stopIdleTimer = this.#session && this.#context.outside.after(SESSION_IDLE_MS, () => this.dispose());
  }

  #log(task: WorkflowTaskStartedReply, cause: string, message: string): void {
    const { workflowId } = this.#context;
    const { runId, attempt, workflowType } = task;
    this.#context.outside.log('workflow task failed', {
      workflowId,
      runId,
      workflowType,
      attempt,
      cause,
      message,
    });
  }
}

function attemptOf(task: WorkflowTaskStartedReply): {
  runId: string;
  attempt: number;
  startedEventId: number;
} {
  return { runId: task.runId, attempt: task.attempt, startedEventId: task.startedEventId };
}

function respond(
  task: WorkflowTaskStartedReply,
  answer: WorkflowTaskAnswer,
): Request<'RespondWorkflowTaskCompleted' | 'RespondWorkflowTaskFailed'> {
  return 'completed' in answer
    ? { kind: 'RespondWorkflowTaskCompleted', ...attemptOf(task), ...answer.completed }
    : { kind: 'RespondWorkflowTaskFailed', ...attemptOf(task), ...answer.failed };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
