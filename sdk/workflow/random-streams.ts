/** Streams of random numbers beside the one of `Math.random()`, for interceptors and plugins that must not disturb it. */

import { assertInContext, runInStream } from './runtime/context.ts';
import { fillFrom, uuidFrom } from './runtime/random.ts';

/** A stream of random numbers of a run: every replay draws the same ones. */
export interface WorkflowRandomStream {
  /** A number in [0, 1). */
  random(): number;
  /** A version 4 UUID. */
  uuid4(): string;
  /** Fills the bytes, and answers with them. */
  fill(bytes: Uint8Array): Uint8Array;
  /** Calls `fn`: `Math.random()` and `uuid4()` draw from this stream there, and in what it goes on with. */
  with<T>(fn: () => T): T;
}

function streamOf(name: string | undefined, api: string): WorkflowRandomStream {
  const random = (): number => assertInContext(api).drawFrom(name);
  return {
    random,
    uuid4: () => uuidFrom(random),
    fill: (bytes) => {
      fillFrom(random, bytes);
      return bytes;
    },
    with: (fn) => {
      assertInContext(api);
      return runInStream(name, fn);
    },
  };
}

/** The run's own stream, that of `Math.random()`, also where another one was put in its place. */
export const workflowRandom: WorkflowRandomStream = streamOf(undefined, 'workflowRandom');

/**
 * The stream of that name, the same for the whole run. Its numbers come from the run's seed and the name; those of
 * `Math.random()` are not used up by it.
 */
export function getRandomStream(name: string): WorkflowRandomStream {
  assertInContext('getRandomStream');
  return streamOf(name, 'getRandomStream');
}
