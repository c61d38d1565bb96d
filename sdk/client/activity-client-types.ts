/** What the client of activities that belong to no workflow takes and gives. */

import type { Duration } from '../common/duration.ts';
import type {
  ActivityExecutionStatus,
  ActivityIdConflictPolicy,
  ActivityIdReusePolicy,
} from '../common/enums.ts';
import type { Next } from '../common/interceptors.ts';
import type { Headers } from '../common/payload.ts';
import type { Priority } from '../common/priority.ts';
import type { PendingActivityState } from '../common/proto-enums.ts';
import type { RetryPolicy } from '../common/retry-policy.ts';
import type {
  SearchAttributePair,
  SearchAttributeValue,
  TypedSearchAttributes,
} from '../common/search-attributes.ts';
import type {
  ActivityExecutionListInfo as RawActivityExecutionListInfo,
  ActivityExecutionInfo as RawInfo,
} from '../common/service.ts';
import type { ActivityFunction } from '../common/types.ts';

export interface ActivityOptions {
  /** Names the activity: at most one that runs per id and namespace. Workflows have ids of their own. */
  id: string;
  taskQueue: string;
  args?: any[] | Readonly<any[]>;
  heartbeatTimeout?: Duration;
  retry?: RetryPolicy;
  /** Bounds one attempt. This or `scheduleToCloseTimeout` is required. */
  startToCloseTimeout?: Duration;
  scheduleToStartTimeout?: Duration;
  /** Bounds all attempts together. */
  scheduleToCloseTimeout?: Duration;
  summary?: string;
  priority?: Priority;
  /** Where one with this id is closed. Default `'ALLOW_DUPLICATE'`. */
  idReusePolicy?: ActivityIdReusePolicy;
  /** Where one with this id runs. Default `'FAIL'`. */
  idConflictPolicy?: ActivityIdConflictPolicy;
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
}

export interface ActivityExecutionInfo {
  rawListInfo?: RawActivityExecutionListInfo;
  activityId: string;
  activityRunId: string;
  activityType: string;
  scheduleTime?: Date;
  closeTime?: Date;
  status: ActivityExecutionStatus;
  typedSearchAttributes: TypedSearchAttributes;
  taskQueue: string;
  executionDurationMs?: number;
}

export interface ActivityExecutionDescription extends ActivityExecutionInfo {
  rawInfo: RawInfo;
  runState?: PendingActivityState;
  scheduleToCloseTimeoutMs?: number;
  scheduleToStartTimeoutMs?: number;
  startToCloseTimeoutMs?: number;
  heartbeatTimeoutMs?: number;
  retryPolicy: RetryPolicy;
  lastHeartbeatTime?: Date;
  lastStartedTime?: Date;
  attempt: number;
  expirationTime?: Date;
  lastWorkerIdentity?: string;
  currentRetryIntervalMs?: number;
  lastAttemptCompleteTime?: Date;
  nextAttemptScheduleTime?: Date;
  priority: Priority;
  canceledReason?: string;
  hasHeartbeatDetails: boolean;
  hasLastFailure: boolean;
  hasInput: boolean;
  hasResult: boolean;
  hasOutcomeFailure: boolean;
  getHeartbeatDetails<T = unknown>(): Promise<T | undefined>;
  getLastFailure(): Promise<Error | undefined>;
  getInput<T extends unknown[] = unknown[]>(): Promise<T | undefined>;
  getResult<T = unknown>(): Promise<T | undefined>;
  getOutcomeFailure(): Promise<Error | undefined>;
}

/** What is asked for beside what is always told. */
export interface ActivityDescribeOptions {
  includeInput?: boolean;
  includeOutcome?: boolean;
  includeHeartbeatDetails?: boolean;
  includeLastFailure?: boolean;
}

export interface GetActivityHandleOptions {
  /** Without: whatever run is the newest. */
  runId?: string;
}
export interface ActivityPauseOptions {
  reason?: string;
}
export type ActivityUnpauseOptions = ActivityPauseOptions;

/** What is given is changed, from the next attempt on, timeouts at once; `null` takes it away. */
export interface ActivityOptionsUpdate {
  taskQueue?: string;
  scheduleToCloseTimeout?: Duration | null;
  scheduleToStartTimeout?: Duration | null;
  startToCloseTimeout?: Duration | null;
  heartbeatTimeout?: Duration | null;
  retry?: RetryPolicy | null;
}
/** The options as they are now. */
export type ActivityOptionsUpdateResult = {
  [K in keyof ActivityOptionsUpdate]: Exclude<ActivityOptionsUpdate[K], null>;
};

export interface CountActivityExecutions {
  readonly count: number;
  readonly groups?: { readonly count: number; readonly groupValues?: SearchAttributeValue[] }[];
}

export interface ActivityHandle<R = any> {
  readonly activityId: string;
  /** Without: whatever run is the newest. */
  readonly runId?: string;
  /** @throws ActivityExecutionFailedError when it failed, timed out, was cancelled or terminated. */
  result(): Promise<R>;
  describe(options?: ActivityDescribeOptions): Promise<ActivityExecutionDescription>;
  /** The activity learns of it from a heartbeat; where no Worker has it, it is cancelled at once. */
  cancel(reason: string): Promise<void>;
  terminate(reason: string): Promise<void>;
  /** No attempt follows until it is unpaused; one that runs learns of it from a heartbeat. */
  pause(options?: ActivityPauseOptions): Promise<void>;
  unpause(options?: ActivityUnpauseOptions): Promise<void>;
  updateOptions(options: ActivityOptionsUpdate): Promise<ActivityOptionsUpdateResult>;
  /** Those that it was started with. */
  restoreOriginalOptions(): Promise<ActivityOptionsUpdateResult>;
}

export interface ActivityStartInput {
  readonly activityType: string;
  readonly options: ActivityOptions;
  readonly headers: Headers;
}
interface OfOne {
  readonly activityId: string;
  /** Empty: the newest run. */
  readonly activityRunId: string;
  readonly headers: Headers;
}
export type ActivityGetResultInput = OfOne;
export type ActivityDescribeInput = OfOne & { readonly options: Required<ActivityDescribeOptions> };
export type ActivityCancelInput = OfOne & { readonly reason: string };
export type ActivityTerminateInput = OfOne & { readonly reason: string };
export type ActivityPauseInput = OfOne & { readonly options: ActivityPauseOptions };
export type ActivityUnpauseInput = OfOne & { readonly options: ActivityUnpauseOptions };
export type ActivityUpdateOptionsInput = OfOne & { readonly options: ActivityOptionsUpdate };
export type ActivityRestoreOriginalOptionsInput = OfOne;
export interface ActivityListInput {
  readonly query: string;
  readonly headers: Headers;
}
export type ActivityCountInput = ActivityListInput;

export interface ActivityClientInterceptor {
  start?(input: ActivityStartInput, next: Next<this, 'start'>): Promise<ActivityHandle>;
  getResult?(input: ActivityGetResultInput, next: Next<this, 'getResult'>): Promise<unknown>;
  describe?(
    input: ActivityDescribeInput,
    next: Next<this, 'describe'>,
  ): Promise<ActivityExecutionDescription>;
  cancel?(input: ActivityCancelInput, next: Next<this, 'cancel'>): Promise<void>;
  terminate?(input: ActivityTerminateInput, next: Next<this, 'terminate'>): Promise<void>;
  pause?(input: ActivityPauseInput, next: Next<this, 'pause'>): Promise<void>;
  unpause?(input: ActivityUnpauseInput, next: Next<this, 'unpause'>): Promise<void>;
  updateOptions?(
    input: ActivityUpdateOptionsInput,
    next: Next<this, 'updateOptions'>,
  ): Promise<ActivityOptionsUpdateResult>;
  restoreOriginalOptions?(
    input: ActivityRestoreOriginalOptionsInput,
    next: Next<this, 'restoreOriginalOptions'>,
  ): Promise<ActivityOptionsUpdateResult>;
  list?(input: ActivityListInput, next: Next<this, 'list'>): AsyncIterable<ActivityExecutionInfo>;
  count?(input: ActivityCountInput, next: Next<this, 'count'>): Promise<CountActivityExecutions>;
}

/** Types of a program's activities, by their names. */
export interface TypedActivityClient<T> {
  start<N extends ActivityName<T>>(
    activity: N,
    options: ActivityOptionsFor<T, N>,
  ): Promise<ActivityHandle<ActivityResult<T, N>>>;
  execute<N extends ActivityName<T>>(
    activity: N,
    options: ActivityOptionsFor<T, N>,
  ): Promise<ActivityResult<T, N>>;
}
export type ActivityName<T> = {
  [N in keyof T & string]: T[N] extends ActivityFunction<any, any> ? N : never;
}[keyof T & string];
export type ActivityArgs<T, N extends ActivityName<T>> =
  T[N] extends ActivityFunction<infer P, any> ? P : never;
export type ActivityResult<T, N extends ActivityName<T>> =
  T[N] extends ActivityFunction<any, infer R> ? R : never;
export type ActivityOptionsWithArgs<Args extends unknown[]> = Omit<ActivityOptions, 'args'> &
  (Args extends [unknown, ...unknown[]] ? { args: Args | Readonly<Args> } : { args?: Args | Readonly<Args> });
export type ActivityOptionsFor<T, N extends ActivityName<T>> = ActivityOptionsWithArgs<ActivityArgs<T, N>>;
