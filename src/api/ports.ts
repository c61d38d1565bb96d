/** What the API takes from the platform: randomness, waiting, and where it logs. Tests replace it. */

import type { Logger } from '../../sdk/common/logger.ts';
import type { Env } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import type { Measures } from '../observability/measures.ts';
import { measuresOf } from '../visibility/metrics.ts';

export interface ApiPorts {
  /** A fresh id: for requests that came without one, and to find an error again in the log. */
  newId(): string;
  /** Between 0 and 1, for jitter. */
  random(): number;
  pause(ms: number): Promise<void>;
  /** So long after a start it is made sure that visibility has the run. */
  rowCheckMs: number;
  /** For the keys of those who issue tokens. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  logger: Logger;
  /** Where requests are counted; absent: nowhere. */
  measures?(env: Env, namespace: string, keepAlive: (promise: Promise<unknown>) => void): Measures;
}

/** Of the platform, where nobody reads metrics of requests: sending them takes its time. */
export const unmeasuredPorts: ApiPorts = {
  newId: () => crypto.randomUUID(),
  random: () => Math.random(),
  rowCheckMs: 1_000,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  fetch: (url, init) => fetch(url, init),
  logger: jsonLogger,
};

export const platformPorts: ApiPorts = { ...unmeasuredPorts, measures: measuresOf };
