/** The Namespace object: one per namespace; its registered Workers (see registry.ts). */

import { DurableObject } from 'cloudflare:workers';
import { ServiceError } from '../../sdk/common/errors.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import type { Result } from '../../sdk/common/service.ts';
import { type Env, now } from '../env.ts';
import { describeWorker } from './describe-worker.ts';
import { type RegisteredWorker, WorkerRegistry } from './registry.ts';
import { WorkerStore } from './store.ts';

const POKES_AT_A_TIME = 20;

interface WaitingExecution {
  workerAppeared(): Promise<void>;
}

export class Namespace extends DurableObject<Env> {
  readonly #registry: WorkerRegistry;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#registry = new WorkerRegistry(new WorkerStore(ctx.storage.sql), {
      describe: (url) => describeWorker(url),
      poke: (workflowIds) => ctx.waitUntil(this.#pokeAll(workflowIds)),
      now: () => now(env),
    });
  }

  /** Registers a Worker by its URL, once it answers there. */
  async registerWorker(request: { url: string; identity?: string }): Promise<Result<RegisteredWorker>> {
    return asResult(() => this.#registry.register(request));
  }

  async unregisterWorker(request: { url: string }): Promise<Result<{ removed: boolean }>> {
    return asResult(() => this.#registry.unregister(request));
  }

  async listWorkers(): Promise<RegisteredWorker[]> {
    return this.#registry.list();
  }

  /** Best effort: this run found no Worker for this task queue, and wants to be poked when one registers. */
  async waiting(taskQueue: string, workflowId: string): Promise<void> {
    this.#registry.waiting(taskQueue, workflowId);
  }

  async #pokeAll(workflowIds: string[]): Promise<void> {
    for (let i = 0; i < workflowIds.length; i += POKES_AT_A_TIME) {
      await Promise.all(workflowIds.slice(i, i + POKES_AT_A_TIME).map((id) => this.#poke(id)));
    }
  }

  async #poke(workflowId: string): Promise<void> {
    const name = executionObjectName(this.ctx.id.name!, workflowId);
    try {
      await (this.env.WORKFLOW_EXECUTION.getByName(name) as unknown as WaitingExecution).workerAppeared();
    } catch (error) {
      // The run sends its task again by itself.
      console.error('poke failed', JSON.stringify({ workflowId, error: String(error) }));
    }
  }
}

/** Errors cross the RPC boundary as data: classes do not. */
async function asResult<T>(call: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return { ok: await call() };
  } catch (error) {
    if (error instanceof ServiceError) return { error: error.toData() };
    throw error;
  }
}
