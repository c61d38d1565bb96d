/**
 * Requests per second and namespace, where the namespace or `RATE_LIMITS` sets a limit. Each isolate counts for itself: what is bounded is
 * how much one of them passes on to the objects. A second's worth may come at once.
 */

import { resourceExhausted } from '../../sdk/common/errors.ts';
import type { NamespaceLimits } from '../../sdk/common/namespaces.ts';
import { type Env, rateLimit } from '../env.ts';

interface Bucket {
  tokens: number;
  time: number;
}

export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: () => number;

  constructor(clock: () => number = () => Date.now()) {
    this.#clock = clock;
  }

  /** @throws ServiceError RESOURCE_EXHAUSTED */
  take(env: Env, namespace: string, limits: NamespaceLimits): void {
    const perSecond = limits.requestsPerSecond || rateLimit(env, namespace);
    if (perSecond === undefined) return;
    const now = this.#clock();
    const bucket = this.#buckets.get(namespace) ?? { tokens: Math.max(perSecond, 1), time: now };
    const gained = (Math.max(now - bucket.time, 0) / 1_000) * perSecond;
    bucket.tokens = Math.min(bucket.tokens + gained, Math.max(perSecond, 1));
    bucket.time = now;
    // Only namespaces that exist come here.
    this.#buckets.set(namespace, bucket);
    if (bucket.tokens < 1) {
      throw resourceExhausted(
        `namespace ${namespace} gets more than ${perSecond} requests a second`,
        'RPS_LIMIT',
        ((1 - bucket.tokens) / perSecond) * 1_000,
      );
    }
    bucket.tokens -= 1;
  }
}
