/** Between a client and a real engine: passes each call on, and loses what it is told to, before the act or behind it. */

import type { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';

export type Loss = 'request' | 'answer';

export class LossyEngine {
  readonly calls: string[] = [];
  readonly #env: TestWorkflowEnvironment;
  #losing: Loss[] = [];

  constructor(env: TestWorkflowEnvironment) {
    this.#env = env;
  }

  /** Of the calls that come now, one after another. */
  lose(...what: Loss[]): void {
    this.#losing = what;
  }

  fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    this.calls.push(`${init?.method} ${new URL(url).pathname}`);
    const loss = this.#losing.shift();
    if (loss === 'request') throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
    const response = await this.#env.nativeConnection.inProcess!.fetch(url, init);
    if (loss !== 'answer') return response;
    await response.body?.cancel();
    throw new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
  };
}

/** What can be lost of one call before it gets through. */
export const losses: ReadonlyArray<[string, Loss[]]> = [
  ['the answer', ['answer']],
  ['the answer, twice', ['answer', 'answer']],
  ['the request', ['request']],
  ['the request, then the answer', ['request', 'answer']],
];
