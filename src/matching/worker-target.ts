/** One Worker as the engine reaches it: by service binding or by URL. */

import { readText } from '../../sdk/common/read-text.ts';
import {
  BOUND_WORKER_HOST,
  DISPATCH_ID_HEADER,
  SDK_HEADER,
  type WorkerDescription,
  type WorkerRpc,
  workerPaths,
} from '../../sdk/common/worker-protocol.ts';
import type { BoundWorker } from '../env.ts';
import { MAX_DESCRIPTION_BYTES, parseDescription } from '../worker-description.ts';

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
    fetch: (path, init) =>
      service.fetch(`http://${BOUND_WORKER_HOST}${path}`, { ...init, redirect: 'manual' }),
    rpc: service as unknown as WorkerRpc,
  };
}

/** Headers that prove to the Worker that what it gets is of its engine: over an id and the body. */
export type Sign = (id: string, body: string) => Promise<Record<string, string>>;

/** Everything that goes there is signed; nothing follows a redirect. */
export function urlTarget(url: string, sign: Sign): WorkerTarget {
  const base = url.replace(/\/+$/, '');
  return {
    id: url,
    fetch: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      const id = headers.get(DISPATCH_ID_HEADER) ?? crypto.randomUUID();
      const signed = await sign(id, typeof init.body === 'string' ? init.body : '');
      for (const [name, value] of Object.entries(signed)) headers.set(name, value);
      return fetch(`${base}${path}`, { ...init, headers, redirect: 'manual' });
    },
  };
}

/** Is this an answer of a Worker, or of something else that stands at its address? */
export function isWorkerAnswer(response: Response): boolean {
  return response.headers.has(SDK_HEADER);
}

/** What {@link withinTime} aborts with. */
export class OverdueError extends Error {
  override readonly name = 'OverdueError';
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/**
 * Gives `work` a signal that fires after so many milliseconds. Not AbortSignal.timeout: its timer cannot be called off,
 * and would keep an object awake (and billed) long after the answer.
 */
export async function withinTime<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(new OverdueError(ms)), ms);
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
    return parseDescription(await readText(response, MAX_DESCRIPTION_BYTES));
  });
}
