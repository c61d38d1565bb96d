/** The task queues with limits of an engine in memory. */

import type { Outside } from '../../src/execution/outside.ts';
import type { Sql } from '../../src/lazy-schema.ts';
import { TaskQueuePermits, type TaskQueuePorts } from '../../src/task-queue/permits.ts';
import { TaskQueueStore } from '../../src/task-queue/store.ts';
import type { EpochMs } from '../common/duration.ts';
import type { TaskQueueLimits } from '../common/task-queues.ts';
import { type Life, MemoryLives } from './memory-lives.ts';
import { memorySql } from './memory-storage.ts';

interface MemoryTaskQueueStore {
  readonly sql: Sql;
  alarm: EpochMs | undefined;
}

export interface MemoryTaskQueuesPorts extends Pick<TaskQueuePorts, 'now' | 'tell' | 'keep'> {
  limitsOf(taskQueue: string): TaskQueueLimits | undefined;
  alarmSet(): void;
  /** Behind each commit, before anybody learns of it. */
  committed(place: () => string): void;
}

export class MemoryTaskQueues extends MemoryLives<MemoryTaskQueueStore, TaskQueuePermits> {
  readonly #ports: MemoryTaskQueuesPorts;

  constructor(ports: MemoryTaskQueuesPorts) {
    super({
      store: () => ({ sql: memorySql(), alarm: undefined }),
      born: (name, store, life) => {
        const commit = (work: () => void): void =>
          life.commit(work, () => ports.committed(() => `task queue ${name}`));
        return new TaskQueuePermits(new TaskQueueStore(store.sql, commit), living(store, life, ports));
      },
    });
    this.#ports = ports;
  }

  /** What the binding offers. */
  stub = (name: string) => ({
    configure: (limits: TaskQueueLimits) => {
      const [, taskQueue] = JSON.parse(name) as [string, string];
      return this.ask(taskQueue, (object) => object.configure(limits));
    },
  });

  /** As the objects of workflows ask for them. */
  readonly permits: NonNullable<Outside['permits']> = {
    peek: (taskQueue) => this.#ports.limitsOf(taskQueue) !== undefined,
    look: async (taskQueue) => this.#ports.limitsOf(taskQueue) !== undefined,
    ask: async (taskQueue, request) => {
      const limits = this.#ports.limitsOf(taskQueue);
      if (!limits) return { granted: this.#ports.now() };
      return this.ask(taskQueue, (object) => object.ask(request, limits));
    },
    giveBack: (taskQueue, ...permit) => this.ask(taskQueue, (object) => object.giveBack(...permit)),
  };
}

/** The world as long as the object lives. */
function living(store: MemoryTaskQueueStore, life: Life, ports: MemoryTaskQueuesPorts): TaskQueuePorts {
  return {
    now: ports.now,
    tell: (permit) => life.unlessOver(() => ports.tell(permit)),
    wake: (time) => {
      if (life.over) return;
      store.alarm = time;
      ports.alarmSet();
    },
    keep: (work) => {
      if (!life.over) ports.keep(Promise.race([work, life.ended]));
    },
  };
}
