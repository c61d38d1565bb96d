/**
 * A namespace's Workers, platform-free. A Worker is registered by its URL, after it has answered at that URL as a
 * Worker does; what it said of itself is kept with it. Runs that found no Worker are remembered in memory and poked
 * when one registers: only a shortcut, since the engine sends an unserved task again by itself.
 */

import { type EpochMs, type TimestampJson, toTimestampJson } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import { sameSpelling, workerBaseUrl } from '../auth/worker-url.ts';
import type { WorkerUrlPolicy } from '../env.ts';
import type { WorkerStore } from './store.ts';

export interface RegisteredWorker {
  /** Base URL without a trailing slash. */
  url: string;
  description: WorkerDescription;
  registeredTime: TimestampJson;
  /** When the Worker last answered to its registration. */
  lastSeenTime: TimestampJson;
}

export interface RegisterWorkerRequest {
  url: string;
  identity?: string;
  /** `whsec_…`: what the Worker verifies with, where it can not do so by public key. Kept, never shown. */
  signingSecret?: string;
}

/** What is needed to call it. */
export interface ReachableWorker {
  url: string;
  signingSecret?: string;
}

export interface RegistryPorts {
  readonly urlPolicy: WorkerUrlPolicy;
  /** Asks the Worker what it serves; rejects with a reason that a person can read. */
  describe(url: string): Promise<WorkerDescription>;
  /** The Worker has a version: it is made known. @throws ServiceError when that version cannot be. */
  sighted(description: WorkerDescription): void;
  /** Wakes runs. May take its time; the registry does not wait for it. */
  poke(workflowIds: string[]): void;
  now(): EpochMs;
}

export const MAX_WORKERS = 1_000;
export const MAX_WAITING = 10_000;

export class WorkerRegistry {
  readonly #store: WorkerStore;
  readonly #ports: RegistryPorts;
  readonly #waiting = new Map<string, Set<string>>();
  #waitingCount = 0;

  constructor(store: WorkerStore, ports: RegistryPorts) {
    this.#store = store;
    this.#ports = ports;
  }

  /**
   * Registers a Worker, or refreshes it if its URL is known already, and pokes the runs that wait for its task queues.
   * @throws ServiceError INVALID_ARGUMENT for a URL outside the policy, FAILED_PRECONDITION when no Worker answers there.
   */
  async register(request: RegisterWorkerRequest): Promise<RegisteredWorker> {
    const url = workerBaseUrl(request.url, this.#ports.urlPolicy);
    const described = await this.#ports.describe(url).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServiceError('FAILED_PRECONDITION', `url: ${url} did not answer as a Worker: ${reason}`);
    });
    const description = request.identity ? { ...described, identity: request.identity } : described;
    const registered = this.#store.all();
    const before = registered.find((worker) => worker.url === url);
    if (!before && registered.length >= MAX_WORKERS)
      throw new ServiceError(
        'RESOURCE_EXHAUSTED',
        `a namespace has at most ${MAX_WORKERS} registered Workers`,
      );
    const lastSeenTime = toTimestampJson(this.#ports.now());
    const worker = { url, description, registeredTime: before?.registeredTime ?? lastSeenTime, lastSeenTime };
    this.#ports.sighted(description);
    this.#store.put(worker);
    if (request.signingSecret !== undefined) this.#store.putSecret(url, request.signingSecret);
    const waiting = description.taskQueues.flatMap(({ name }) => this.#release(name));
    if (waiting.length > 0) this.#ports.poke(waiting);
    return worker;
  }

  /** Answers whether the Worker was registered. */
  unregister({ url }: { url: string }): { removed: boolean } {
    return { removed: this.#store.delete(sameSpelling(url)) };
  }

  reachable(): ReachableWorker[] {
    const secrets = this.#store.secrets();
    return this.#store.all().map(({ url }) => {
      const signingSecret = secrets.get(url);
      return { url, ...(signingSecret && { signingSecret }) };
    });
  }

  list(): RegisteredWorker[] {
    return this.#store.all();
  }

  /** A run found no Worker for a task queue. Beyond the bound it is forgotten: its own re-sends find the Worker. */
  waiting(taskQueue: string, workflowId: string): void {
    const runs = this.#waiting.get(taskQueue) ?? new Set();
    if (runs.has(workflowId) || this.#waitingCount >= MAX_WAITING) return;
    this.#waiting.set(taskQueue, runs.add(workflowId));
    this.#waitingCount++;
  }

  /** Everybody who waits: other Workers get the tasks now. */
  releaseAll(): void {
    const waiting = [...this.#waiting.keys()].flatMap((taskQueue) => this.#release(taskQueue));
    if (waiting.length > 0) this.#ports.poke(waiting);
  }

  #release(taskQueue: string): string[] {
    const runs = this.#waiting.get(taskQueue);
    if (!runs) return [];
    this.#waiting.delete(taskQueue);
    this.#waitingCount -= runs.size;
    return [...runs];
  }
}
