/** What an order does to the world. Its log lines carry the trace. */

import { log } from 'perdure/activity';

export async function charge(item: string): Promise<string> {
  log.info('Charging', { item });
  return `charged for ${item}`;
}

export async function ship(item: string): Promise<string> {
  return `shipped ${item}`;
}
