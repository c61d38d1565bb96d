/** Runs one attempt of one activity: input decoded, context set, outcome turned into the answer the engine reads. */

import {
  ActivityCancellationDetails,
  type ActivityCancellationDetailsOptions,
} from '../common/cancellation-details.ts';
import { defaultDataConverter, type LoadedDataConverter } from '../common/data-converter.ts';
import { Deadlines, LONGEST_TIMER_MS } from '../common/deadlines.ts';
import { fromDurationJson } from '../common/duration.ts';
import { CompleteAsyncError } from '../common/errors.ts';
import { ApplicationFailure, CancelledFailure } from '../common/failure.ts';
import { fromHeaderJson } from '../common/headers.ts';
import { defaultLogger, type Logger, type LogMetadata, makeLogger, SdkComponent } from '../common/logger.ts';
import { type MetricMeter, makeMetricMeter, noopMetricMeter, recordTo } from '../common/metrics.ts';
import type { Headers, PayloadsJson } from '../common/payload.ts';
import { carryTraceparent } from '../common/trace-context.ts';
import type { ActivityFunction } from '../common/types.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';
import { throughCodecs } from './coded-task.ts';
import { type ActivityClient, asyncLocalStorage, Context, type ContextFields, type Info } from './context.ts';
import {
  HeartbeatSender,
  type HeartbeatThrottle,
  heartbeatInterval,
  longestHeartbeatPause,
  type RecordHeartbeat,
} from './heartbeat.ts';
import { ActivityCalls, type ActivityInterceptorsFactory } from './interceptors.ts';
import { TaskConverter } from './task-converter.ts';
import { infoOf } from './task-info.ts';

export interface ExecuteActivityOptions {
  identity: string;
  /** How heartbeats reach the engine. */
  recordHeartbeat: RecordHeartbeat;
  heartbeatThrottle?: HeartbeatThrottle;
  logger?: Logger;
  interceptors?: readonly ActivityInterceptorsFactory[];
  /** Where the activity's metrics go. Default: nowhere. */
  metricMeter?: MetricMeter;
  dataConverter?: LoadedDataConverter;
  /** Aborted when the process is about to end: the activity is cancelled and its attempt fails, to be retried. */
  shutdownSignal?: AbortSignal;
  /** Handed what cancels the activity as `shutdownSignal` does. */
  onBegun?: (stop: () => void) => void;
  /** Of whoever called: they are cleared there, after the attempt. Default: its own. */
  deadlines?: Deadlines;
  /** How the activity comes by a client. */
  client?: ActivityClient;
  /** Told before the activity begins what log entries say of it, its interceptors having had their say. */
  onLoaded?: (attributes: LogMetadata) => void;
  /** Told what the attempt fails with: the failure made of it may be readable for its receiver only. */
  onFailed?: (error: unknown, stopped: boolean) => void;
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

/** What every log entry about an attempt says of it, as Temporal's do; but no task token, which is a credential. */
export function activityLogAttributes(task: ActivityTask, isLocal = false): LogMetadata {
  const { attempt, namespace, activityId, activityType, taskQueue, workflowId, runId, workflowType } = task;
  const ofRun = { workflowId, workflowRunId: runId, workflowType };
  return { isLocal, attempt, namespace, activityId, activityType, taskQueue, ...ofRun };
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

/** What the activity sees in its context is made when it looks: most activities look at nothing, and end within a millisecond. */
class Attempt implements ContextFields {
  private readonly task: ActivityTask;
  private readonly options: ExecuteActivityOptions;
  private readonly converter: TaskConverter;
  private readonly calls = new ActivityCalls();
  private readonly deadlines: Deadlines;
  private heartbeats: HeartbeatSender | undefined;
  private over = false;
  private cancelReason: CancelReason | undefined;
  private cancelDetails: ActivityCancellationDetails | undefined;
  private cancelError: CancelledFailure | undefined;
  private conversionError: unknown;
  private readonly made: {
    info?: Info;
    abort?: AbortController;
    cancelled?: { promise: Promise<never>; reject: (error: CancelledFailure) => void };
    log?: Logger;
    metricMeter?: MetricMeter;
  } = {};

  constructor(task: ActivityTask, options: ExecuteActivityOptions) {
    this.task = task;
    this.options = options;
    this.converter = new TaskConverter(task, options.local !== undefined, options.dataConverter);
    this.deadlines = options.deadlines ?? new Deadlines();
    const timeout = fromDurationJson(task.startToCloseTimeout);
    if (timeout > 0 && timeout + TIMEOUT_GRACE_MS <= LONGEST_TIMER_MS) {
      this.deadlines.add(timeout + TIMEOUT_GRACE_MS, () => this.over || this.cancel('TIMED_OUT'));
    }
    const { shutdownSignal, onBegun } = options;
    if (shutdownSignal?.aborted) this.handleEvent();
    shutdownSignal?.addEventListener('abort', this);
    onBegun?.(() => this.handleEvent());
    const local = options.local?.signal;
    local?.addEventListener('abort', () =>
      this.cancel(local.reason === 'TIMED_OUT' ? 'TIMED_OUT' : 'CANCELLED'),
    );
  }

  async run(fn: ActivityFunction): Promise<ActivityTaskAnswer | 'async'> {
    const { identity } = this.options;
    try {
      const args = this.decode();
      // What cannot be decoded fails the attempt, whether the activity looks at it or not.
      if (this.task.heartbeatDetails) void this.info;
      const context = new Context(this);
      const value = await asyncLocalStorage.run(context, () => {
        this.calls.load(this.options.interceptors ?? [], context);
        this.options.onLoaded?.(this.logAttributes());
        return this.calls.execute(fn, { args, headers: this.calls.inbound ? this.headers() : {} });
      });
      const result = this.converter.toPayloads(value);
      return { completed: { ...(result && { result }), identity } };
    } catch (error) {
      if (error instanceof CompleteAsyncError) return 'async';
      return this.answerError(error);
    }
  }

  close(): void {
    this.over = true;
    if (!this.options.deadlines) this.deadlines.clear();
    this.heartbeats?.close();
    this.options.shutdownSignal?.removeEventListener('abort', this);
  }

  /** Of the signal of a shutdown. */
  handleEvent(): void {
    this.cancel('WORKER_SHUTDOWN');
  }

  /** Interceptors look among them for their place in a trace. */
  private headers(): Headers {
    const { header, traceparent } = this.task;
    return fromHeaderJson(carryTraceparent(header, traceparent));
  }

  private decode(): unknown[] {
    try {
      return this.converter.fromPayloads(this.task.input);
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
        return this.failed(ApplicationFailure.create({ message, type: 'WorkerShutdown' }), true);
      }
      if (this.cancelReason === 'HEARTBEAT_DETAILS_CONVERSION_FAILED') {
        return this.failed(this.conversionError);
      }
      if (this.cancelReason === 'PAUSED' || this.cancelReason === 'RESET') {
        const paused = this.cancelReason === 'PAUSED';
        const message = `The activity was ${paused ? 'paused' : 'reset'} while this attempt ran`;
        return this.failed(
          ApplicationFailure.create({ message, type: paused ? 'ActivityPause' : 'ActivityReset' }),
          true,
        );
      }
      if (this.cancelReason !== 'CANCELLED') {
        // Nobody asked for a cancellation; should the engine wait for this attempt after all, it may retry.
        const message = 'The activity was stopped because the engine no longer waited for this attempt';
        return this.failed(ApplicationFailure.create({ message, type: 'AttemptOver' }), true);
      }
      const details = error instanceof CancelledFailure ? error.details : [];
      const encoded = this.converter.toPayloads(...details);
      return { canceled: { ...(encoded && { details: encoded }), identity } };
    }
    return this.failed(error);
  }

  private failed(error: unknown, stopped = false): ActivityTaskAnswer {
    this.options.onFailed?.(error, stopped);
    const failure = this.converter.toFailure(error);
    this.over = true;
    const lastHeartbeatDetails = this.heartbeats?.close();
    const { identity } = this.options;
    return { failed: { failure, ...(lastHeartbeatDetails && { lastHeartbeatDetails }), identity } };
  }

  private cancel(reason: CancelReason, also: ActivityCancellationDetailsOptions = {}): void {
    if (this.cancelReason) return;
    this.cancelReason = reason;
    this.cancelDetails = new ActivityCancellationDetails({
      notFound: reason === 'NOT_FOUND',
      cancelRequested: reason === 'CANCELLED',
      timedOut: reason === 'TIMED_OUT',
      workerShutdown: reason === 'WORKER_SHUTDOWN',
      paused: reason === 'PAUSED',
      reset: reason === 'RESET',
      ...also,
    });
    this.cancelError = new CancelledFailure(reason);
    this.made.cancelled?.reject(this.cancelError);
    this.made.abort?.abort(this.cancelError);
  }

  heartbeat(details: unknown): void {
    let encoded: PayloadsJson | undefined;
    try {
      encoded = details === undefined ? undefined : this.converter.toPayloads(details);
    } catch (error) {
      this.conversionError = error;
      this.cancel('HEARTBEAT_DETAILS_CONVERSION_FAILED');
      return;
    }
    if (this.over) return;
    this.heartbeats ??= this.heartbeatSender();
    this.heartbeats.record(encoded);
  }

  private heartbeatSender(): HeartbeatSender {
    const { taskToken, heartbeatTimeout } = this.task;
    const { recordHeartbeat, heartbeatThrottle, identity } = this.options;
    const timeoutMs = fromDurationJson(heartbeatTimeout);
    return new HeartbeatSender(
      heartbeatInterval(timeoutMs, heartbeatThrottle),
      longestHeartbeatPause(timeoutMs),
      (details) => recordHeartbeat({ taskToken, identity, ...(details && { details }) }),
      (reply) => {
        if (reply.notFound) this.cancel('NOT_FOUND');
        else if (reply.refused !== undefined) this.refuseDetails(reply.refused);
        else if (reply.cancelRequested) this.cancel('CANCELLED');
        else if (reply.activityReset) this.cancel('RESET', { paused: reply.activityPaused });
        else if (reply.activityPaused) this.cancel('PAUSED');
      },
    );
  }

  /** The attempt cannot say how far it is: it ends, rather than be taken for dead. */
  private refuseDetails(reason: string): void {
    const message = `Heartbeat details were refused: ${reason}`;
    this.conversionError = ApplicationFailure.nonRetryable(message, 'PayloadTooLarge');
    this.cancel('HEARTBEAT_DETAILS_CONVERSION_FAILED');
  }

  cancellationDetails(): ActivityCancellationDetails | undefined {
    return this.cancelDetails;
  }

  get client(): ActivityClient['client'] {
    return this.options.client?.client;
  }

  get clientParts(): ActivityClient['clientParts'] {
    return this.options.client?.clientParts;
  }

  get info(): Info {
    this.made.info ??= infoOf(this.task, this.converter, this.options.local !== undefined);
    return this.made.info;
  }

  get cancelled(): Promise<never> {
    if (!this.made.cancelled) {
      this.made.cancelled = Promise.withResolvers<never>();
      const { promise, reject } = this.made.cancelled;
      // An activity need not wait for it; that must not count as an unhandled rejection.
      promise.catch(() => undefined);
      if (this.cancelError) reject(this.cancelError);
    }
    return this.made.cancelled.promise;
  }

  get cancellationSignal(): AbortSignal {
    if (!this.made.abort) {
      this.made.abort = new AbortController();
      if (this.cancelError) this.made.abort.abort(this.cancelError);
    }
    return this.made.abort.signal;
  }

  get log(): Logger {
    this.made.log ??= withAttributes(this.options.logger ?? defaultLogger, () => ({
      sdkComponent: SdkComponent.activity,
      ...this.logAttributes(),
    }));
    return this.made.log;
  }

  private logAttributes(): LogMetadata {
    return this.calls.logAttributes(activityLogAttributes(this.task, this.options.local !== undefined));
  }

  get metricMeter(): MetricMeter {
    const { namespace, taskQueue, activityType } = this.task;
    this.made.metricMeter ??= makeMetricMeter(recordTo(this.options.metricMeter ?? noopMetricMeter), [
      () => this.calls.metricTags({ namespace, taskQueue, activityType }),
    ]);
    return this.made.metricMeter;
  }
}

/** Did the activity stop because it was told to? What `fetch` throws on an aborted signal counts. */
function isStop(error: unknown): boolean {
  return error instanceof CancelledFailure || (error instanceof Error && error.name === 'AbortError');
}

function withAttributes(logger: Logger, attributes: () => LogMetadata): Logger {
  return makeLogger('TRACE', (level, message, meta) =>
    logger.log(level, message, { ...attributes(), ...meta }),
  );
}
