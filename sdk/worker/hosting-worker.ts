/** What the objects of a script need of its Workers: which activities they have, and where the engine is. */

import { FAILURE_SOURCE } from '../common/failure.ts';
import { defaultLogger, type Logger } from '../common/logger.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import type { EngineAddress } from './engine-call.ts';
import type { Handler } from './serve.ts';

export interface HostingWorker {
  logger: Logger;
  engine: EngineAddress;
  execute(task: ActivityTask): Promise<ActivityTaskAnswer | 'async'>;
}

interface Registered {
  handler: Handler;
  activities(env: never): object | undefined;
  engine(env: never): EngineAddress;
}

/** By task queue. The objects are of the same script: its top level, where Workers are made, has run before them. */
const workers = new Map<string, Registered>();

export function registerHostingWorker(worker: Registered): void {
  workers.set(worker.handler.options.taskQueue, worker);
}

/** A script that has no Worker for the task queue any more can still report, to the address in the task. */
export function hostingWorker(taskQueue: string, env: unknown): HostingWorker {
  const worker = workers.get(taskQueue);
  if (!worker) {
    const message = `No createWorker() in the script of this ActivityHost serves task queue "${taskQueue}"`;
    const answer: ActivityTaskAnswer = { failed: { failure: { message, source: FAILURE_SOURCE } } };
    return { logger: defaultLogger, engine: {}, execute: async () => answer };
  }
  const { handler } = worker;
  const engine = worker.engine(env as never);
  return {
    logger: handler.options.logger,
    engine,
    execute: (task) => handler.executeActivity(task, engine, worker.activities(env as never)),
  };
}
