/**
 * How long a namespace keeps closed runs, as an isolate remembers it. What it remembers may be a minute old; whoever is
 * about to remove something asks.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';

export const DEFAULT_RETENTION_MS = 30 * 24 * 3_600_000;
const KNOWN_FOR_MS = 60_000;

/** Holds data, never promises: those belong to the request that made them. */
export class Retention {
  #known = DEFAULT_RETENTION_MS;
  #askedTime: EpochMs = Number.NEGATIVE_INFINITY;
  readonly #ask: () => Promise<number>;

  constructor(ask: () => Promise<number>) {
    this.#ask = ask;
  }

  peek(): number {
    return this.#known;
  }

  async ask(): Promise<number> {
    this.#askedTime = Date.now();
    this.#known = await this.#ask();
    return this.#known;
  }

  /** For those who peek: brings it up to date, where it is not. */
  renew(): Promise<unknown> | undefined {
    return Date.now() - this.#askedTime > KNOWN_FOR_MS ? this.ask() : undefined;
  }
}

const known = new Map<string, Retention>();

export function retentionOf(namespace: string): Retention {
  let retention = known.get(namespace);
  if (!retention) {
    retention = new Retention(async () => DEFAULT_RETENTION_MS);
    known.set(namespace, retention);
  }
  return retention;
}
