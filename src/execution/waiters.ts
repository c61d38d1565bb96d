/** Long polls: callers that wait for something to be committed. Woken only after a commit, or when their time is up. */

import type { Outside } from './outside.ts';

export class Waiters {
  readonly #waiting = new Set<() => void>();
  readonly #outside: Outside;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Something was committed: everybody looks again. */
  wake(): void {
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  /** Calls `look` after each commit until it answers, or until `ms` have passed (then answers what it last gave). */
  async until<T>(ms: number, look: () => { done: boolean; value: T }): Promise<T> {
    let expired = false;
    let cancel: () => void = () => undefined;
    for (let first = true; ; first = false) {
      const { done, value } = look();
      if (done || expired || ms <= 0) {
        cancel();
        return value;
      }
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        if (!first) return;
        cancel = this.#outside.after(ms, () => {
          expired = true;
          this.wake();
        });
      });
    }
  }
}
