/** The consumer of a Queue that is "paused": it takes messages in, and carries out nothing. */

import { WorkerEntrypoint } from 'cloudflare:workers';

const held: unknown[] = [];

export default class HoldingConsumer extends WorkerEntrypoint {
  override async queue(batch: MessageBatch<unknown>): Promise<void> {
    held.push(...batch.messages.map((message) => message.body));
  }

  /** Bodies of all messages so far. */
  async held(): Promise<unknown[]> {
    return held;
  }
}
