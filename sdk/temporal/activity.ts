/**
 * `perdure/activity` for programs that import `@temporalio/activity`: the same, with a client of `perdure/temporal/client`.
 * @module perdure/temporal/activity
 */

import * as base from '../activity/index.ts';
import type * as json from '../client/index.ts';
import { inJson, type RawForms } from '../client/raw-forms.ts';
import { Client } from './client.ts';

export * from '../activity/index.ts';

const clients = new WeakMap<object, Client>();

/** One that gives messages already, and one that a test made, stay as they are. */
function inMessages(client: json.Client<RawForms>): Client {
  if (client.raws !== inJson) return client as Client;
  let own = clients.get(client);
  if (!own) {
    own = new Client(client.options);
    clients.set(client, own);
  }
  return own;
}

/**
 * A client of the engine that sent the running activity, bound to the Worker's namespace.
 * @throws IllegalStateError outside an activity, and where the engine's address is not known
 */
export function getClient(): Client {
  return inMessages(base.getClient());
}

base.Context.clientForm = inMessages as unknown as typeof base.Context.clientForm;

/** The context of one attempt of one activity. */
export type Context = base.Context;
/** That of the running activity has a client that gives messages: in every file of a program that imports this one. */
export const Context = base.Context as unknown as {
  current(): { readonly client: Client } & base.Context;
} & typeof base.Context;
