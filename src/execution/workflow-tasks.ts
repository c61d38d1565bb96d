/**
 * Carries out workflow tasks of the newest run: inside the turn with a warm session, else after its commit.
 * At most one task is out at a time. An answer counts only if its attempt is still the current one; the core refuses
 * all others, so that nothing here has to remember what became stale.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import type { Request, WorkflowTaskStartedReply } from '../../sdk/common/service.ts';
import { sameVersion, type VersionRoute } from '../../sdk/common/versioning.ts';
import type { WorkflowTaskAnswer, WorkflowTaskPause } from '../../sdk/common/worker-protocol.ts';
import type { Effect } from '../core/effect.ts';
import { isOpen } from '../core/state.ts';
import { routeOf } from '../core/versioning.ts';
import { MAX_PAGE_LENGTH, readHistory } from './log.ts';
import { type Outside, versionOf, type WorkflowWorker } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';
import type { OpenTurn } from './turn-ports.ts';
import type { Waiting } from './waiting.ts';
import { WarmSession } from './warm-session.ts';

type RunWorkflowTask = Extract<Effect, { kind: 'RunWorkflowTask' }>;

const HISTORY_PAGE = 1_000;

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
  /** The open turn, once it has run a task inline: one a turn, so that everybody's requests get their commit. */
  #ranIn: OpenTurn | undefined;
  /** How often a turn was undone: the task of a call from before was released, and may be out again under its old ids. */
  #undone = 0;

  constructor(context: WorkflowTasksContext) {
    this.#context = context;
  }

  /** Before the commit. Answers with what is left to do after it. */
  async absorb(turn: OpenTurn, effect: RunWorkflowTask): Promise<() => void> {
    const session = this.#reusable(effect.runId);
    if (session && effect.attempt === 1 && !turn.cold && this.#ranIn !== turn) {
      this.#ranIn = turn;
      return this.#inline(turn, session, effect);
    }
    if (this.#ranIn === turn) return () => this.carryOut(effect);
    const { taskQueue, workflowType, runId } = effect;
    const worker = this.#context.outside.peekWorkflowWorker(taskQueue, workflowType, this.#route());
    if (!worker) return () => this.carryOut(effect);
    if (effect.attempt === 1 && !turn.cold && beginsIn(turn)) return this.#begin(turn, worker, effect);
    const task = turn.apply({ kind: 'RecordWorkflowTaskStarted', runId, ...namesOf(worker) });
    return () => this.#later(this.#call(task, worker));
  }

  /** A run that this turn has started: there is nothing to replay, so its first task may be part of the same commit. */
  async #begin(turn: OpenTurn, worker: WorkflowWorker, effect: RunWorkflowTask): Promise<() => void> {
    this.#ranIn = turn;
    const { runId } = effect;
    const opening = this.#openEmpty(runId, worker);
    const opened = await this.#bounded(opening);
    if (opened === 'late') {
      const task = turn.apply({ kind: 'RecordWorkflowTaskStarted', runId, ...namesOf(worker) });
      return () => this.#later(this.#call(task, worker, opening));
    }
    if ('lost' in opened) {
      worker.failed(opened.lost);
      return () => this.carryOut(effect);
    }
    this.dispose();
    this.#session = opened;
    return this.#inline(turn, opened, effect);
  }

  /** After the commit, for a task that could not be started within it. */
  carryOut(effect: RunWorkflowTask): void {
    const { run } = this.#context.turn().execution;
    const task = run?.runId === effect.runId ? run.workflowTask : undefined;
    // It waited for a Worker, and the run closed meanwhile or somebody has its task: there is nothing to wait for.
    if (!task || task.started) this.#context.waiting.release(effect);
    else this.#later(this.#start(effect));
  }

  committed(events: HistoryEvent[]): void {
    this.#ranIn = undefined; // with all its events and their payloads
    this.#session?.committed(events);
  }

  /** A turn was undone. */
  dropped(): void {
    this.#undone++;
    this.dispose();
  }

  dispose(): void {
    this.#session?.dispose();
    this.#session = undefined;
    this.#stopIdling();
  }

  /**
   * A session at the committed state, for a query: the warm one, or a new one fed with all of history.
   * `undefined` when a task has taken the place of the session meanwhile.
   */
  async sessionForQuery(runId: string, worker: WorkflowWorker): Promise<WarmSession | undefined> {
    let session = this.#warm(runId);
    if (!session) {
      const opened = await this.#open(runId, worker);
      if (this.#session && !this.#session.disposed) opened.dispose();
      else this.#keep(opened);
      session = this.#warm(runId);
    }
    if (session) this.#idle();
    return session;
  }

  /** The session that stands at the committed state and has nothing to do. */
  #warm(runId: string): WarmSession | undefined {
    return this.#session?.idle && this.#session.runId === runId ? this.#session : undefined;
  }

  /** For a task: where a Worker keeps no sessions, each ends with its task. */
  #reusable(runId: string): WarmSession | undefined {
    const session = this.#warm(runId);
    if (!session?.worker.keepsSessions) return undefined;
    const { version } = this.#destination();
    return sameVersion(session.worker.deploymentVersion, version) ? session : undefined;
  }

  #route(): VersionRoute {
    return routeOf(this.#context.turn().execution.run!);
  }

  /** Where the next task of the run belongs, as far as it is known by now. */
  #destination(): ReturnType<Outside['destinationOf']> {
    const { taskQueue } = this.#context.turn().execution.run!;
    return this.#context.outside.destinationOf(taskQueue, this.#route());
  }

  /** From here on the session is told of every commit; what was committed since it was last fed is told now. */
  #keep(session: WarmSession): void {
    this.dispose();
    this.#session = session;
    try {
      session.catchUp(this.#context.store);
    } catch (error) {
      this.#discard(session); // It would go on as a run that has seen less.
      throw error;
    }
  }

  /** Runs the task in the turn, for a bounded time; past it the turn commits and the same call is awaited after it. */
  async #inline(turn: OpenTurn, session: WarmSession, effect: RunWorkflowTask): Promise<() => void> {
    const { runId } = effect;
    const { identity, deploymentVersion } = session.worker;
    const by = namesOf({ identity, deploymentVersion, targetChanged: this.#destination().targetChanged });
    const task = turn.apply({ kind: 'RecordWorkflowTaskStarted', runId, ...by });
    this.#stopIdling();
    const call = session.runWorkflowTask([...turn.events, ...task.virtualEvents], task.updates);
    const answer = await this.#bounded(call);
    // What local activities do to the world must not precede the commit either.
    if (answer === 'late' || 'localActivities' in answer)
      return () => this.#later(this.#finish(task, session, call));
    if ('lost' in answer) {
      this.#lost(session, answer.lost);
      turn.apply({ kind: 'ReleaseWorkflowTask', ...attemptOf(task), reason: answer.lost });
      return () => undefined;
    }
    turn.apply(respond(task, answer));
    return () => this.#afterAnswer(session, task);
  }

  async #bounded<T>(call: Promise<T>): Promise<T | { lost: string } | 'late'> {
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
    const { runId, taskQueue, workflowType } = effect;
    const worker = await outside.findWorkflowWorker(taskQueue, workflowType, this.#route());
    if ('waitingReason' in worker) {
      waiting.hold(effect, worker.waitingReason);
      outside.noteWaiting(effect.taskQueue);
      this.#context.turn().rearm();
      return;
    }
    const request = { kind: 'RecordWorkflowTaskStarted', runId, ...namesOf(worker) } as const;
    const task = await this.#context.turn().submit(request);
    // Had it waited for a Worker: otherwise the object would be woken once more, for nothing.
    waiting.release(effect);
    await this.#call(task, worker);
  }

  /** `opening`: a session that is being opened for it. */
  async #call(
    task: WorkflowTaskStartedReply,
    worker: WorkflowWorker,
    opening?: Promise<WarmSession>,
  ): Promise<void> {
    const undone = this.#undone;
    let session = task.attempt === 1 ? this.#reusable(task.runId) : undefined;
    // The task is this build's: a session of another one must not answer it.
    if (!sameVersion(session?.worker.deploymentVersion, worker.deploymentVersion)) session = undefined;
    try {
      session ??= await (opening ?? this.#open(task.runId, worker));
    } catch (error) {
      worker.failed(textOf(error));
      if (undone === this.#undone) await this.#release(task, textOf(error));
      return;
    }
    if (undone !== this.#undone || !this.#isCurrent(task)) {
      // It timed out, was released, or its run is over: the session in place belongs to somebody else now.
      if (session !== this.#session) session.dispose();
      return;
    }
    if (session !== this.#session) this.#keep(session);
    this.#stopIdling();
    await this.#finish(task, session, session.runWorkflowTask(task.virtualEvents, task.updates));
  }

  /** After the commit of the task's start. */
  async #finish(
    task: WorkflowTaskStartedReply,
    session: WarmSession,
    call: Promise<WorkflowTaskAnswer | WorkflowTaskPause>,
  ): Promise<void> {
    const undone = this.#undone;
    let answer: WorkflowTaskAnswer;
    try {
      const first = await call;
      answer = 'localActivities' in first ? await session.proceed() : first;
    } catch (error) {
      this.#lost(session, textOf(error));
      if (undone === this.#undone) await this.#release(task, textOf(error));
      return;
    }
    if ('failed' in answer) this.#log(task, answer.failed.cause);
    try {
      await this.#context.turn().submit(respond(task, answer));
    } finally {
      this.#afterAnswer(session, task);
    }
  }

  /**
   * The session stays only if the engine took its answer (else it is ahead of the log) and its run goes on, and only for
   * a while.
   */
  #afterAnswer(session: WarmSession, task: WorkflowTaskStartedReply): void {
    const taken = session.completedTask === task.startedEventId;
    const { run } = this.#context.turn().execution;
    const over = run?.runId !== session.runId || !isOpen(run);
    if (!taken || over || !session.worker.keepsSessions) this.#discard(session);
    // Not while it has the next task already.
    else if (session.idle) this.#idle();
  }

  #isCurrent({ runId, attempt, startedEventId }: WorkflowTaskStartedReply): boolean {
    const { run } = this.#context.turn().execution;
    const task = run?.runId === runId ? run.workflowTask : undefined;
    return task?.attempt === attempt && task.started?.startedEventId === startedEventId;
  }

  /** A new session, fed with what is committed, up to the last page: that goes with the first message. */
  async #open(runId: string, worker: WorkflowWorker): Promise<WarmSession> {
    const session = await this.#openEmpty(runId, worker);
    try {
      for (;;) {
        const { store } = this.#context;
        const page = readHistory(store, session.runNumber, session.position, HISTORY_PAGE, MAX_PAGE_LENGTH);
        if (page.last) return session;
        await session.feed(page);
      }
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  async #openEmpty(runId: string, worker: WorkflowWorker): Promise<WarmSession> {
    const { namespace, workflowId, turn, outside } = this.#context;
    const { run, runNumber } = turn().execution;
    if (run?.runId !== runId) throw new Error(`run ${runId} is not the newest any more`);
    const { workflowType, taskQueue } = run;
    const opened = await worker.open({
      namespace,
      workflowId,
      runId,
      workflowType,
      taskQueue,
      ...versionOf(worker),
      keepsStacks: false,
    });
    return new WarmSession(runId, runNumber, worker, opened, turn().payloads, outside);
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
    this.#stopIdling();
    const session = this.#session;
    this.#stopIdleTimer = session && this.#context.outside.after(session.idleMs, () => this.dispose());
  }

  #stopIdling(): void {
    this.#stopIdleTimer?.();
    this.#stopIdleTimer = undefined;
  }

  /** What the code said may have payloads in it: that stands in the run's history and description alone. */
  #log(task: WorkflowTaskStartedReply, cause: string): void {
    const { workflowId } = this.#context;
    const { runId, attempt, workflowType } = task;
    this.#context.outside.log('workflow task failed', {
      workflowId,
      runId,
      workflowType,
      attempt,
      cause,
    });
  }
}

/** Who takes the task, as the run is told. */
function namesOf({
  identity,
  deploymentVersion,
  targetChanged,
}: Pick<WorkflowWorker, 'identity'> & { [N in 'deploymentVersion' | 'targetChanged']?: WorkflowWorker[N] }) {
  return {
    identity,
    ...(deploymentVersion && { deploymentVersion }),
    ...(targetChanged && { targetChanged }),
  };
}

/** Has the turn started the newest run, and is it the first of all the events there are? */
function beginsIn({ events }: OpenTurn): boolean {
  return events[0]?.eventId === '1';
}

function attemptOf({ runId, attempt, startedEventId }: WorkflowTaskStartedReply) {
  return { runId, attempt, startedEventId };
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
