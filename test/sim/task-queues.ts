/**
 * Task queues with limits: the real TaskQueuePermits over SQLite, asked by the objects of workflows and telling them, on
 * ways that lose, double and delay. What is granted and begun is judged by limits-check.ts.
 */

import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { PermitAnswer, PermitRequest, TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import { TaskQueuePermits } from '../../src/task-queue/permits.ts';
import { TaskQueueStore } from '../../src/task-queue/store.ts';
import { Violation } from '../checker/violation.ts';
import { type Api, betweenObjects } from './api.ts';
import type { LimitsCheck } from './limits-check.ts';
import { type Life, MortalWithSql } from './mortal.ts';
import { overTheWire, type World } from './world.ts';

export class TaskQueueOwner extends MortalWithSql<TaskQueuePermits> {
  readonly #api: Api;
  readonly #check: LimitsCheck;

  constructor(world: World, api: Api, check: LimitsCheck, taskQueue: string) {
    super(world, taskQueue);
    this.#api = api;
    this.#check = check;
  }

  get counts(): { waiting: number; permits: number } {
    const store = new TaskQueueStore(this.sql, (work) => work());
    if (!store.created) return { waiting: 0, permits: 0 };
    return { waiting: store.waitingCount(), permits: store.permitCount() };
  }

  /** I17: where tasks wait for their turn, it comes. */
  checkAlarm(): void {
    if (this.alarmLost || this.alarmRunning || this.store.alarm !== undefined) return;
    const store = new TaskQueueStore(this.sql, (work) => work());
    if (!store.created || store.waitingCount() === 0) return;
    const { requestsPerSecond, keyRequestsPerSecond } = store.state()?.limits ?? {};
    if (requestsPerSecond === 0 || keyRequestsPerSecond === 0) return;
    throw new Violation(
      `I17: on task queue ${this.name} ${store.waitingCount()} tasks wait, without an alarm`,
    );
  }

  protected make(life: Life): TaskQueuePermits {
    const { world } = this;
    const store = new TaskQueueStore(this.sqlOf(life), (work) => this.transaction(life, work));
    return new TaskQueuePermits(store, {
      now: () => world.clock,
      tell: ({ task, asked, granted }) =>
        this.living(life, () => this.#tell(overTheWire(task), asked, granted)),
      wake: (time) => {
        if (life.dead) return;
        this.store.alarm = time;
        this.alarmLost = false;
      },
      keep: (work) => void work.catch(() => undefined),
    });
  }

  protected ring(permits: TaskQueuePermits): Promise<void> {
    return permits.alarm();
  }

  ask(request: PermitRequest, limits: TaskQueueLimits): Promise<PermitAnswer> {
    const [body, known] = [overTheWire(request), overTheWire(limits)];
    return this.#reached(`ask ${this.name} ${body.task.workflowId}`, async () => {
      this.#check.asked(this.name, body);
      const answer = await this.call((permits) => permits.ask(body, known));
      this.world.coverage.count('limits', 'granted' in answer ? 'has leave' : 'waits');
      if ('granted' in answer) this.#check.granted(this.name, body.task, answer.granted);
      return answer;
    });
  }

  giveBack(task: ActivityTaskRef, asked: number): Promise<void> {
    const body = overTheWire(task);
    return this.#reached(`give back ${this.name} ${task.workflowId}`, () =>
      this.call((permits) => permits.giveBack(body, asked)),
    );
  }

  configure(limits: TaskQueueLimits): Promise<void> {
    return this.call((permits) => permits.configure(overTheWire(limits)));
  }

  #tell(task: ActivityTaskRef, asked: number, granted: number): Promise<boolean> {
    this.world.coverage.count('limits', 'is told');
    this.#check.granted(this.name, task, granted);
    return this.#reached(`tell ${task.workflowId} of its turn`, () =>
      this.#api.call(task.workflowId, 'permit', (object) =>
        object.activityTasks.permitted(task, asked, granted),
      ),
    );
  }

  #reached<T>(label: string, make: () => Promise<T>): Promise<T> {
    return betweenObjects(this.world, label, make);
  }
}
