/** The calls of Workers that are out, and which of them take long. */

import { elapsedMs } from './host-clock.ts';

/** In real time. Whatever takes less is over before anybody could tell how time has passed meanwhile. */
const LONG_MS = 1_000;

export class CallsAtWork {
  /** By dispatch: a call that its object did not survive is asked for again. */
  readonly #calls = new Map<string, { times: number; since: number }>();

  get count(): number {
    return this.#calls.size;
  }

  get forLong(): number {
    const now = elapsedMs();
    return [...this.#calls.values()].filter(({ since }) => now - since > LONG_MS).length;
  }

  async during<T>(dispatchId: string, call: () => Promise<T>): Promise<T> {
    const entry = this.#calls.get(dispatchId) ?? { times: 0, since: elapsedMs() };
    entry.times++;
    this.#calls.set(dispatchId, entry);
    try {
      return await call();
    } finally {
      entry.times--;
      if (entry.times === 0) this.#calls.delete(dispatchId);
    }
  }
}
