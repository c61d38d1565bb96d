/** Definitions of signals, queries and updates, and the handlers that a workflow sets for them. */

import { HandlerUnfinishedPolicy } from '../common/enums.ts';
import { refuseReservedName } from '../common/reserved-names.ts';
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '../common/types.ts';
import { assertInContext, currentUpdate, type UpdateInfo } from './runtime/context.ts';
import type { WorkflowMetadata } from './runtime/handlers.ts';
import type { EnhancedStackTrace } from './runtime/stack-trace.ts';

export type { QueryDefinition, SignalDefinition, UpdateDefinition, UpdateInfo };

export type Handler<
  Ret,
  Args extends any[],
  T extends UpdateDefinition<Ret, Args> | SignalDefinition<Args> | QueryDefinition<Ret, Args>,
> =
  T extends UpdateDefinition<infer R, infer A>
    ? (...args: A) => R | Promise<R>
    : T extends SignalDefinition<infer A>
      ? (...args: A) => void | Promise<void>
      : T extends QueryDefinition<infer R, infer A>
        ? (...args: A) => R
        : never;
export type DefaultSignalHandler = (signalName: string, ...args: unknown[]) => void | Promise<void>;
export type DefaultUpdateHandler = (updateName: string, ...args: unknown[]) => Promise<unknown> | unknown;
export type DefaultQueryHandler = (queryName: string, ...args: any[]) => any;

export interface SignalHandlerOptions {
  description?: string;
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}
export interface QueryHandlerOptions {
  description?: string;
}
/** Looks at an update's arguments before it is accepted, and refuses it by throwing. It may only read. */
export type UpdateValidator<Args extends any[]> = (...args: Args) => void;
export interface UpdateHandlerOptions<Args extends any[]> {
  validator?: UpdateValidator<Args>;
  description?: string;
  unfinishedPolicy?: HandlerUnfinishedPolicy;
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

export function defineUpdate<Ret, Args extends any[] = [], Name extends string = string>(
  name: Name,
): UpdateDefinition<Ret, Args, Name> {
  return { type: 'update', name };
}

/** Where the workflow waits, as text. */
export const stackTraceQuery = defineQuery<string>('__stack_trace');
/** The same, frame by frame. */
export const enhancedStackTraceQuery = defineQuery<EnhancedStackTrace>('__enhanced_stack_trace');
/** The handlers that the workflow has set, in the shape of `temporal.api.sdk.v1.WorkflowMetadata`. */
export const workflowMetadataQuery = defineQuery<WorkflowMetadata>('__temporal_workflow_metadata');

function checkHandler(handler: unknown): void {
  if (handler !== undefined && handler !== null && typeof handler !== 'function') {
    throw new TypeError(`A handler is a function or undefined, not ${typeof handler}.`);
  }
}

/**
 * Sets the handler of a signal, query or update, or removes it (`undefined`). Signals and updates that came before are
 * delivered now, in order. A signal handler that throws a TemporalFailure fails the workflow, an update handler that does
 * fails the update; a query handler must answer at once. An update that finds no handler in its task is refused.
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
export function setHandler<Ret, Args extends any[], T extends UpdateDefinition<Ret, Args>>(
  definition: T,
  handler: Handler<Ret, Args, T> | undefined,
  options?: UpdateHandlerOptions<T extends UpdateDefinition<Ret, infer A> ? A : never>,
): void;
export function setHandler(
  definition: SignalDefinition<any> | QueryDefinition<any, any> | UpdateDefinition<any, any>,
  handler: ((...args: any[]) => any) | undefined,
  options: UpdateHandlerOptions<any> = {},
): void {
  const { handlers } = assertInContext('setHandler');
  const { type, name } = definition;
  const tables = { signal: handlers.signals, query: handlers.queries, update: handlers.updates.handlers };
  refuseReservedName(type, name);
  if (!Object.hasOwn(tables, type)) {
    throw new TypeError(`Nothing can handle a definition of type ${type}.`);
  }
  checkHandler(handler);
  const { description, validator, unfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON } = options;
  if (!handler) {
    tables[type].delete(name);
  } else if (type === 'query') {
    handlers.queries.set(name, { handler, description });
  } else if (type === 'signal') {
    handlers.signals.set(name, { handler, description, unfinishedPolicy });
    handlers.deliverWaiting();
  } else {
    handlers.updates.handlers.set(name, { handler, validator, description, unfinishedPolicy });
    handlers.updates.deliverWaiting();
  }
}

/** Sets what handles signals that have no handler of their own, or removes it. */
export function setDefaultSignalHandler(handler: DefaultSignalHandler | undefined): void {
  const { handlers } = assertInContext('setDefaultSignalHandler');
  checkHandler(handler);
  handlers.defaultSignal = handler ?? undefined;
  if (handler) handlers.deliverWaiting();
}

/** Sets what handles updates that have no handler of their own, or removes it. */
export function setDefaultUpdateHandler(handler: DefaultUpdateHandler | undefined): void {
  const { updates } = assertInContext('setDefaultUpdateHandler').handlers;
  checkHandler(handler);
  updates.defaultHandler = handler ?? undefined;
  if (handler) updates.deliverWaiting();
}

/** Sets what answers queries that have no handler of their own, or removes it. */
export function setDefaultQueryHandler(handler: DefaultQueryHandler | undefined): void {
  const { handlers } = assertInContext('setDefaultQueryHandler');
  checkHandler(handler);
  handlers.defaultQuery = handler ?? undefined;
}

/** The update that the calling code handles or validates, if it does. */
export function currentUpdateInfo(): UpdateInfo | undefined {
  assertInContext('currentUpdateInfo');
  return currentUpdate();
}

/** Has every signal and update handler that was called finished? To be awaited with `condition` before a workflow returns. */
export function allHandlersFinished(): boolean {
  return assertInContext('allHandlersFinished').handlers.unfinished === 0;
}
