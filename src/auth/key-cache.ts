/**
 * API keys as an isolate remembers them: data only, for half a minute, so that a revocation counts everywhere within a
 * minute. Ids that do not exist are remembered too, so that guessing costs the engine's object nothing.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { Env } from '../env.ts';
import type { StoredApiKey } from './api-keys.ts';
import { systemObject } from './system-object.ts';

const TTL_MS = 30_000;
const MAX_KNOWN = 2_000;

export class KeyCache {
  readonly #known = new Map<string, { key: StoredApiKey | undefined; time: EpochMs }>();
  readonly #clock: () => EpochMs;

  constructor(clock: () => EpochMs = () => Date.now()) {
    this.#clock = clock;
  }

  async find(env: Env, id: string): Promise<StoredApiKey | undefined> {
    const known = this.#known.get(id);
    const age = known ? this.#clock() - known.time : Number.POSITIVE_INFINITY;
    if (known && age >= 0 && age < TTL_MS) return known.key;
    const time = this.#clock();
    const key = await systemObject(env).findApiKey(id);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(id, { key, time });
    return key;
  }

  /** In this isolate a revocation counts at once. */
  forget(id: string): void {
    this.#known.delete(id);
  }
}
