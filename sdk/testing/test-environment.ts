/**
 * `TestWorkflowEnvironment`: run workflows in a test, on the real engine over memory, with a clock that skips.
 * Names as in Temporal's `@temporalio/testing`. Making one takes milliseconds, a 30-day sleep takes none, and each
 * environment has a clock of its own.
 */

import { Client } from '../client/client.ts';
import { Connection } from '../client/connection.ts';
import { type Duration, msToNumber } from '../common/duration.ts';
import { makeLogger } from '../common/logger.ts';
import type { WorkerOptions } from '../worker/options.ts';
import { createHandler, type Handler } from '../worker/serve.ts';
import { MemoryEngine } from './memory-engine.ts';

export interface TimeSkippingOptions {
  /** The clock's first reading. Default: the real time. */
  startTime?: number | Date;
}

const silent = makeLogger('ERROR', () => undefined);

export class TestWorkflowEnvironment {
  /** A client of this environment's engine. Waiting for a result lets time skip. */
  readonly client: Client;
  readonly connection: Connection;
  readonly #engine: MemoryEngine;
  #waiting = 0;

  /** An environment whose clock moves on by itself while a test waits for a result. */
  static async createTimeSkipping(options: TimeSkippingOptions = {}): Promise<TestWorkflowEnvironment> {
    return new TestWorkflowEnvironment(new MemoryEngine(Number(options.startTime ?? Date.now())));
  }

  private constructor(engine: MemoryEngine) {
    this.#engine = engine;
    const address = { fetch: (url: string, init?: RequestInit) => this.#call(url, init) };
    this.connection = Connection.lazy({ address });
    this.client = new Client({ connection: this.connection });
  }

  /** The environment's clock, in epoch milliseconds. */
  async currentTimeMs(): Promise<number> {
    return this.#engine.now;
  }

  /** Lets so much time pass, with everything that falls due meanwhile. */
  async sleep(duration: Duration): Promise<void> {
    await this.#engine.settled();
    await this.#engine.advanceTo(this.#engine.now + msToNumber(duration));
  }

  /** Serves workflows and activities in process while `work` runs, and answers with its outcome. */
  async runUntil<T>(worker: WorkerOptions, work: Promise<T> | (() => Promise<T>)): Promise<T> {
    const stop = this.serve(worker);
    try {
      return await (typeof work === 'function' ? work() : work);
    } finally {
      stop();
    }
  }

  /** Serves workflows and activities in process until the returned function is called. */
  serve(worker: WorkerOptions): () => void {
    const handler: Handler = createHandler({ logger: silent, ...worker });
    this.#engine.serve(handler);
    return () => this.#engine.stopServing(handler);
  }

  /** Drops all memory of the engine, as a crash would: what was acknowledged goes on from its log. */
  evictAll(): void {
    this.#engine.evictAll();
  }

  async teardown(): Promise<void> {
    await this.connection.close();
  }

  /** Time skips only while somebody waits for a result: any other call sees the clock stand still. */
  async #call(url: string, init?: RequestInit): Promise<Response> {
    const reply = unlessAborted(this.#engine.fetch(url, init), init?.signal);
    if (!new URL(url).pathname.endsWith('/result')) return reply;
    this.#waiting++;
    void this.#skip();
    try {
      return await reply;
    } finally {
      this.#waiting--;
    }
  }

  async #skip(): Promise<void> {
    if (this.#waiting > 1) return;
    while (this.#waiting > 0) {
      await this.#engine.settled();
      const alarm = this.#engine.nextAlarm();
      if (this.#waiting === 0) return;
      if (alarm !== undefined) await this.#engine.advanceTo(alarm);
      // Nothing is armed: the run waits for a signal or for real work, which takes real time.
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

/** As `fetch` does: a call that is aborted ends at once, whatever becomes of it in the engine. */
async function unlessAborted<T>(reply: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return reply;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([reply, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
