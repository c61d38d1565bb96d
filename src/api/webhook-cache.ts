/**
 * Webhooks as an isolate remembers them, for half a minute: a flood of deliveries asks the namespace's object for the
 * settings twice a minute. Webhooks that do not exist are remembered too, so that guessing costs it nothing.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { Env } from '../env.ts';
import { type Mapping, mappingOf } from '../webhooks/mapping.ts';
import type { StoredWebhook } from '../webhooks/webhooks.ts';
import { namespaceStub } from './namespace-stub.ts';

const TTL_MS = 30_000;
const MAX_KNOWN = 2_000;

export interface WebhookName {
  namespace: string;
  webhookId: string;
}
export interface KnownWebhook extends StoredWebhook {
  mapping: Mapping;
}

export class WebhookCache {
  readonly #known = new Map<string, { webhook: KnownWebhook | undefined; time: EpochMs }>();
  readonly #clock: () => EpochMs;

  constructor(clock: () => EpochMs = () => Date.now()) {
    this.#clock = clock;
  }

  async find(env: Env, name: WebhookName): Promise<KnownWebhook | undefined> {
    const key = keyOf(name);
    const known = this.#known.get(key);
    const time = this.#clock();
    const age = known ? time - known.time : Number.POSITIVE_INFINITY;
    if (known && age >= 0 && age < TTL_MS) return known.webhook;
    const stored = await namespaceStub(env, name.namespace).findWebhook(name.webhookId);
    const webhook = stored && { ...stored, mapping: mappingOf(stored.webhook) };
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, { webhook, time });
    return webhook;
  }

  /** In this isolate a change counts at once. */
  forget(name: WebhookName): void {
    this.#known.delete(keyOf(name));
  }
}

const keyOf = ({ namespace, webhookId }: WebhookName): string => JSON.stringify([namespace, webhookId]);
