/** Calling activities from workflow code. */

import { msOptionalToNumber, toOptionalDurationJson } from '../common/duration.ts';
import { toHeaderJson } from '../common/headers.ts';
import { toPriorityJson } from '../common/priority.ts';
import { compileRetryPolicy } from '../common/retry-policy.ts';
import type { ActivityFunction, ActivityOptions, UntypedActivities } from '../common/types.ts';
import { CancellationScope } from './cancellation-scope.ts';
import type { ActivityInput } from './interceptors.ts';
import { type NewActivity, scheduleActivityTask } from './runtime/activity.ts';
import { assertInContext, type WorkflowContext } from './runtime/context.ts';
import { outbound } from './runtime/intercept.ts';
import { captureStack, type WaitingStack } from './runtime/stack-trace.ts';

/** What a member that is no activity has in the type that {@link proxyActivities} answers with. */
export const NotAnActivityMethod: unique symbol = Symbol.for('__TEMPORAL_NOT_AN_ACTIVITY_METHOD');

export type ActivityFunctionWithOptions<T extends ActivityFunction> = T & {
  /** Calls the activity with these options laid over those of the proxy. */
  executeWithOptions(options: ActivityOptions, args: Parameters<T>): Promise<Awaited<ReturnType<T>>>;
};

/** The activities of `T`, as workflow code calls them. */
export type ActivityInterfaceFor<T> = {
  [K in keyof T]: T[K] extends ActivityFunction
    ? ActivityFunctionWithOptions<T[K]>
    : typeof NotAnActivityMethod;
};

/** @throws TypeError when neither timeout that ends an attempt is given */
export function assertTimeout(
  options: Pick<ActivityOptions, 'startToCloseTimeout' | 'scheduleToCloseTimeout'>,
): void {
  if (options.startToCloseTimeout === undefined && options.scheduleToCloseTimeout === undefined) {
    throw new TypeError('Required either scheduleToCloseTimeout or startToCloseTimeout');
  }
}

/**
 * Functions that schedule activities, by their names: `const { charge } = proxyActivities<typeof activities>({ … })`.
 * @param options one of `startToCloseTimeout` and `scheduleToCloseTimeout` is required
 */
export function proxyActivities<A = UntypedActivities>(options: ActivityOptions): ActivityInterfaceFor<A> {
  if (options === undefined) throw new TypeError('proxyActivities needs options.');
  assertTimeout(options);
  return activityProxy(options, schedule);
}

/** Members are made when they are asked for: activity types are known to types only. */
export function activityProxy<P extends object, O extends Pick<ActivityOptions, 'retry'>>(
  options: O,
  schedule: (
    activityType: string,
    args: unknown[],
    options: O,
    below: (...args: never[]) => unknown,
  ) => Promise<unknown>,
): P {
  return new Proxy({} as P, {
    get(_, activityType) {
      if (typeof activityType !== 'string') {
        throw new TypeError(`An activity type is a string, not ${String(activityType)}.`);
      }
      const call = (...args: unknown[]): Promise<unknown> => schedule(activityType, args, options, call);
      return Object.assign(call, {
        executeWithOptions: (overrides: O, args: unknown[]): Promise<unknown> =>
          schedule(activityType, args, merged(options, overrides), call),
      });
    },
  });
}

/** Schedules an activity by its type's name. */
export function scheduleActivity<R>(
  activityType: string,
  args: unknown[],
  options: ActivityOptions,
): Promise<R> {
  if (options === undefined) throw new TypeError('scheduleActivity needs options.');
  return schedule(activityType, args, options, scheduleActivity) as Promise<R>;
}

function schedule(
  activityType: string,
  args: unknown[],
  options: ActivityOptions,
  below: (...args: never[]) => unknown,
): Promise<unknown> {
  const context = assertInContext(`Activity ${activityType}`);
  context.assertWritable('schedule an activity');
  const seq = context.nextSeq.activity++;
  const waiting = captureStack(context, below);
  const execute = outbound(context, 'scheduleActivity', (input) => scheduleTask(context, input, waiting));
  return execute({ activityType, headers: {}, options, args, seq });
}

function scheduleTask(
  context: WorkflowContext,
  input: ActivityInput,
  waiting: WaitingStack,
): Promise<unknown> {
  assertTimeout(input.options);
  return new Promise((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) {
      scope.cancelRequested.catch(reject);
      return;
    }
    const activity = newActivity(context, input);
    scheduleActivityTask(context, scope, input.seq, activity, { resolve, reject, waiting });
  });
}

function newActivity(
  context: WorkflowContext,
  { activityType, args, options, headers, seq }: ActivityInput,
): NewActivity {
  const { scheduleToCloseTimeout, scheduleToStartTimeout, startToCloseTimeout, heartbeatTimeout } = options;
  const duration = (value: ActivityOptions['heartbeatTimeout']) =>
    toOptionalDurationJson(msOptionalToNumber(value));
  const activityId = options.activityId ?? String(seq);
  const of = context.ofActivity(activityId);
  const input = context.toPayloads(args, of);
  const priority = toPriorityJson(options.priority);
  return {
    attributes: {
      activityId,
      activityType: { name: activityType },
      taskQueue: { name: options.taskQueue || context.info.taskQueue },
      ...(input && { input }),
      ...toHeaderJson(headers),
      ...(scheduleToCloseTimeout !== undefined && {
        scheduleToCloseTimeout: duration(scheduleToCloseTimeout),
      }),
      ...(scheduleToStartTimeout !== undefined && {
        scheduleToStartTimeout: duration(scheduleToStartTimeout),
      }),
      ...(startToCloseTimeout !== undefined && { startToCloseTimeout: duration(startToCloseTimeout) }),
      ...(heartbeatTimeout !== undefined && { heartbeatTimeout: duration(heartbeatTimeout) }),
      ...(options.retry && { retryPolicy: compileRetryPolicy(options.retry) }),
      ...(priority && { priority }),
    },
    // Temporal's documentation says WAIT_CANCELLATION_COMPLETED, but its SDK (1.24) sends nothing, which its core takes for
    // TRY_CANCEL: histories of programs that leave it unset replay only so.
    cancellationType: options.cancellationType ?? 'TRY_CANCEL',
    ...(options.summary !== undefined && {
      userMetadata: { summary: context.toPayload(options.summary, of) },
    }),
  };
}

/** `overrides` over `options`; the fields of a retry policy are merged one by one. */
function merged<O extends Pick<ActivityOptions, 'retry'>>(options: O, overrides: O): O {
  const retry = options.retry || overrides.retry ? { ...options.retry, ...overrides.retry } : undefined;
  return { ...options, ...overrides, ...(retry && { retry }) };
}
