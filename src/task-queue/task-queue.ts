/** The TaskQueue object: one per task queue that has limits, and only then (see permits.ts). */

import { DurableObject } from 'cloudflare:workers';
import { executionObjectName } from '../../sdk/common/ids.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { PermitAnswer, PermitRequest, TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import { alarmTime } from '../alarm.ts';
import { clockOffset, type Env, now } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import { TaskQueuePermits } from './permits.ts';
import { TaskQueueStore } from './store.ts';

const RETRY_MS = 10_000;

interface PermittedExecution {
  activityTaskPermitted(task: ActivityTaskRef, asked: number, granted: number): Promise<boolean>;
}

export class TaskQueue extends DurableObject<Env> {
  readonly #permits: TaskQueuePermits;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const store = new TaskQueueStore(ctx.storage.sql, (work) => ctx.storage.transactionSync(work));
    this.#permits = new TaskQueuePermits(store, {
      now: () => now(env),
      tell: ({ task, asked, granted }) => {
        const name = executionObjectName(task.namespace, task.workflowId);
        const execution = env.WORKFLOW_EXECUTION.getByName(name) as unknown as PermittedExecution;
        return execution.activityTaskPermitted(task, asked, granted);
      },
      // The alarm runs on the platform's clock.
      wake: (time) => void ctx.storage.setAlarm(Math.max(Date.now(), alarmTime(time, clockOffset(env)))),
      keep: (work) => ctx.waitUntil(work),
    });
  }

  async ask(request: PermitRequest, limits: TaskQueueLimits): Promise<PermitAnswer> {
    return this.#permits.ask(request, limits);
  }

  async giveBack(task: ActivityTaskRef, asked: number): Promise<void> {
    this.#permits.giveBack(task, asked);
  }

  async configure(limits: TaskQueueLimits): Promise<void> {
    this.#permits.configure(limits);
  }

  /** Never throws: an alarm that throws too often is gone for ever. */
  override async alarm(): Promise<void> {
    try {
      await this.#permits.alarm();
    } catch (error) {
      jsonLogger.error('task queue: tried again later', { reason: String(error) });
      await this.ctx.storage.setAlarm(Date.now() + RETRY_MS).catch(() => undefined);
    }
  }
}
