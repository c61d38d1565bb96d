/** Types that user code is written against. */

import type { Duration } from './duration.ts';
import type {
  ActivityCancellationType,
  HandlerUnfinishedPolicy,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from './enums.ts';
import type { HistoryEvent } from './history.ts';
import type { Priority } from './priority.ts';
import type { History as HistoryMessage } from './proto-types.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { SearchAttributePair, SearchAttributes, TypedSearchAttributes } from './search-attributes.ts';
import type { VersioningBehavior } from './versioning.ts';

/** What a workflow function returns. */
export type WorkflowReturnType = Promise<any>;
/** A workflow function. */
export type Workflow = (...args: any[]) => WorkflowReturnType;
/** An activity function. */
export type ActivityFunction<P extends any[] = any[], R = any> = (...args: P) => Promise<R>;
export type UntypedActivities = Record<string, ActivityFunction>;
/** @deprecated by Temporal: use {@link UntypedActivities} */
export type ActivityInterface = UntypedActivities;

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
  /** Without effect: tasks are pushed. */
  allowEagerDispatch?: boolean;
  /** Without effect: what it chose among is gone from Temporal, too. @deprecated use worker versioning (deployments) */
  versioningIntent?: VersioningIntent;
  /** Its turn on a task queue with limits. What it does not say, it has from its workflow. */
  priority?: Priority;
}

/** Options of a local activity. One of `startToCloseTimeout` and `scheduleToCloseTimeout` is required. */
export interface LocalActivityOptions {
  /** Default {@link RetryPolicy}'s defaults: retried without limit. */
  retry?: RetryPolicy;
  /** Longest time of one attempt. */
  startToCloseTimeout?: Duration;
  /** Longest time that an attempt waits for a place, on a Worker with `maxConcurrentLocalActivityExecutions`. */
  scheduleToStartTimeout?: Duration;
  /** Longest time of all attempts together. */
  scheduleToCloseTimeout?: Duration;
  /**
   * Longest wait between two attempts that is spent inside the workflow task; a longer one is a timer of the workflow, and
   * so is one that the task has no time left for. Default 1 minute.
   */
  localRetryThreshold?: Duration;
  /** Default `TRY_CANCEL`, as for other activities. */
  cancellationType?: ActivityCancellationType;
  summary?: string;
}

/** @deprecated use worker versioning (deployments) */
export type VersioningIntent = 'COMPATIBLE' | 'DEFAULT';

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

/** The handler of a signal, as a function. */
export type WorkflowSignalType = (...args: any[]) => Promise<void> | void;
/** The handler of a signal, with its options. */
export type WorkflowSignalAnnotatedType = {
  handler: WorkflowSignalType;
  unfinishedPolicy: HandlerUnfinishedPolicy;
  description?: string;
};
/** The handler of a query, as a function. */
export type WorkflowQueryType = (...args: any[]) => any;
/** The handler of a query, with its options. */
export type WorkflowQueryAnnotatedType = { handler: WorkflowQueryType; description?: string };
/** The handler of an update, as a function. */
export type WorkflowUpdateType = (...args: any[]) => Promise<any> | any;
/** The validator of an update; it refuses by throwing. */
export type WorkflowUpdateValidatorType = (...args: any[]) => void;
/** The handler of an update, with its options. */
export type WorkflowUpdateAnnotatedType = {
  handler: WorkflowUpdateType;
  unfinishedPolicy: HandlerUnfinishedPolicy;
  validator?: WorkflowUpdateValidatorType;
  description?: string;
};

/** What the handles of clients and those of children have in common. */
export interface BaseWorkflowHandle<T extends Workflow> {
  readonly workflowId: string;
  result(): Promise<WorkflowResultType<T>>;
  signal<Args extends any[] = [], Name extends string = string>(
    def: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void>;
}

/** Options of every start of a workflow, by a client or as a child. */
export interface BaseWorkflowOptions {
  /** When a closed run has this id. Default `ALLOW_DUPLICATE`. */
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  /** When an open run has this id. Default `FAIL`; for signal-with-start `USE_EXISTING`. */
  workflowIdConflictPolicy?: WorkflowIdConflictPolicy;
  /** Start the workflow again when it fails. Default: no retry. */
  retry?: RetryPolicy;
  /**
   * Start the workflow again and again, by a cron expression of five fields (UTC, or the zone in a leading `CRON_TZ=`).
   * The next run begins when the one before has closed. Ends when it is cancelled or terminated.
   */
  cronSchedule?: string;
  /** Free data shown by describe and list. */
  memo?: Record<string, unknown>;
  /** Values shown by describe and list, as lists by name. @deprecated use `typedSearchAttributes` */
  searchAttributes?: SearchAttributes;
  /** Values shown by describe and list. Where both forms have a name, this one counts. */
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
  /** One line about this run. */
  staticSummary?: string;
  /** A longer text about this run. */
  staticDetails?: string;
  /** That of its activities and children, where they do not say otherwise. */
  priority?: Priority;
}
/** Bounds of a workflow's time. */
export interface WorkflowDurationOptions {
  /** Longest time of all runs together. Default: none. */
  workflowExecutionTimeout?: Duration;
  /** Longest time of one run. Default: the execution timeout. */
  workflowRunTimeout?: Duration;
  /** Longest time a Worker may take for one workflow task. Default 10 s. */
  workflowTaskTimeout?: Duration;
}
export type CommonWorkflowOptions = BaseWorkflowOptions & WorkflowDurationOptions;

/** A history in JSON, or as a message of protobuf: a replay takes both. */
export type History = { events: HistoryEvent[] } | HistoryMessage;

export interface HistoryAndWorkflowId<H extends History = History> {
  workflowId: string;
  history: H;
}

/** What a workflow function can say of itself where it is defined. */
export interface WorkflowDefinitionOptions {
  /**
   * Errors of these classes, thrown by the workflow function or by a signal or update handler, fail the workflow instead
   * of the workflow task. `Error` stands for every error.
   */
  failureExceptionTypes?: Array<new (...args: any[]) => Error>;
  /** Whether runs stay with the build they began on, where Workers have versions. Default: what the Worker says. */
  versioningBehavior?: VersioningBehavior;
}
/** A function is called for every run when it starts. */
export type WorkflowDefinitionOptionsOrGetter = WorkflowDefinitionOptions | (() => WorkflowDefinitionOptions);
