/** Types that user code is written against. */

import type { Duration } from './duration.ts';
import type { ActivityCancellationType } from './enums.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** A workflow function. */
export type Workflow = (...args: any[]) => Promise<any>;
/** An activity function. */
export type ActivityFunction<P extends any[] = any[], R = any> = (...args: P) => Promise<R>;
export type UntypedActivities = Record<string, ActivityFunction>;

/** Options of an activity. One of `startToCloseTimeout` and `scheduleToCloseTimeout` is required. */
export interface ActivityOptions {
  activityId?: string;
  /** Default: the workflow's task queue. */
  taskQueue?: string;
  /** How long an attempt may go without a heartbeat. */
  heartbeatTimeout?: Duration;
  /** Default {@link RetryPolicy}'s defaults: retried without limit. */
  retry?: RetryPolicy;
  /** Longest time of one attempt. */
  startToCloseTimeout?: Duration;
  /** Longest time an attempt may wait for a Worker. */
  scheduleToStartTimeout?: Duration;
  /** Longest time of all attempts together. */
  scheduleToCloseTimeout?: Duration;
  /** Default `TRY_CANCEL`: what Temporal's SDK does, though its documentation names `WAIT_CANCELLATION_COMPLETED`. */
  cancellationType?: ActivityCancellationType;
  summary?: string;
}

/** What a workflow function returns, awaited. */
export type WorkflowResultType<W extends Workflow> = ReturnType<W> extends Promise<infer R> ? R : never;

/** Options with the workflow's arguments: required as soon as the function has a required one. */
export type WithWorkflowArgs<W extends Workflow, T> = T &
  (Parameters<W> extends [any, ...any[]]
    ? { args: Parameters<W> | Readonly<Parameters<W>> }
    : { args?: Parameters<W> | Readonly<Parameters<W>> });

declare const argsBrand: unique symbol;
declare const retBrand: unique symbol;

/** A signal's name and argument types, as `defineSignal` makes it. */
export interface SignalDefinition<Args extends any[] = [], Name extends string = string> {
  type: 'signal';
  name: Name;
  [argsBrand]?: Args;
}

/** A query's name, argument types and result type, as `defineQuery` makes it. */
export interface QueryDefinition<Ret, Args extends any[] = [], Name extends string = string> {
  type: 'query';
  name: Name;
  [argsBrand]?: Args;
  [retBrand]?: Ret;
}

/** An update's name, argument types and result type, as `defineUpdate` makes it. */
export interface UpdateDefinition<Ret, Args extends any[] = [], Name extends string = string> {
  type: 'update';
  name: Name;
  [argsBrand]?: Args;
  [retBrand]?: Ret;
}
