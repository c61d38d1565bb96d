/**
 * `perdure/activity` for programs that import `@temporalio/activity`: the same, with a client of `perdure/temporal/client`.
 * @module perdure/temporal/activity
 */

import * as base from '../activity/index.ts';
import { Client } from './client.ts';

export * from '../activity/index.ts';

const made = new WeakMap<object, Client>();

/**
 * A client of the engine that sent the running activity, bound to the Worker's namespace.
 * @throws IllegalStateError outside an activity, and where the engine's address is not known
 */
export function getClient(): Client {
  const client = base.getClient();
  const before = made.get(client);
  if (before) return before;
  // Plugins have changed its options already.
  const own = new Client({ ...client.options, plugins: [] });
  made.set(client, own);
  return own;
}
