/** An activity's client. Apart from its context: who does not import it does not have the client in their bundle. */

import { Client } from '../client/client.ts';
import { Connection } from '../client/connection.ts';
import { IllegalStateError } from '../common/errors.ts';
import { Context } from './context.ts';

const made = new WeakMap<Context, Client>();

/**
 * A client of the engine that sent the running activity, bound to the Worker's namespace.
 * @throws IllegalStateError outside an activity, and where the engine's address is not known
 */
export function getClient(): Client {
  const context = Context.current();
  const { client, clientParts } = context.fields;
  if (client) return client();
  if (!clientParts) return context.client;
  const before = made.get(context);
  if (before) return before;
  const { engine, ...options } = clientParts();
  const { url, fetch, apiKey } = engine;
  const address = fetch ? { fetch: (to: string, init?: RequestInit) => fetch(to, init ?? {}) } : url;
  if (address === undefined)
    throw new IllegalStateError('The address of the engine is not known to this Worker');
  const connection = Connection.lazy({ address, ...(apiKey !== undefined && { apiKey }) });
  const own = new Client({ ...options, connection });
  made.set(context, own);
  return own;
}
