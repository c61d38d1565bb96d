/**
 * Turns for calls over the network. The platform lets one event have six connections that wait for an answer; what is more it
 * holds back without a word (`wrangler dev` does not): https://developers.cloudflare.com/workers/platform/limits/
 */

const AT_ONCE = 6;

export class Connections {
  #free = AT_ONCE;
  readonly #waiting: Array<() => void> = [];

  /** Does the work, which holds one connection at a time, when there is one for it. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
