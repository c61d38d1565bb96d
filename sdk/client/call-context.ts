/**
 * What `withDeadline` and its siblings say of the calls made inside. Where the runtime has AsyncLocalStorage (Node, Deno, Bun,
 * Workers with `nodejs_compat`) it is found through that; elsewhere (browsers) the function must use the client that it is given.
 */

import type { AsyncLocalStorage } from 'node:async_hooks';
import { IllegalStateError, ValueError } from '../common/errors.ts';
import { bytesToBase64 } from '../common/payload.ts';

/** HTTP headers of one call. As in gRPC, bytes are for names that end in `-bin`; they travel in base64. */
export type Metadata = Record<string, string | Uint8Array>;

/** What {@link Connection.withDeadline} and its siblings add to the calls made inside. */
export interface CallContext {
  /** Epoch milliseconds or a Date. */
  deadline?: number | Date;
  metadata?: Metadata;
  abortSignal?: AbortSignal;
}

type Builtins = { getBuiltinModule?(id: string): { AsyncLocalStorage?: new () => AsyncLocalStorage<any> } };

/** Asked for and not imported, so that bundles for browsers do not need it. */
export function contextStorage(): AsyncLocalStorage<CallContext> | undefined {
  const { process } = globalThis as { process?: Builtins };
  const found = process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
  return found && new found();
}

/** The inner one counts, but headers add up. */
export function merged(outer: CallContext, inner: CallContext): CallContext {
  const metadata = { ...outer.metadata, ...inner.metadata };
  return { ...outer, ...inner, ...(Object.keys(metadata).length > 0 && { metadata }) };
}

/** @throws IllegalStateError where its calls would silently go without what was asked for. */
export function mustTakeParameter(fn: (bound: never) => unknown): void {
  if (fn.length > 0) return;
  throw new IllegalStateError(
    'This runtime has no AsyncLocalStorage: use the client that the function is given, as in withDeadline(time, (client) => client.workflow.start(…))',
  );
}

/** @throws ValueError for bytes under a name that does not end in `-bin`, and the other way round. */
export function headersOf(metadata: Metadata): Record<string, string> {
  const headers = Object.entries(metadata).map(([name, value]): [string, string] => {
    if (name.endsWith('-bin') !== value instanceof Uint8Array) {
      throw new ValueError(`metadata ${name}: bytes are for names that end in -bin, texts for all others`);
    }
    return [name, value instanceof Uint8Array ? bytesToBase64(value) : value];
  });
  return Object.fromEntries(headers);
}
