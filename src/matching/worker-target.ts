/** One Worker as the engine reaches it: by service binding or by URL. */

import {
  SDK_HEADER,
  type WorkerDescription,
  type WorkerRpc,
  workerPaths,
} from '../../sdk/common/worker-protocol.ts';
import type { BoundWorker } from '../env.ts';

const DESCRIBE_TIMEOUT_MS = 2_000;

export interface WorkerTarget {
  /** Binding name or URL: how the Worker is known to people and in logs. */
  readonly id: string;
  /** Path is one of `workerPaths`. Rejects when the Worker is not reached. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Present where the Worker offers sessions. */
  readonly rpc?: WorkerRpc;
}

export function boundTarget({ name, service }: BoundWorker): WorkerTarget {
  return {
    id: name,
    fetch: (path, init) => service.fetch(`http://worker${path}`, { ...init, redirect: 'manual' }),
    rpc: service as unknown as WorkerRpc,
  };
}

export function urlTarget(url: string): WorkerTarget {
  const base = url.replace(/\/+$/, '');
  return { id: url, fetch: (path, init) => fetch(`${base}${path}`, { ...init, redirect: 'manual' }) };
}

/** Is this an answer of a Worker, or of something else that stands at its address? */
export function isWorkerAnswer(response: Response): boolean {
  return response.headers.has(SDK_HEADER);
}

/** What {@link withinTime} aborts with. */
export class OverdueError extends Error {
  override readonly name = 'OverdueError';
}

/**
 * Gives `work` a signal that fires after so many milliseconds. Not AbortSignal.timeout: its timer cannot be called off,
 * and would keep an object awake (and billed) long after the answer.
 */
export async function withinTime<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(new OverdueError(`no answer within ${ms} ms`)), ms);
  try {
    return await work(overdue.signal);
  } catch (error) {
    // What an aborted call rejects with differs from platform to platform.
    throw overdue.signal.aborted ? overdue.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Asks a Worker what it serves. Rejects with a readable reason when it does not answer as a Worker does. */
export function describe(target: WorkerTarget): Promise<WorkerDescription> {
  return withinTime(DESCRIBE_TIMEOUT_MS, async (signal) => {
    const response = await target.fetch(workerPaths.describe, { signal });
    if (!isWorkerAnswer(response) || !response.ok) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status} without the header ${SDK_HEADER}: not a Worker`);
    }
    return (await response.json()) as WorkerDescription;
  });
}
