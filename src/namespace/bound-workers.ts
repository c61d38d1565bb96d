/** The Workers that are bound to the engine as services: asked what they serve when somebody wants to know. */

import { type EpochMs, toTimestampJson } from '../../sdk/common/duration.ts';
import { BOUND_WORKER_HOST, type WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import { BOUND_URL_PREFIX, type ListedWorker } from '../../sdk/common/workers.ts';
import type { BoundWorker } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import { describeWorker } from './describe-worker.ts';

/** Whoever looks at a list looks again soon. */
const FRESH_MS = 5_000;

interface Known {
  description: WorkerDescription;
  time: EpochMs;
}

export class BoundWorkers {
  readonly #workers: readonly BoundWorker[];
  readonly #now: () => EpochMs;
  readonly #known = new Map<string, Known>();

  constructor(workers: readonly BoundWorker[], now: () => EpochMs) {
    this.#workers = workers;
    this.#now = now;
  }

  /** By the names of their bindings. One that does not answer is shown as it was known last. */
  list(): Promise<Array<Omit<ListedWorker, 'failedCalls'> & { id: string }>> {
    return Promise.all(
      this.#workers.map(async (worker) => {
        const known = await this.#ask(worker);
        return {
          id: worker.name,
          url: `${BOUND_URL_PREFIX}${worker.name}`,
          ...(known && { description: known.description, lastSeenTime: toTimestampJson(known.time) }),
        };
      }),
    );
  }

  async #ask({ name, service }: BoundWorker): Promise<Known | undefined> {
    const known = this.#known.get(name);
    const age = this.#now() - (known?.time ?? 0);
    if (known && age >= 0 && age < FRESH_MS) return known;
    try {
      const description = await describeWorker(`http://${BOUND_WORKER_HOST}`, (url, init) =>
        service.fetch(url, init),
      );
      this.#known.set(name, { description, time: this.#now() });
    } catch (error) {
      jsonLogger.warn('a bound Worker did not answer', { name, reason: String(error) });
    }
    return this.#known.get(name);
  }
}
