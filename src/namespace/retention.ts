/**
 * How long a namespace keeps closed runs, as an isolate remembers it. What it remembers may be a minute old; whoever is
 * about to remove something asks.
 */

import { type EpochMs, fromDurationJson } from '../../sdk/common/duration.ts';
import { DEFAULT_RETENTION } from '../../sdk/common/namespaces.ts';
import { namespaceSettings } from '../auth/namespace-cache.ts';
import type { Env } from '../env.ts';

const KNOWN_FOR_MS = 60_000;

/** Holds data, never promises: those belong to the request that made them. */
export class Retention {
  #known = fromDurationJson(DEFAULT_RETENTION);
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

export function retentionOf(env: Env, namespace: string): Retention {
  let retention = known.get(namespace);
  if (!retention) {
    retention = new Retention(async () =>
      fromDurationJson((await namespaceSettings(env, namespace)).retention),
    );
    known.set(namespace, retention);
  }
  return retention;
}
