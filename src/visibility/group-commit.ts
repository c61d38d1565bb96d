/**
 * Work of many callers in one commit: a shard is told of each run by itself, and a commit takes the disk longer than a row.
 * One that fails fails for its caller alone.
 */
export class GroupCommit {
  readonly #pause: () => Promise<void>;
  readonly #commit: (work: () => void) => Promise<void>;
  #gathered: Gathered[] = [];

  /**
   * @param pause how long work is gathered from the first on
   * @param commit does all of it at once
   */
  constructor(pause: () => Promise<void>, commit: (work: () => void) => Promise<void>) {
    this.#pause = pause;
    this.#commit = commit;
  }

  /** Answers when it is written. */
  add(work: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#gathered.push({ work, resolve, reject });
    if (this.#gathered.length === 1) void this.#commitGathered();
    return promise;
  }

  async #commitGathered(): Promise<void> {
    let gathered: Gathered[] = [];
    try {
      await this.#pause();
      await this.#commit(() => {
        gathered = this.#gathered;
        this.#gathered = [];
        for (const one of gathered) attempt(one);
      });
      for (const { resolve } of gathered) resolve();
    } catch (error) {
      // What came to nothing before its turn is nobody else's to tell.
      if (gathered.length === 0) gathered = this.#gathered.splice(0);
      for (const { reject } of gathered) reject(error);
    }
  }
}

interface Gathered {
  work: () => void;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** A promise that is rejected already stays so, whatever comes of the rest. */
function attempt({ work, reject }: Gathered): void {
  try {
    work();
  } catch (error) {
    reject(error);
  }
}
