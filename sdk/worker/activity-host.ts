/**
 * The object in which a Worker on Cloudflare runs activities that are too long for a call: one object per attempt.
 * Export it from the Worker and bind it as `ACTIVITY_HOST`; see docs/long-activities.md.
 */

import { DurableObject } from 'cloudflare:workers';
import { defaultLogger } from '../common/logger.ts';
import type { ActivityTask } from '../common/worker-protocol.ts';
import { HostedActivity } from './hosted-activity.ts';
import { hostingWorker } from './hosting-worker.ts';
import { reportOnce } from './report.ts';

const ALARM_RETRY_MS = 10_000;

export class ActivityHost<Env = unknown> extends DurableObject<Env> {
  readonly #activity: HostedActivity;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#activity = new HostedActivity(ctx.storage, {
      now: () => Date.now(),
      execute: (task) => hostingWorker(task.taskQueue, env).execute(task),
      report: (task, answer) => {
        const { logger, engine } = hostingWorker(task.taskQueue, env);
        return reportOnce(task, answer, engine, logger);
      },
      keepAlive: (promise) => ctx.waitUntil(promise),
    });
  }

  /** Called by the Worker's entrypoint: takes the attempt over. */
  run(task: ActivityTask): Promise<void> {
    return this.#activity.accept(task);
  }

  override async alarm(): Promise<void> {
    try {
      await this.#activity.alarm();
    } catch (error) {
      // An alarm that throws is repeated a few times and then never again.
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
      defaultLogger.error('ActivityHost: an alarm failed', { error });
    }
  }
}
