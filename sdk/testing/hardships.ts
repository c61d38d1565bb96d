/**
 * What an engine in memory has to go through while tests run that know nothing of it. `PERDURE_TEST_ENGINE` says it:
 *
 *   evict          objects lose their memory between any two calls
 *   faults[=SEED]  one call in a hundred (a commit, a call to another object, a Worker, a list) fails, before it is done or
 *                  after
 *
 * or both, with a comma between. What a test sees must be the same: clients ask again, and objects find what is owed in
 * what they have stored. No time passes for that, so that a test's times are what they are without.
 */

export type Struck = 'before' | 'after' | undefined;

const RATE = 0.01;

/** A fault of ours: nobody's fault, and tried again. */
export class Hardship extends Error {
  override readonly name = 'Hardship';
}

export class Hardships {
  readonly evicts: boolean;
  readonly #random: (() => number) | undefined;

  constructor({ evicts = false, seed }: { evicts?: boolean; seed?: number }) {
    this.evicts = evicts;
    this.#random = seed === undefined ? undefined : randomOf(seed);
  }

  static fromEnvironment(text: string = process.env.PERDURE_TEST_ENGINE ?? ''): Hardships {
    const words = text.split(',').filter((word) => word !== '');
    let seed: number | undefined;
    for (const word of words) {
      const faults = /^faults(?:=(\d+))?$/.exec(word);
      if (faults) seed = Number(faults[1] ?? 1);
      else if (word !== 'evict')
        throw new Error(`PERDURE_TEST_ENGINE: "${word}" is neither evict nor faults nor faults=SEED`);
    }
    return new Hardships({ evicts: words.includes('evict'), ...(seed !== undefined && { seed }) });
  }

  get any(): boolean {
    return this.evicts || this.#random !== undefined;
  }

  /** How the next call goes wrong, if it does. */
  strike(): Struck {
    if (!this.#random || this.#random() >= RATE) return undefined;
    return this.#random() < 0.5 ? 'before' : 'after';
  }

  /** Makes the call, or pretends to have lost it or its answer; then `mend` is called. */
  async around<T>(what: string, call: () => Promise<T>, mend: () => void): Promise<T> {
    const struck = this.strike();
    if (!struck) return call();
    if (struck === 'after') await call();
    mend();
    throw new Hardship(struck === 'after' ? `the answer of ${what} was lost` : `${what} was lost`);
  }
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
