/** A Worker bound to the engine under test; the same bundle serves several task queues, one each. */

import { env } from 'cloudflare:workers';
import { createWorker, type Logger } from 'perdure/worker';
import { type ActivityTask, DISPATCH_ID_HEADER, type WorkerRpc } from '../../sdk/common/worker-protocol.ts';
import type { Act } from '../checker/evidence.ts';
import { activities, actsOf, type Execution, executionsOf, release } from './activities.ts';
import * as workflows from './workflows.ts';

const { SERVES } = env as unknown as { SERVES: string };

const quiet = (): void => undefined;
const logger: Logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Dispatch ids of all attempts that came in, repeated ones too. */
const dispatches: string[] = [];
/** How often each path was asked for. */
const calls: Record<string, number> = {};

/** It stands in all answers, and with a character beyond Latin-1 a text takes two bytes for each. */
const identity = `исполнитель@${SERVES}`;

export default class TestWorker extends createWorker({
  taskQueue: SERVES,
  workflows,
  activities,
  logger,
  identity,
}) {
  override async fetch(request: Request): Promise<Response> {
    const dispatchId = request.headers.get(DISPATCH_ID_HEADER);
    if (dispatchId !== null) dispatches.push(dispatchId);
    const { pathname } = new URL(request.url);
    if (pathname === '/calls') return Response.json(calls);
    calls[pathname] = (calls[pathname] ?? 0) + 1;
    return super.fetch(request);
  }

  override async runActivityTask(task: string): ReturnType<WorkerRpc['runActivityTask']> {
    dispatches.push((JSON.parse(task) as ActivityTask).dispatchId);
    return super.runActivityTask(task);
  }

  /** How many calls came in for the attempts of a run. */
  async dispatchesOf(runId: string): Promise<number> {
    return dispatches.filter((dispatchId) => dispatchId.startsWith(`${runId}/`)).length;
  }

  /** What was executed for the key. */
  async executionsOf(key: string): Promise<Execution[]> {
    return executionsOf(key);
  }

  /** What was executed for workflow ids that begin so. */
  async actsOf(prefix: string): Promise<Act[]> {
    return actsOf(prefix);
  }

  /** Lets `hold(key)` go on. */
  async release(key: string): Promise<void> {
    release(key);
  }
}
