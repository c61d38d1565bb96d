/**
 * `perdure/activity` for programs that import `@temporalio/activity`: the same, with a client of `perdure/temporal/client`.
 * @module perdure/temporal/activity
 */

import * as base from '../activity/index.ts';
import type * as json from '../client/index.ts';
import { inJson, type RawForms } from '../client/raw-forms.ts';
import type { Logger } from '../common/logger.ts';
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

const contexts = new WeakMap<base.Context, MessageContext>();
const BaseContext = base.Context as unknown as new (
  fields: base.Context['fields'],
) => Omit<base.Context, 'client' | 'log'>;

/** All that is not of its client is the Worker's own context's. */
class MessageContext extends BaseContext {
  readonly #own: base.Context;

  constructor(own: base.Context) {
    super(own.fields);
    this.#own = own;
  }

  static current(): MessageContext {
    const own = base.Context.current();
    const before = contexts.get(own);
    if (before) return before;
    const made = new MessageContext(own);
    contexts.set(own, made);
    return made;
  }

  /** The Worker's own, which interceptors are given, is one, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof base.Context;
  }

  get log(): Logger {
    return this.#own.log;
  }

  set log(logger: Logger) {
    this.#own.log = logger;
  }

  get client(): Client {
    return inMessages(this.#own.client);
  }
}

/** The context of one attempt of one activity. */
export type Context = base.Context;
/** That of the running activity has a client that gives messages. */
export const Context = MessageContext as unknown as {
  current(): { readonly client: Client } & base.Context;
} & typeof base.Context;
