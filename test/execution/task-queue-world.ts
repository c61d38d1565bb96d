/**
 * A task queue with limits and the objects that ask it, over a virtual clock: messages are late, lost and doubled, and
 * both sides lose their memory.
 */

import type { PriorityJson } from '../../sdk/common/priority.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { PermitAnswer, PermitRequest, TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import { newExecution, newRun, type PendingActivity } from '../../src/core/state.ts';
import { ActivityPermits } from '../../src/execution/activity-permits.ts';
import type { Outside } from '../../src/execution/outside.ts';
import type { Turn } from '../../src/execution/turn.ts';
import { TaskQueuePermits } from '../../src/task-queue/permits.ts';
import { TaskQueueStore } from '../../src/task-queue/store.ts';
import { memorySql } from '../visibility/sqlite.ts';

export interface Faults {
  /** 0…1, for each message. */
  lost: number;
  doubled: number;
  longestDelay: number;
}
export const NO_FAULTS: Faults = { lost: 0, doubled: 0, longestDelay: 0 };

export interface Job {
  id: string;
  runs: number;
  lease?: number;
  priority?: PriorityJson;
  /** That of its workflow. */
  ofWorkflow?: PriorityJson;
}

export class QueueWorld {
  now = 1_000_000;
  limits: TaskQueueLimits;
  readonly starts: Array<{ id: string; time: number }> = [];
  running = 0;
  mostRunning = 0;
  done = 0;
  readonly #random: () => number;
  readonly #faults: Faults;
  readonly #sql = memorySql();
  readonly #events: Array<{ time: number; seq: number; act: () => void }> = [];
  readonly #holders = new Map<string, Holder>();
  #seq = 0;
  #incarnation = 0;
  queue: TaskQueuePermits;

  constructor(limits: TaskQueueLimits, faults: Faults = NO_FAULTS, random: () => number = () => 0.5) {
    this.limits = limits;
    this.#faults = faults;
    this.#random = random;
    this.queue = this.#open();
  }

  /** The task queue's object dies and is there again: what it had sent and what was sent to it may be lost. */
  killQueue(): void {
    this.#incarnation++;
    this.queue = this.#open();
    void this.queue.alarm();
  }

  killHolder(id: string): void {
    this.#holders.get(id)?.restart();
  }

  add(job: Job): void {
    const holder = new Holder(this, job);
    this.#holders.set(job.id, holder);
    holder.due();
  }

  at(time: number, act: () => void): void {
    this.#events.push({ time, seq: this.#seq++, act });
    this.#events.sort((a, b) => a.time - b.time || a.seq - b.seq);
  }

  async run(until: number, enough: () => boolean = () => false): Promise<void> {
    await settle();
    while (this.#events.length > 0 && this.#events[0]!.time <= until && !enough()) {
      const { time, act } = this.#events.shift()!;
      this.now = Math.max(this.now, time);
      act();
      await settle();
    }
    if (!enough()) this.now = Math.max(this.now, until);
  }

  started(id: string): void {
    this.starts.push({ id, time: this.now });
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
  }

  ask(request: PermitRequest): Promise<PermitAnswer> {
    return this.#send(() => this.queue.ask(request, this.limits));
  }

  giveBack(task: ActivityTaskRef, asked: number): Promise<void> {
    return this.#send(() => this.queue.giveBack(task, asked));
  }

  #open(): TaskQueuePermits {
    const incarnation = this.#incarnation;
    return new TaskQueuePermits(new TaskQueueStore(this.#sql, (work) => work()), {
      now: () => this.now,
      tell: async ({ task, asked, granted }) => {
        const answer = await this.#send(() =>
          this.#holders.get(task.workflowId)!.permitted(task, asked, granted),
        );
        if (incarnation !== this.#incarnation) return new Promise<never>(() => undefined);
        return answer;
      },
      wake: (time) => this.at(time, () => void this.queue.alarm()),
      keep: (work) => void work,
    });
  }

  #send<T>(deliver: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const delay = (): number => Math.floor(this.#random() * this.#faults.longestDelay);
      const fate = this.#random();
      if (fate < this.#faults.lost / 2) {
        this.at(this.now + delay(), () => reject(new Error('lost')));
        return;
      }
      const carryOut = (): void => {
        const answer = deliver();
        const late = this.now + delay();
        if (fate < this.#faults.lost) this.at(late, () => reject(new Error('answer lost')));
        else this.at(late, () => resolve(answer));
      };
      this.at(this.now + delay(), carryOut);
      if (this.#random() < this.#faults.doubled) this.at(this.now + 3 * delay(), () => void deliver());
    });
  }
}

/** One workflow with one activity, which runs once. */
class Holder {
  readonly #world: QueueWorld;
  readonly #job: Job;
  readonly #execution;
  readonly #task: ActivityTaskRef;
  #permits: ActivityPermits;
  #incarnation = 0;

  constructor(world: QueueWorld, job: Job) {
    this.#world = world;
    this.#job = job;
    const { id: workflowId, lease = 60_000, priority, ofWorkflow } = job;
    this.#task = {
      namespace: 'default',
      workflowId,
      runId: `run-${workflowId}`,
      scheduledEventId: 5,
      attempt: 1,
    };
    this.#execution = newExecution('default', workflowId);
    const run = newRun(0);
    run.runId = this.#task.runId;
    if (ofWorkflow) run.priority = ofWorkflow;
    const activity = {
      scheduledEventId: 5,
      attempt: 1,
      taskQueue: 'q',
      releases: 0,
      startToCloseTimeout: lease,
      priority,
    };
    run.activities.set(5, activity as unknown as PendingActivity);
    this.#execution.run = run;
    this.#permits = this.#open();
  }

  due(): void {
    const incarnation = this.#incarnation;
    const again = (ms: number): void =>
      this.#world.at(this.#world.now + ms, () => {
        if (incarnation === this.#incarnation) this.due();
      });
    const { id: _ } = this.#job;
    if (!this.#unclaimed) return;
    const effect = {
      kind: 'DispatchActivityTask' as const,
      task: this.#task,
      activityType: 'a',
      taskQueue: 'q',
    };
    const go = async (): Promise<void> => {
      const leave = await this.#permits.leave(effect);
      if (incarnation !== this.#incarnation) return;
      if (leave === 'go') await this.#begin();
      else again(leave.askAgainMs);
    };
    go().catch(() => again(1_000));
  }

  permitted(task: ActivityTaskRef, asked: number, granted: number): boolean {
    const { used, begins } = this.#permits.permitted(task, asked, granted);
    if (begins) void this.#begin();
    return used;
  }

  restart(): void {
    this.#incarnation++;
    this.#permits = this.#open();
    this.due();
  }

  get #unclaimed(): boolean {
    const activity = this.#execution.run!.activities.get(5);
    return activity !== undefined && !activity.claim;
  }

  async #begin(): Promise<void> {
    const may = await this.#permits.mayBegin(this.#task, 'q');
    if (!may || !this.#unclaimed) return;
    const activity = this.#execution.run!.activities.get(5)!;
    activity.claim = { claimant: 'object', time: this.#world.now, accepted: false };
    this.#permits.committed(this.#execution);
    this.#world.started(this.#job.id);
    this.#world.at(this.#world.now + this.#job.runs, () => {
      this.#execution.run!.activities.delete(5);
      this.#world.running--;
      this.#world.done++;
      this.#permits.committed(this.#execution);
    });
  }

  #open(): ActivityPermits {
    const outside = {
      now: () => this.#world.now,
      keepAlive: (promise: Promise<unknown>) => void promise.catch(() => undefined),
      permits: {
        peek: () => true,
        look: async () => true,
        ask: (_: string, request: PermitRequest) => this.#world.ask(request),
        giveBack: (_: string, task: ActivityTaskRef, asked: number) => this.#world.giveBack(task, asked),
      },
    } as unknown as Outside;
    const execution = this.#execution;
    const turn = { execution, committed: async (look: (of: typeof execution) => unknown) => look(execution) };
    const permits = new ActivityPermits({ outside, turn: () => turn as unknown as Turn });
    permits.loaded(execution);
    return permits;
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
