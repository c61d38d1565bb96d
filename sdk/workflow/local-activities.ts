/** Calling local activities from workflow code: short ones, run by the Worker that runs the workflow. */

import { type EpochMs, msOptionalToNumber, toDurationJson } from '../common/duration.ts';
import { toHeaderJson } from '../common/headers.ts';
import { compileRetryPolicy, withDefaults } from '../common/retry-policy.ts';
import type { ActivityFunction, LocalActivityOptions, UntypedActivities } from '../common/types.ts';
import { activityProxy, assertTimeout, type NotAnActivityMethod } from './activities.ts';
import { CancellationScope } from './cancellation-scope.ts';
import type { LocalActivityInput } from './interceptors.ts';
import { assertInContext, type WorkflowContext } from './runtime/context.ts';
import { outbound } from './runtime/intercept.ts';
import { LocalActivityBackoff, type NewLocalActivity } from './runtime/local-activity.ts';
import { captureStack, type WaitingStack } from './runtime/stack-trace.ts';
import { sleep } from './timers.ts';

const LOCAL_RETRY_THRESHOLD_MS = 60_000;

export type LocalActivityFunctionWithOptions<T extends ActivityFunction> = T & {
  /** Calls the activity with these options laid over those of the proxy. */
  executeWithOptions(options: LocalActivityOptions, args: Parameters<T>): Promise<Awaited<ReturnType<T>>>;
};

/** The activities of `T`, as workflow code calls them locally. */
export type LocalActivityInterfaceFor<T> = {
  [K in keyof T]: T[K] extends ActivityFunction
    ? LocalActivityFunctionWithOptions<T[K]>
    : typeof NotAnActivityMethod;
};

/**
 * Functions that run activities inside the workflow task, by their names. For short work: those that outlast 80 % of the
 * workflow task timeout (8 s by default) go on behind heartbeats, and are carried out again when the Worker is lost.
 * @param options one of `startToCloseTimeout` and `scheduleToCloseTimeout` is required
 */
export function proxyLocalActivities<A = UntypedActivities>(
  options: LocalActivityOptions,
): LocalActivityInterfaceFor<A> {
  if (options === undefined) throw new TypeError('proxyLocalActivities needs options.');
  assertTimeout(options);
  return activityProxy(options, schedule);
}

/** Runs an activity inside the workflow task, by its type's name. */
export function scheduleLocalActivity<R>(
  activityType: string,
  args: unknown[],
  options: LocalActivityOptions,
): Promise<R> {
  if (options === undefined) throw new TypeError('scheduleLocalActivity needs options.');
  return schedule(activityType, args, options, scheduleLocalActivity) as Promise<R>;
}

async function schedule(
  activityType: string,
  args: unknown[],
  options: LocalActivityOptions,
  below: (...args: never[]) => unknown,
): Promise<unknown> {
  const context = assertInContext(`Local activity ${activityType}`);
  context.assertWritable('run a local activity');
  let attempt = 1;
  let originalScheduleTime: EpochMs | undefined;
  for (;;) {
    const seq = context.nextSeq.activity++;
    const waiting = captureStack(context, below);
    const execute = outbound(context, 'scheduleLocalActivity', (input) =>
      scheduleOnce(context, input, waiting),
    );
    const input = { activityType, headers: {}, options, args, seq, attempt, originalScheduleTime };
    try {
      // Awaited twice, as in Temporal's SDK: the turns of the microtask queue decide what goes on first.
      return await execute(input as LocalActivityInput);
    } catch (error) {
      if (!(error instanceof LocalActivityBackoff)) throw error;
      await sleep(error.backoffMs);
      attempt = error.nextAttempt;
      originalScheduleTime = error.originalScheduleTime;
    }
  }
}

async function scheduleOnce(
  context: WorkflowContext,
  input: LocalActivityInput,
  waiting: WaitingStack,
): Promise<unknown> {
  const { activityType, options, seq } = input;
  if (!context.replaying && !context.servesLocally(activityType)) {
    throw new ReferenceError(`Local activity of type '${activityType}' not registered on worker`);
  }
  assertTimeout(options);
  return new Promise((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) {
      scope.cancelRequested.catch(reject);
      return;
    }
    const activity = newLocalActivity(context, input);
    context.localActivities.schedule(scope, seq, activity, { resolve, reject, waiting });
  });
}

function newLocalActivity(
  context: WorkflowContext,
  { seq, activityType, args, options, headers, attempt, originalScheduleTime }: LocalActivityInput,
): NewLocalActivity {
  const of = context.ofActivity(String(seq), true);
  const input = context.toPayloads(args, of);
  const duration = (value: LocalActivityOptions['startToCloseTimeout']) =>
    toDurationJson(msOptionalToNumber(value) ?? 0);
  const retryPolicy = withDefaults(options.retry && compileRetryPolicy(options.retry));
  const { scheduleToCloseTimeout, startToCloseTimeout } = options;
  // An attempt never has longer than all of them together, as in Temporal's core and for other activities.
  const ofAttempt = [startToCloseTimeout, scheduleToCloseTimeout].map(msOptionalToNumber).filter(Boolean);
  return {
    activityType,
    task: {
      ...(input && { input }),
      ...toHeaderJson(headers),
      scheduleToCloseTimeout: duration(scheduleToCloseTimeout),
      startToCloseTimeout: duration(Math.min(...(ofAttempt as number[]))),
      heartbeatTimeout: '0s',
      retryPolicy,
    },
    retryPolicy,
    firstAttempt: attempt,
    ...(originalScheduleTime !== undefined && { originalScheduleTime }),
    scheduleToStartMs: msOptionalToNumber(options.scheduleToStartTimeout) ?? Number.POSITIVE_INFINITY,
    localRetryThresholdMs: msOptionalToNumber(options.localRetryThreshold) ?? LOCAL_RETRY_THRESHOLD_MS,
    // What Temporal's SDK (1.24) does when it is left unset, as for other activities.
    cancellationType: options.cancellationType ?? 'TRY_CANCEL',
    ...(options.summary !== undefined && {
      userMetadata: { summary: context.toPayload(options.summary, of) },
    }),
  };
}
