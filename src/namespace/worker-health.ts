/**
 * How the Workers of a namespace fare, as the engine's isolates tell when they ask which Workers there are. In memory
 * only: after a restart of the object it is told again, by those who have something to tell.
 */

import { type EpochMs, fromTimestampJson, toTimestampJson } from '../../sdk/common/duration.ts';
import type {
  DispatchCount,
  ListedWorker,
  TaskKind,
  WorkerReport,
  WorkerSighting,
} from '../../sdk/common/workers.ts';

/** Counts of one second are one. */
const RESOLUTION_MS = 1_000;
const WINDOW_MS = 60_000;
const MAX_WORKERS = 2_000;
const MAX_QUEUES = 10_000;

export class WorkerHealth {
  readonly #now: () => EpochMs;
  readonly #seen = new Map<string, WorkerSighting>();
  /** Counts of the last minute, by kind and task queue. */
  readonly #dispatched = new Map<string, Array<{ time: EpochMs; count: number }>>();

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  tell({ sightings, dispatched }: WorkerReport): void {
    for (const sighting of sightings) this.#see(sighting);
    for (const count of dispatched) this.#count(count);
  }

  /** The listed Worker with what is known of it. */
  withHealth(id: string, worker: Omit<ListedWorker, 'failedCalls'>): ListedWorker {
    const seen = this.#seen.get(id);
    const answered = worker.lastSeenTime ? fromTimestampJson(worker.lastSeenTime) : 0;
    const lastSeen = Math.max(answered, seen?.contactTime ?? 0);
    const { error } = seen ?? {};
    return {
      ...worker,
      ...(lastSeen > 0 && { lastSeenTime: toTimestampJson(lastSeen) }),
      failedCalls: error && error.time > lastSeen ? seen!.failures : 0,
      ...(error && { lastError: error.message, lastErrorTime: toTimestampJson(error.time) }),
    };
  }

  /** Per second, over the last minute. */
  dispatchRate(kind: TaskKind, taskQueue: string): number {
    const oldest = this.#now() - WINDOW_MS;
    const counts = this.#dispatched.get(`${kind} ${taskQueue}`) ?? [];
    const sum = counts.filter(({ time }) => time > oldest).reduce((all, { count }) => all + count, 0);
    return sum / (WINDOW_MS / 1_000);
  }

  #see({ id, contactTime, failures, error }: WorkerSighting): void {
    const known = this.#seen.get(id);
    if (!known && this.#seen.size >= MAX_WORKERS) return;
    const contact = Math.max(known?.contactTime ?? 0, contactTime ?? 0);
    const newest = error && error.time >= (known?.error?.time ?? 0) ? error : known?.error;
    const before = known && (known.error?.time ?? 0) > contact ? known.failures : 0;
    this.#seen.set(id, {
      id,
      ...(contact > 0 && { contactTime: contact }),
      failures: before + failures,
      ...(newest && { error: newest }),
    });
  }

  #count({ kind, taskQueue, count }: DispatchCount): void {
    const key = `${kind} ${taskQueue}`;
    if (!this.#dispatched.has(key) && this.#dispatched.size >= MAX_QUEUES) this.#dispatched.clear();
    const time = this.#now();
    const counts = this.#dispatched.get(key) ?? [];
    const last = counts.at(-1);
    // Whoever tells of each task by itself (the engine in memory) must not make a minute long.
    if (last && time >= last.time && time - last.time < RESOLUTION_MS) {
      last.count += count;
      return;
    }
    const recent = counts.filter((one) => one.time > time - WINDOW_MS);
    this.#dispatched.set(key, [...recent, { time, count }]);
  }
}
