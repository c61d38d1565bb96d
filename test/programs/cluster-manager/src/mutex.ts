import { condition } from '@temporalio/workflow';

/** One at a time, in the order of asking. */
export class Mutex {
  private last: Promise<void> = Promise.resolve();
  locked = false;

  async runExclusive<T>(fn: () => Promise<T>): Promise<T> {
    const before = this.last;
    let release!: () => void;
    this.last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.locked = true;
    try {
      return await fn();
    } finally {
      this.locked = false;
      release();
    }
  }
  async free(): Promise<void> {
    await condition(() => !this.locked);
  }
}
