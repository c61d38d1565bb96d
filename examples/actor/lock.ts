/** Lets one in at a time, in the order of their coming. For handlers that await: two of them must not see the same state. */
export class Lock {
  #tail: Promise<unknown> = Promise.resolve();

  runExclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
