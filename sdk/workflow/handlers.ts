/** Definitions of signals and queries, and the handlers that a workflow sets for them. */

import type { QueryDefinition, SignalDefinition } from '../common/types.ts';
import { isReservedName, reservedNameError } from './reserved-names.ts';
import { assertInContext } from './runtime/context.ts';

export type { QueryDefinition, SignalDefinition };

export type Handler<Ret, Args extends any[], T extends SignalDefinition<Args> | QueryDefinition<Ret, Args>> =
  T extends SignalDefinition<infer A>
    ? (...args: A) => void | Promise<void>
    : T extends QueryDefinition<infer R, infer A>
      ? (...args: A) => R
      : never;
export type DefaultSignalHandler = (signalName: string, ...args: unknown[]) => void | Promise<void>;
export type DefaultQueryHandler = (queryName: string, ...args: any[]) => any;

/** What happens when the workflow ends while a handler runs: a warning (the default), or nothing. */
export const HandlerUnfinishedPolicy = { WARN_AND_ABANDON: 1, ABANDON: 2 } as const;
export type HandlerUnfinishedPolicy = (typeof HandlerUnfinishedPolicy)[keyof typeof HandlerUnfinishedPolicy];

export interface SignalHandlerOptions {
  description?: string;
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}
export interface QueryHandlerOptions {
  description?: string;
}

export function defineSignal<Args extends any[] = [], Name extends string = string>(
  name: Name,
): SignalDefinition<Args, Name> {
  return { type: 'signal', name };
}

export function defineQuery<Ret, Args extends any[] = [], Name extends string = string>(
  name: Name,
): QueryDefinition<Ret, Args, Name> {
  return { type: 'query', name };
}

/** Where the workflow waits, as text. */
export const stackTraceQuery = defineQuery<string>('__stack_trace');
/** The handlers that the workflow has set, in the shape of `temporal.api.sdk.v1.WorkflowMetadata`. */
export const workflowMetadataQuery = defineQuery<unknown>('__temporal_workflow_metadata');

function checkHandler(handler: unknown): void {
  if (handler !== undefined && handler !== null && typeof handler !== 'function') {
    throw new TypeError(`A handler is a function or undefined, not ${typeof handler}.`);
  }
}

/**
 * Sets the handler of a signal or query, or removes it (`undefined`). Signals that came before are delivered now, in
 * order. A signal handler that throws a TemporalFailure fails the workflow; a query handler must answer at once.
 */
export function setHandler<Ret, Args extends any[], T extends QueryDefinition<Ret, Args>>(
  definition: T,
  handler: Handler<Ret, Args, T> | undefined,
  options?: QueryHandlerOptions,
): void;
export function setHandler<Ret, Args extends any[], T extends SignalDefinition<Args>>(
  definition: T,
  handler: Handler<Ret, Args, T> | undefined,
  options?: SignalHandlerOptions,
): void;
export function setHandler(
  definition: SignalDefinition<any> | QueryDefinition<any, any>,
  handler: ((...args: any[]) => any) | undefined,
  options: SignalHandlerOptions = {},
): void {
  const { handlers } = assertInContext('setHandler');
  const { type, name } = definition;
  if (isReservedName(name)) throw reservedNameError(type, name);
  if (type !== 'signal' && type !== 'query')
    throw new TypeError(`Nothing can handle a definition of type ${type}.`);
  checkHandler(handler);
  const { description, unfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON } = options;
  if (!handler) {
    handlers[type === 'signal' ? 'signals' : 'queries'].delete(name);
  } else if (type === 'query') {
    handlers.queries.set(name, { handler, description });
  } else {
    handlers.signals.set(name, { handler, description, unfinishedPolicy });
    handlers.deliverWaiting();
  }
}

/** Sets what handles signals that have no handler of their own, or removes it. */
export function setDefaultSignalHandler(handler: DefaultSignalHandler | undefined): void {
  const { handlers } = assertInContext('setDefaultSignalHandler');
  checkHandler(handler);
  handlers.defaultSignal = handler ?? undefined;
  if (handler) handlers.deliverWaiting();
}

/** Sets what answers queries that have no handler of their own, or removes it. */
export function setDefaultQueryHandler(handler: DefaultQueryHandler | undefined): void {
  const { handlers } = assertInContext('setDefaultQueryHandler');
  checkHandler(handler);
  handlers.defaultQuery = handler ?? undefined;
}

/** Has every signal handler that was called finished? To be awaited with `condition` before a workflow returns. */
export function allHandlersFinished(): boolean {
  return assertInContext('allHandlersFinished').handlers.unfinished === 0;
}
