/**
 * Leave to dispatch activities on task queues that have limits. What is known of it here is in memory alone: after a
 * reload an attempt that nobody has asks again, and gets the permit that it had.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { dispatchIdOf } from '../../sdk/common/ids.ts';
import { mergePriority } from '../../sdk/common/priority.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import { type ClaimBounds, PERMIT_WINDOW_MS } from '../../sdk/common/task-queues.ts';
import type { Effect } from '../core/effect.ts';
import { type Execution, pendingActivity } from '../core/state.ts';
import type { Outside } from './outside.ts';
import type { Turn } from './turn.ts';

type DispatchActivityTask = Extract<Effect, { kind: 'DispatchActivityTask' }>;

interface Asked {
  task: ActivityTaskRef;
  taskQueue: string;
  /** Of the attempt when it asked: a released one asks anew. */
  releases: number;
  asked: EpochMs;
  /** Its question is on its way. */
  asking: boolean;
  granted?: EpochMs;
}

const ASK_AGAIN_MS = 5_000;

/** `askAgainMs`: it waits for its turn, and is told. */
export type Leave = 'go' | { askAgainMs: number };

export class ActivityPermits {
  readonly #outside: Outside;
  readonly #turn: () => Turn;
  readonly #asked = new Map<string, Asked>();
  /** How often memory was dropped. */
  #drops = 0;
  #lastAsked = 0;

  constructor({ outside, turn }: { outside: Outside; turn(): Turn }) {
    this.#outside = outside;
    this.#turn = turn;
  }

  /** From memory: must an attempt ask? */
  needed(taskQueue: string): boolean {
    return this.#outside.permits?.peek(taskQueue) ?? false;
  }

  /** May an attempt that nobody has begin now? */
  async leave({ task, taskQueue }: DispatchActivityTask): Promise<Leave> {
    const { permits } = this.#outside;
    if (!permits || !(await permits.look(taskQueue)) || this.#allows(task)) return 'go';
    const run = this.#turn().execution.run!;
    const pending = pendingActivity(run, task.scheduledEventId);
    if (!pending) return 'go'; // it is over: the claim will be refused
    const id = dispatchIdOf(task);
    const before = this.#asked.get(id);
    if (before?.asking) return { askAgainMs: ASK_AGAIN_MS };
    const { releases, startToCloseTimeout: leaseMs } = pending;
    const priority = mergePriority(run.priority, pending.priority);
    this.#lastAsked = Math.max(this.#outside.now(), this.#lastAsked + 1);
    const own: Asked = { task, taskQueue, releases, asked: this.#lastAsked, asking: true };
    this.#asked.set(id, own);
    try {
      const request = { task, asked: own.asked, leaseMs, ...(priority && { priority }) };
      const answer = await permits.ask(taskQueue, request);
      if ('askAgainMs' in answer) return answer;
      // The attempt may be over, or the object was loaded anew, since it asked.
      if (this.#asked.get(id) !== own) return { askAgainMs: ASK_AGAIN_MS };
      own.granted = answer.granted;
      return 'go';
    } finally {
      own.asking = false;
    }
  }

  /** May a pointer that comes back be carried out? Not when it went out before its permit, or long ago. */
  async mayBegin(task: ActivityTaskRef, taskQueue: string): Promise<boolean> {
    return this.#allows(task) || !(await this.#outside.permits?.look(taskQueue));
  }

  /** Until when an attempt may begin with the permit that it has, or may not for want of one. */
  bound(task: ActivityTaskRef, taskQueue: string): Pick<ClaimBounds, 'notAfter'> {
    if (!this.needed(taskQueue)) return {};
    const granted = this.#asked.get(dispatchIdOf(task))?.granted;
    return { notAfter: granted === undefined ? 0 : granted + PERMIT_WINDOW_MS };
  }

  /**
   * The task queue has granted one, or asks whether it is still in use. Answers whether it is; with `begins`, the
   * attempt is to be dispatched.
   */
  permitted(task: ActivityTaskRef, asked: EpochMs, granted: EpochMs): { used: boolean; begins: boolean } {
    const { run } = this.#turn().execution;
    const pending = run?.runId === task.runId ? pendingActivity(run, task.scheduledEventId) : undefined;
    if (pending?.attempt !== task.attempt) return { used: false, begins: false };
    const id = dispatchIdOf(task);
    const own = this.#asked.get(id);
    if (pending.claim) {
      const { taskQueue, releases } = pending;
      if (!own) this.#asked.set(id, { task, taskQueue, releases, asked, asking: false, granted });
      return { used: true, begins: false };
    }
    if (own?.asked !== asked) return { used: false, begins: false };
    if (this.#allows(task)) return { used: true, begins: false };
    if (this.#outside.now() - granted > PERMIT_WINDOW_MS) return { used: false, begins: false };
    own.granted = granted;
    return { used: true, begins: true };
  }

  /** As {@link permitted}, of what is committed. */
  async told(
    task: ActivityTaskRef,
    asked: EpochMs,
    granted: EpochMs,
    begin: (effect: DispatchActivityTask) => void,
  ): Promise<boolean> {
    const turn = this.#turn();
    if (!turn.exists) return false;
    return turn.committed(({ run }) => {
      const { used, begins } = this.permitted(task, asked, granted);
      if (begins) {
        const { activityType, taskQueue } = pendingActivity(run!, task.scheduledEventId)!;
        begin({ kind: 'DispatchActivityTask', task, activityType, taskQueue });
      }
      return used;
    });
  }

  /** It will not begin now after all. */
  giveBack(task: ActivityTaskRef): void {
    const id = dispatchIdOf(task);
    const asked = this.#asked.get(id);
    if (!asked) return;
    this.#asked.delete(id);
    const { permits } = this.#outside;
    // One that is not heard of is asked for, and lapses at last.
    if (permits)
      this.#outside.keepAlive(permits.giveBack(asked.taskQueue, task, asked.asked).catch(() => undefined));
  }

  /** Permits of attempts that are over go back. */
  committed(execution: Execution): void {
    if (!this.#outside.permits) return;
    const { run } = execution;
    for (const { task, releases } of this.#asked.values()) {
      const pending = run?.runId === task.runId ? pendingActivity(run, task.scheduledEventId) : undefined;
      if (pending?.attempt !== task.attempt || pending.releases !== releases) this.giveBack(task);
    }
  }

  dropped(): void {
    this.#asked.clear();
    this.#drops++;
  }

  /**
   * Attempts that were begun before the object was loaded have permits, whoever asked for them, where their task queues
   * have limits. That may have to be asked, and the attempt may be over by then: its permit goes back all the same.
   */
  loaded({ run, namespace, workflowId }: Execution): void {
    if (!this.#outside.permits || !run) return;
    const begun = new Map<string, Asked[]>();
    for (const { scheduledEventId, attempt, claim, releases, ...pending } of run.activities.values()) {
      if (!claim) continue;
      const taskQueue = claim.taskQueue ?? pending.taskQueue;
      const task = { namespace, workflowId, runId: run.runId, scheduledEventId, attempt };
      const own = { task, taskQueue, releases, asked: claim.time, asking: false, granted: claim.time };
      const others = begun.get(taskQueue);
      if (others) others.push(own);
      else begun.set(taskQueue, [own]);
    }
    for (const [taskQueue, permits] of begun) this.#outside.keepAlive(this.#learn(taskQueue, permits));
  }

  async #learn(taskQueue: string, begun: Asked[]): Promise<void> {
    const drops = this.#drops;
    if (!(await this.#outside.permits!.look(taskQueue)) || drops !== this.#drops) return;
    for (const own of begun) {
      const id = dispatchIdOf(own.task);
      if (!this.#asked.has(id)) this.#asked.set(id, own);
    }
    await this.#turn().committed((execution) => this.committed(execution));
  }

  #allows(task: ActivityTaskRef): boolean {
    const granted = this.#asked.get(dispatchIdOf(task))?.granted;
    return granted !== undefined && this.#outside.now() - granted <= PERMIT_WINDOW_MS;
  }
}
