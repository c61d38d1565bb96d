/** What the API takes from the platform: randomness, waiting, and where it logs. Tests replace it. */

import { defaultLogger, type Logger } from '../../sdk/common/logger.ts';

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
}

export const platformPorts: ApiPorts = {
  newId: () => crypto.randomUUID(),
  random: () => Math.random(),
  rowCheckMs: 2_000,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  fetch: (url, init) => fetch(url, init),
  logger: defaultLogger,
};
