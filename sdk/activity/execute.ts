/** Runs one attempt of one activity: input decoded, context set, outcome turned into the answer the engine reads. */

import {
  defaultDataConverter,
  defaultFailureConverter,
  type FailureConverter,
  type LoadedDataConverter,
} from '../common/data-converter.ts';
import { fromDurationJson, fromTimestampJson } from '../common/duration.ts';
import { CompleteAsyncError } from '../common/errors.ts';
import { ApplicationFailure, CancelledFailure } from '../common/failure.ts';
import { fromHeaderJson } from '../common/headers.ts';
import { defaultLogger, type Logger, type LogMetadata, makeLogger } from '../common/logger.ts';
import { type MetricMeter, makeMetricMeter, noopMetricMeter, recordTo } from '../common/metrics.ts';
import {
  base64ToBytes,
  defaultPayloadConverter,
  fromFirstPayloadJson,
  fromPayloadsJson,
  type PayloadConverter,
  type PayloadsJson,
  toPayloadsJson,
} from '../common/payload.ts';
import { decodePriority } from '../common/priority.ts';
import { decompileRetryPolicy } from '../common/retry-policy.ts';
import { carryTraceparent } from '../common/trace-context.ts';
import type { ActivityFunction } from '../common/types.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import { throughCodecs } from './coded-task.ts';
import {
  type ActivityCancellationDetails,
  type ActivityClient,
  asyncLocalStorage,
  Context,
  type Info,
  LONGEST_TIMER_MS,
} from './context.ts';
import { HeartbeatSender, heartbeatInterval, type RecordHeartbeat } from './heartbeat.ts';
import { ActivityCalls, type ActivityInterceptorsFactory } from './interceptors.ts';

export interface ExecuteActivityOptions {
  identity: string;
  /** How heartbeats reach the engine. */
  recordHeartbeat: RecordHeartbeat;
  logger?: Logger;
  interceptors?: readonly ActivityInterceptorsFactory[];
  /** Where the activity's metrics go. Default: nowhere. */
  metricMeter?: MetricMeter;
  dataConverter?: LoadedDataConverter;
  /** Aborted when the process is about to end: the activity is cancelled and its attempt fails, to be retried. */
  shutdownSignal?: AbortSignal;
  /** How the activity comes by a client. */
  client?: ActivityClient;
  /** Told what the attempt fails with: the failure made of it may be readable for its receiver only. */
  onFailed?: (error: unknown) => void;
  /** It is a local activity: aborted, with the reason, when nobody waits for the attempt any more. */
  local?: { signal: AbortSignal };
}

type CancelReason =
  | 'CANCELLED'
  | 'NOT_FOUND'
  | 'TIMED_OUT'
  | 'WORKER_SHUTDOWN'
  | 'PAUSED'
  | 'RESET'
  | 'HEARTBEAT_DETAILS_CONVERSION_FAILED';

/** How long after its start-to-close timeout an attempt that still runs is cancelled: the engine has given it up. */
const TIMEOUT_GRACE_MS = 5_000;

/** The ids that every log entry about an attempt carries. */
export function activityLogAttributes(task: ActivityTask): LogMetadata {
  const { namespace, workflowId, runId, attempt, activityId, activityType } = task;
  return { namespace, workflowId, runId, attempt, activityId, activityType };
}

/**
 * Executes `fn` for `task`. Answers `'async'` when the activity threw `CompleteAsyncError`: it will be completed by
 * task token. Never rejects: what user code throws becomes a failed or canceled answer.
 */
export async function executeActivity(
  task: ActivityTask,
  fn: ActivityFunction,
  options: ExecuteActivityOptions,
): Promise<ActivityTaskAnswer | 'async'> {
  const { payloadCodecs } = options.dataConverter ?? defaultDataConverter;
  // What a local activity gets and gives stays with its workflow, behind the codecs.
  if (options.local || payloadCodecs.length === 0) return runAttempt(task, fn, options);
  return throughCodecs(payloadCodecs, task, options, (decoded, coded) => runAttempt(decoded, fn, coded));
}

async function runAttempt(
  task: ActivityTask,
  fn: ActivityFunction,
  options: ExecuteActivityOptions,
): Promise<ActivityTaskAnswer | 'async'> {
  const attempt = new Attempt(task, options);
  try {
    return await attempt.run(fn);
  } finally {
    attempt.close();
  }
}

class Attempt {
  private readonly task: ActivityTask;
  private readonly options: ExecuteActivityOptions;
  private readonly converter: PayloadConverter;
  private readonly calls = new ActivityCalls();
  private readonly failureConverter: FailureConverter;
  private readonly heartbeats: HeartbeatSender;
  private readonly abort = new AbortController();
  private readonly cancelled: Promise<never>;
  private rejectCancelled!: (error: CancelledFailure) => void;
  private cancelReason: CancelReason | undefined;
  private conversionError: unknown;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly onShutdown = (): void => this.cancel('WORKER_SHUTDOWN');

  constructor(task: ActivityTask, options: ExecuteActivityOptions) {
    this.task = task;
    this.options = options;
    const { payloadConverter, failureConverter } = options.dataConverter ?? defaultDataConverter;
    this.converter = payloadConverter;
    this.failureConverter = failureConverter;
    this.cancelled = new Promise<never>((_, reject) => {
      this.rejectCancelled = reject;
    });
    // An activity need not look at it; that must not count as an unhandled rejection.
    this.cancelled.catch(() => undefined);
    const { taskToken } = task;
    this.heartbeats = new HeartbeatSender(
      heartbeatInterval(fromDurationJson(task.heartbeatTimeout)),
      (details) =>
        options.recordHeartbeat({ taskToken, identity: options.identity, ...(details && { details }) }),
      (reply) => {
        if (reply.notFound) this.cancel('NOT_FOUND');
        else if (reply.refused !== undefined) this.refuseDetails(reply.refused);
        else if (reply.cancelRequested) this.cancel('CANCELLED');
        else if (reply.activityReset) this.cancel('RESET');
        else if (reply.activityPaused) this.cancel('PAUSED');
      },
    );
    const timeout = fromDurationJson(task.startToCloseTimeout);
    if (timeout > 0 && timeout + TIMEOUT_GRACE_MS <= LONGEST_TIMER_MS) {
      this.timer = setTimeout(() => this.cancel('TIMED_OUT'), timeout + TIMEOUT_GRACE_MS);
    }
    if (options.shutdownSignal?.aborted) this.onShutdown();
    options.shutdownSignal?.addEventListener('abort', this.onShutdown);
    const local = options.local?.signal;
    local?.addEventListener('abort', () =>
      this.cancel(local.reason === 'TIMED_OUT' ? 'TIMED_OUT' : 'CANCELLED'),
    );
  }

  async run(fn: ActivityFunction): Promise<ActivityTaskAnswer | 'async'> {
    const { identity } = this.options;
    try {
      const args = this.decode();
      const context = this.context();
      const { header, traceparent } = this.task;
      // Interceptors look among the headers for their place in a trace.
      const headers = fromHeaderJson(carryTraceparent(header, traceparent));
      const value = await asyncLocalStorage.run(context, () => {
        this.calls.load(this.options.interceptors ?? [], context);
        return this.calls.execute(fn, { args, headers });
      });
      const result = toPayloadsJson(this.converter, value);
      return { completed: { ...(result && { result }), identity } };
    } catch (error) {
      if (error instanceof CompleteAsyncError) return 'async';
      return this.answerError(error);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    this.heartbeats.close();
    this.options.shutdownSignal?.removeEventListener('abort', this.onShutdown);
  }

  private decode(): unknown[] {
    try {
      return fromPayloadsJson(this.converter, this.task.input);
    } catch (error) {
      const message = `Activity ${this.task.activityType}: the input could not be decoded: ${(error as Error).message}`;
      throw ApplicationFailure.fromError(error, { message });
    }
  }

  private answerError(error: unknown): ActivityTaskAnswer {
    const { identity } = this.options;
    if (this.cancelReason && isStop(error)) {
      if (this.cancelReason === 'WORKER_SHUTDOWN') {
        const message = 'The Worker was shut down before this activity completed';
        return this.failed(ApplicationFailure.create({ message, type: 'WorkerShutdown' }));
      }
      if (this.cancelReason === 'HEARTBEAT_DETAILS_CONVERSION_FAILED') {
        return this.failed(this.conversionError);
      }
      if (this.cancelReason === 'PAUSED' || this.cancelReason === 'RESET') {
        const paused = this.cancelReason === 'PAUSED';
        const message = `The activity was ${paused ? 'paused' : 'reset'} while this attempt ran`;
        return this.failed(
          ApplicationFailure.create({ message, type: paused ? 'ActivityPause' : 'ActivityReset' }),
        );
      }
      if (this.cancelReason !== 'CANCELLED') {
        // Nobody asked for a cancellation; should the engine wait for this attempt after all, it may retry.
        const message = 'The activity was stopped because the engine no longer waited for this attempt';
        return this.failed(ApplicationFailure.create({ message, type: 'AttemptOver' }));
      }
      const details = error instanceof CancelledFailure ? error.details : [];
      const encoded = toPayloadsJson(this.converter, ...details);
      return { canceled: { ...(encoded && { details: encoded }), identity } };
    }
    return this.failed(error);
  }

  private failed(error: unknown): ActivityTaskAnswer {
    this.options.onFailed?.(error);
    const failure = this.encode(error);
    const lastHeartbeatDetails = this.heartbeats.close();
    const { identity } = this.options;
    return { failed: { failure, ...(lastHeartbeatDetails && { lastHeartbeatDetails }), identity } };
  }

  private encode(error: unknown) {
    try {
      return this.failureConverter.errorToFailure(error, this.converter);
    } catch (conversion) {
      // The details of the failure cannot be encoded: say so rather than lose the failure.
      const cause = new Error(error instanceof Error ? error.message : String(error));
      const message = `The failure of activity ${this.task.activityType} could not be encoded: ${(conversion as Error).message}`;
      try {
        const failure = ApplicationFailure.create({ message, cause });
        return this.failureConverter.errorToFailure(failure, defaultPayloadConverter);
      } catch {
        // Not even that: then without the error, which this converter may have had to hide.
        return defaultFailureConverter.errorToFailure(
          ApplicationFailure.create({ message }),
          defaultPayloadConverter,
        );
      }
    }
  }

  private cancel(reason: CancelReason): void {
    if (this.cancelReason) return;
    this.cancelReason = reason;
    const error = new CancelledFailure(reason);
    this.rejectCancelled(error);
    this.abort.abort(error);
  }

  private heartbeat(details: unknown): void {
    let encoded: PayloadsJson | undefined;
    try {
      encoded = details === undefined ? undefined : toPayloadsJson(this.converter, details);
    } catch (error) {
      this.conversionError = error;
      this.cancel('HEARTBEAT_DETAILS_CONVERSION_FAILED');
      return;
    }
    this.heartbeats.record(encoded);
  }

  /** The attempt cannot say how far it is: it ends, rather than be taken for dead. */
  private refuseDetails(reason: string): void {
    const message = `Heartbeat details were refused: ${reason}`;
    this.conversionError = ApplicationFailure.nonRetryable(message, 'PayloadTooLarge');
    this.cancel('HEARTBEAT_DETAILS_CONVERSION_FAILED');
  }

  private cancellationDetails(): ActivityCancellationDetails | undefined {
    if (!this.cancelReason) return undefined;
    return {
      notFound: this.cancelReason === 'NOT_FOUND',
      cancelRequested: this.cancelReason === 'CANCELLED',
      timedOut: this.cancelReason === 'TIMED_OUT',
      workerShutdown: this.cancelReason === 'WORKER_SHUTDOWN',
      paused: this.cancelReason === 'PAUSED',
      reset: this.cancelReason === 'RESET',
    };
  }

  private context(): Context {
    const { namespace, taskQueue, activityType } = this.task;
    return new Context({
      ...this.options.client,
      info: infoOf(this.task, this.converter, this.options.local !== undefined),
      cancelled: this.cancelled,
      cancellationSignal: this.abort.signal,
      heartbeat: (details) => this.heartbeat(details),
      cancellationDetails: () => this.cancellationDetails(),
      log: withAttributes(this.options.logger ?? defaultLogger, () =>
        this.calls.logAttributes(activityLogAttributes(this.task)),
      ),
      metricMeter: makeMetricMeter(recordTo(this.options.metricMeter ?? noopMetricMeter), [
        () => this.calls.metricTags({ namespace, taskQueue, activityType }),
      ]),
    });
  }
}

/** Did the activity stop because it was told to? What `fetch` throws on an aborted signal counts. */
function isStop(error: unknown): boolean {
  return error instanceof CancelledFailure || (error instanceof Error && error.name === 'AbortError');
}

function infoOf(task: ActivityTask, converter: PayloadConverter, isLocal: boolean): Info {
  const { namespace, workflowId, runId, workflowType } = task;
  const heartbeatTimeoutMs = fromDurationJson(task.heartbeatTimeout);
  const retryPolicy = decompileRetryPolicy(task.retryPolicy);
  return {
    taskToken: base64ToBytes(task.taskToken),
    base64TaskToken: task.taskToken,
    activityId: task.activityId,
    activityType: task.activityType,
    activityNamespace: namespace,
    namespace,
    attempt: task.attempt,
    isLocal,
    inWorkflow: true,
    workflowExecution: { workflowId, runId },
    workflowNamespace: namespace,
    workflowType,
    scheduledTimestampMs: fromTimestampJson(task.scheduledTime),
    scheduleToCloseTimeoutMs: fromDurationJson(task.scheduleToCloseTimeout),
    startToCloseTimeoutMs: fromDurationJson(task.startToCloseTimeout),
    currentAttemptScheduledTimestampMs: fromTimestampJson(task.currentAttemptScheduledTime),
    ...(heartbeatTimeoutMs > 0 && { heartbeatTimeoutMs }),
    heartbeatDetails: fromFirstPayloadJson<unknown>(converter, task.heartbeatDetails),
    taskQueue: task.taskQueue,
    ...(retryPolicy && { retryPolicy }),
    priority: decodePriority(task.priority),
  };
}

function withAttributes(logger: Logger, attributes: () => LogMetadata): Logger {
  return makeLogger('TRACE', (level, message, meta) =>
    logger.log(level, message, { ...attributes(), ...meta }),
  );
}
