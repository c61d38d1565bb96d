/**
 * Carries out activity tasks: sends pointers to the task queue, and, where the object is the caller, claims attempts
 * and calls Workers. Whoever calls, the object alone decides what an outcome means.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { dispatchIdOf } from '../../sdk/common/ids.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import type { ActivityTaskRef, ActivityTaskStartedReply } from '../../sdk/common/service.ts';
import type { ClaimBounds } from '../../sdk/common/task-queues.ts';
import { sameRoute, type VersionRoute } from '../../sdk/common/versioning.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import { OBJECT_CLAIMANT } from '../core/activity.ts';
import { countedAttempt } from '../core/activity-timeouts.ts';
import type { Effect } from '../core/effect.ts';
import { type Execution, pendingActivity } from '../core/state.ts';
import { storedLength } from '../core/stored-payload.ts';
import { routeOf } from '../core/versioning.ts';
import { ActivityPermits, type Leave } from './activity-permits.ts';
import { activityTask, outcomeRequest } from './activity-task.ts';
import { readEvent } from './log.ts';
import type { ActivityCallOutcome, ActivityWorker, NotServed, Outside } from './outside.ts';
import type { ExecutionStore } from './store.ts';
import type { Turn } from './turn.ts';
import type { OpenTurn } from './turn-ports.ts';
import type { Waiting } from './waiting.ts';

type DispatchActivityTask = Extract<Effect, { kind: 'DispatchActivityTask' }>;
type CallActivityTask = Extract<Effect, { kind: 'CallActivityTask' }>;

/** A task queue that was not reached is asked again so soon. */
const ASK_AGAIN_MS = 5_000;
const UNACCEPTABLE: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'PAYLOAD_TOO_LARGE']);

export interface ActivityTasksContext {
  readonly store: ExecutionStore;
  readonly outside: Outside;
  readonly waiting: Waiting;
  turn(): Turn;
}

export class ActivityTasks {
  readonly #context: ActivityTasksContext;
  /** Calls that this object holds now, by dispatch id. */
  readonly #calls = new Set<string>();
  readonly permits: ActivityPermits;
  /** The Worker that was called last per dispatch id: a re-send goes there first, because it may still be running. */
  readonly #lastWorker = new Map<string, string>();
  /** Found for an attempt that is claimed in the turn that is being made: called right behind its commit. */
  readonly #found = new Map<string, { worker: ActivityWorker; route: VersionRoute }>();
  /** What the newest commit that scheduled activities has scheduled: most begin soon, and need not be read again. */
  readonly #scheduled = new Map<string, HistoryEvent>();
  #newestCall: EpochMs | undefined;

  constructor(context: ActivityTasksContext) {
    this.#context = context;
    this.permits = new ActivityPermits(context);
  }

  /** Before the commit: with direct dispatch and a known Worker, the attempt is claimed in the same commit. */
  absorb(turn: OpenTurn, effect: DispatchActivityTask): () => void {
    // A workflow task that ran in this very turn may have cancelled it, or ended the run.
    if (!this.#unclaimed(effect.task)) return () => undefined;
    const { outside } = this.#context;
    const { taskQueue } = effect;
    if (outside.dispatchOf(taskQueue) === 'direct' && !this.permits.needed(taskQueue)) {
      const route = this.#route();
      const worker = outside.peekActivityWorker(taskQueue, effect.activityType, route);
      if (worker) {
        const { identity } = worker;
        const { task } = effect;
        const dispatchId = dispatchIdOf(task);
        this.#found.set(dispatchId, { worker, route });
        // New options may have made it overdue in this very turn: then it is over, and what follows is owed instead.
        turn.note({ kind: 'RecordActivityTaskStarted', task, claimant: OBJECT_CLAIMANT, identity });
        if (!this.#claimed(task)) this.#found.delete(dispatchId);
        return () => undefined;
      }
    }
    return () => this.dispatch(effect);
  }

  /** After the commit. */
  dispatch(effect: DispatchActivityTask): void {
    if (!this.#unclaimed(effect.task)) {
      this.#context.waiting.release(effect);
      return;
    }
    this.#later(this.#dispatch(effect));
  }

  async #dispatch(effect: DispatchActivityTask): Promise<void> {
    const leave = await this.#leave(effect);
    if (leave !== 'go') {
      const reason = `task queue "${effect.taskQueue}" has limits: the task waits for its turn`;
      this.#hold(effect, reason, leave.askAgainMs);
    } else if (this.#context.outside.dispatchOf(effect.taskQueue) === 'direct') {
      await this.#callHere(effect);
    } else {
      await this.#send(effect);
    }
  }

  async #leave(effect: DispatchActivityTask): Promise<Leave> {
    try {
      return await this.permits.leave(effect);
    } catch (error) {
      this.#context.outside.log('task queue not asked', { reason: textOf(error) });
      return { askAgainMs: ASK_AGAIN_MS };
    }
  }

  /** The task queue grants a permit, or asks whether it is used. Answers whether it is. */
  permitted(task: ActivityTaskRef, asked: EpochMs, granted: EpochMs): Promise<boolean> {
    return this.permits.told(task, asked, granted, (effect) => this.dispatch(effect));
  }

  /** Since when the newest of the calls that are out, or about to go out, has been. */
  get newestCall(): EpochMs | undefined {
    return this.#newestCall;
  }

  /** Before the commit: `call` will follow it. */
  expectCall(): void {
    this.#newestCall = this.#context.outside.now();
  }

  /** @param events of the newest run */
  committed(execution: Execution, events: HistoryEvent[]): void {
    this.permits.committed(execution);
    const scheduled = events.filter(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED');
    if (scheduled.length === 0) return;
    this.#scheduled.clear();
    const { runId } = execution.run!;
    for (const event of scheduled) this.#scheduled.set(`${runId}/${event.eventId}`, event);
  }

  /** The turn was undone. */
  dropped(): void {
    this.permits.dropped();
    this.#scheduled.clear();
    this.#found.clear();
    if (this.#calls.size === 0) this.#newestCall = undefined;
  }

  /** The attempt is claimed by this object: call a Worker, unless the call is out already. */
  call(effect: CallActivityTask): void {
    // It may have waited for a Worker until it was claimed.
    this.#context.waiting.release({ ...effect, kind: 'DispatchActivityTask' });
    const dispatchId = dispatchIdOf(effect.task);
    if (this.#calls.has(dispatchId)) {
      this.#found.delete(dispatchId);
      return;
    }
    this.#calls.add(dispatchId);
    this.#later(this.#call(effect, dispatchId).finally(() => this.#over(dispatchId)));
  }

  /** The consumer rang: claim and call here. Resolves once the claim is durable (or there is nothing to claim). */
  async ring(task: ActivityTaskRef): Promise<void> {
    const effect = this.#effectOf(task);
    if (effect && (await this.permits.mayBegin(task, effect.taskQueue))) await this.#callHere(effect);
  }

  /** Of an attempt that nobody has: those that have begun go on. */
  #effectOf(task: ActivityTaskRef): DispatchActivityTask | undefined {
    if (!this.#unclaimed(task)) return undefined;
    const { run } = this.#context.turn().execution;
    const { activityType, taskQueue } = pendingActivity(run!, task.scheduledEventId)!;
    return { kind: 'DispatchActivityTask', task, activityType, taskQueue };
  }

  /** The consumer found no Worker for the attempt. */
  waits(task: ActivityTaskRef, reason: string): void {
    const effect = this.#effectOf(task);
    if (!effect) return;
    this.permits.giveBack(task);
    this.#hold(effect, reason);
  }

  /** The consumer claims an attempt for one message; `undefined` when the message is stale or another one has it. */
  async claim(
    task: ActivityTaskRef,
    claimant: string,
    identity: string,
    route?: ClaimBounds['route'],
  ): Promise<ActivityTask | undefined> {
    try {
      const taskQueue = this.#effectOf(task)?.taskQueue;
      if (taskQueue !== undefined && !(await this.permits.mayBegin(task, taskQueue))) return undefined;
      if (this.#tooLargeToHandOver(task)) {
        await this.ring(task);
        return undefined;
      }
      const claim = await this.#context.turn().submit({
        kind: 'RecordActivityTaskStarted',
        task,
        claimant,
        identity,
        route,
        ...(taskQueue !== undefined && this.permits.bound(task, taskQueue)),
      });
      // Another run may have taken the place of the task's run since.
      return await this.#context
        .turn()
        .committed(({ run }) => (run?.runId === task.runId ? this.#taskOf(task, claim) : undefined));
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** Input and heartbeat together may be more than one message to the consumer carries: then this object calls. */
  #tooLargeToHandOver(task: ActivityTaskRef): boolean {
    const { run, runNumber } = this.#context.turn().execution;
    const pending = run?.runId === task.runId ? pendingActivity(run, task.scheduledEventId) : undefined;
    const heartbeat = storedLength(pending?.heartbeat?.details);
    if (heartbeat === 0) return false;
    const event = readEvent(this.#context.store, runNumber, task.scheduledEventId);
    return heartbeat + storedLength(event) > MAX_MESSAGE_BYTES;
  }

  async #send(effect: DispatchActivityTask): Promise<void> {
    try {
      const { task, activityType, taskQueue } = effect;
      await this.#context.outside.sendActivityTask(task, activityType, taskQueue, this.#route());
      this.#context.waiting.release(effect);
    } catch (error) {
      this.#hold(effect, `the Queue behind task queue "${effect.taskQueue}" refused: ${textOf(error)}`);
    }
  }

  async #callHere(effect: DispatchActivityTask): Promise<void> {
    const { outside, waiting } = this.#context;
    const worker = await outside.findActivityWorker(effect.taskQueue, effect.activityType, this.#route());
    if ('waitingReason' in worker) {
      outside.noteWaiting(effect.taskQueue);
      this.permits.giveBack(effect.task);
      this.#hold(effect, worker.waitingReason);
      return;
    }
    waiting.release(effect);
    const { task } = effect;
    const { identity } = worker;
    const dispatchId = dispatchIdOf(task);
    // The claim owes CallActivityTask, which the turn hands back to `call`: for the Worker that was found here.
    this.#found.delete(dispatchId);
    this.#lastWorker.set(dispatchId, worker.id);
    const claim = { kind: 'RecordActivityTaskStarted', task, claimant: OBJECT_CLAIMANT, identity } as const;
    await this.#unlessOver(
      this.#context.turn().submit({ ...claim, ...this.permits.bound(task, effect.taskQueue) }),
    );
    // Its leave had lapsed: it asks anew.
    if (this.#unclaimed(task) && !(await this.permits.mayBegin(task, effect.taskQueue)))
      this.dispatch(effect);
    if (!this.#calls.has(dispatchId)) this.#lastWorker.delete(dispatchId);
  }

  /** Unless the run belongs to another version since: a workflow task of the same turn may have pinned it. */
  #foundFor(dispatchId: string): ActivityWorker | undefined {
    const found = this.#found.get(dispatchId);
    this.#found.delete(dispatchId);
    return found && sameRoute(found.route, this.#route()) ? found.worker : undefined;
  }

  #find(
    { taskQueue, activityType }: CallActivityTask,
    dispatchId: string,
  ): Promise<ActivityWorker | NotServed> {
    const prefer = this.#lastWorker.get(dispatchId);
    return this.#context.outside.findActivityWorker(taskQueue, activityType, this.#route(), prefer);
  }

  #over(dispatchId: string): void {
    this.#calls.delete(dispatchId);
    if (this.#calls.size === 0) this.#newestCall = undefined;
  }

  async #call(effect: CallActivityTask, dispatchId: string): Promise<void> {
    const { outside } = this.#context;
    const { task } = effect;
    const worker = this.#foundFor(dispatchId) ?? (await this.#find(effect, dispatchId));
    if ('waitingReason' in worker) {
      outside.noteWaiting(effect.taskQueue);
      await this.#unlessOver(this.report(task, OBJECT_CLAIMANT, { released: worker.waitingReason }));
      return;
    }
    // Looking for a Worker took time: the attempt may be over.
    const called = await this.#context
      .turn()
      .committed(() => {
        const claim = this.#claimed(task);
        return claim && this.#taskOf(task, claim);
      })
      .catch((error: unknown) => ({ released: `the task could not be read: ${textOf(error)}` }));
    if (!called) return;
    // Nobody has it: the attempt must not wait for its timeout.
    if ('released' in called) return this.#unlessOver(this.report(task, OBJECT_CLAIMANT, called));
    this.#lastWorker.set(dispatchId, worker.id);
    const outcome = await worker.call(called);
    if ('released' in outcome) outside.noteWaiting(effect.taskQueue);
    else this.#lastWorker.delete(dispatchId);
    await this.#unlessOver(this.report(task, OBJECT_CLAIMANT, outcome));
  }

  /**
   * What came of a call. An answer that the run cannot take (too large, a cancellation nobody asked for) fails the
   * attempt: nobody else would end it, and asking again would bring the same answer.
   */
  async report(task: ActivityTaskRef, claimant: string, outcome: ActivityCallOutcome): Promise<void> {
    const turn = this.#context.turn();
    try {
      await turn.submit(outcomeRequest(task, claimant, outcome));
    } catch (error) {
      const refused = error instanceof ServiceError && UNACCEPTABLE.has(error.code);
      if (!refused || !('answer' in outcome)) throw error;
      const applicationFailureInfo = { type: 'InvalidAnswer', nonRetryable: true };
      const failure = {
        message: `The Worker's answer was refused: ${error.message}`,
        applicationFailureInfo,
      };
      await turn.submit({ kind: 'RespondActivityTaskFailed', task, failure });
    }
  }

  /** Refusals mean that the attempt is over (timed out, canceled, the run closed): a late answer changes nothing. */
  async #unlessOver(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === 'NOT_FOUND')) throw error;
    }
  }

  /** Asked when it is needed: what was owed before an override may go elsewhere now. */
  #route(): VersionRoute {
    return routeOf(this.#context.turn().execution.run!);
  }

  #hold(effect: DispatchActivityTask, reason: string, pauseMs?: number): void {
    this.#context.waiting.hold(effect, reason, pauseMs);
    this.#context.turn().rearm();
  }

  #unclaimed(task: ActivityTaskRef): boolean {
    const { run } = this.#context.turn().execution;
    const activity = run?.runId === task.runId ? pendingActivity(run, task.scheduledEventId) : undefined;
    return activity?.attempt === task.attempt && activity.claim === undefined;
  }

  #claimed(task: ActivityTaskRef): ActivityTaskStartedReply | undefined {
    const { run } = this.#context.turn().execution;
    const activity = run?.runId === task.runId ? pendingActivity(run, task.scheduledEventId) : undefined;
    if (activity?.attempt !== task.attempt || !activity.claim) return undefined;
    return {
      scheduledEventId: task.scheduledEventId,
      attempt: countedAttempt(activity),
      scheduledTime: activity.scheduledTime,
      currentAttemptScheduledTime: activity.attemptScheduledTime,
      startedTime: activity.claim.time,
      ...(activity.heartbeat?.details && { heartbeatDetails: activity.heartbeat.details }),
    };
  }

  /** @returns `undefined` when the activity has come to its end since it was claimed */
  #taskOf(task: ActivityTaskRef, claim: ActivityTaskStartedReply): ActivityTask | undefined {
    const { execution } = this.#context.turn();
    const run = execution.run!;
    const pending = pendingActivity(run, task.scheduledEventId);
    if (!pending) return undefined;
    const { scheduledEventId } = task;
    const event =
      this.#scheduled.get(`${run.runId}/${scheduledEventId}`) ??
      readEvent(this.#context.store, execution.runNumber, scheduledEventId);
    if (!event) throw new Error(`event ${task.scheduledEventId} of run ${task.runId} is not in the log`);
    const sent = activityTask(task, claim, event, { pending, run, outside: this.#context.outside });
    return this.#context.turn().payloads.inline(execution.runNumber, sent);
  }

  #later(work: Promise<void>): void {
    const done = work.catch((error: unknown) => {
      this.#context.outside.log('activity task not carried out', { reason: textOf(error) });
    });
    this.#context.outside.keepAlive(done);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
