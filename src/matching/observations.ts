/** What an isolate sees of the Workers that it calls, kept until it is told to the Namespace object. In memory only. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { TaskKind, WorkerReport, WorkerSighting } from '../../sdk/common/workers.ts';

/** What was counted longer ago says nothing about now. */
const COUNTED_FOR_MS = 60_000;
const MAX_ERROR_LENGTH = 500;

export class Observations {
  readonly #clock: () => EpochMs;
  #sightings = new Map<string, WorkerSighting>();
  #dispatched = new Map<string, { kind: TaskKind; taskQueue: string; count: number; time: EpochMs }>();

  constructor(clock: () => EpochMs) {
    this.#clock = clock;
  }

  contacted(id: string): void {
    const sighting = this.#of(id);
    sighting.contactTime = this.#clock();
    sighting.failures = 0;
  }

  failed(id: string, reason: string): void {
    const sighting = this.#of(id);
    sighting.failures++;
    sighting.error = { message: reason.slice(0, MAX_ERROR_LENGTH), time: this.#clock() };
  }

  dispatched(kind: TaskKind, taskQueue: string): void {
    const key = `${kind} ${taskQueue}`;
    const now = this.#clock();
    const known = this.#dispatched.get(key);
    if (known && now - known.time < COUNTED_FOR_MS) known.count++;
    else this.#dispatched.set(key, { kind, taskQueue, count: 1, time: now });
  }

  /** All of it, once. */
  take(): WorkerReport {
    const oldest = this.#clock() - COUNTED_FOR_MS;
    const dispatched = [...this.#dispatched.values()].filter(({ time }) => time > oldest);
    const report = {
      sightings: [...this.#sightings.values()],
      dispatched: dispatched.map(({ kind, taskQueue, count }) => ({ kind, taskQueue, count })),
    };
    this.#sightings = new Map();
    this.#dispatched = new Map();
    return report;
  }

  #of(id: string): WorkerSighting {
    const sighting = this.#sightings.get(id) ?? { id, failures: 0 };
    this.#sightings.set(id, sighting);
    return sighting;
  }
}
