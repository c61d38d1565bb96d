/** `MockActivityEnvironment`: runs activity functions with a context, but without an engine, a workflow or payloads. */

import { EventEmitter } from 'node:events';
import { asyncLocalStorage, Context, type Info } from '../activity/context.ts';
import { ActivityCalls, type ActivityInterceptorsFactory } from '../activity/interceptors.ts';
import type { Client } from '../client/client.ts';
import type { RawForms } from '../client/raw-forms.ts';
import { ActivityCancellationDetails } from '../common/cancellation-details.ts';
import { CancelledFailure } from '../common/failure.ts';
import { type Logger, makeLogger } from '../common/logger.ts';
import { type MetricMeter, makeMetricMeter, noopMetricMeter, recordTo } from '../common/metrics.ts';
import type { Headers } from '../common/payload.ts';
import type { ActivityFunction } from '../common/types.ts';
import { DefaultLogger } from '../worker/logger.ts';

/** Why an activity is told to stop: the message of its `CancelledFailure`. */
export type CancelReason =
  | 'CANCELLED'
  | 'NOT_FOUND'
  | 'TIMED_OUT'
  | 'WORKER_SHUTDOWN'
  | 'HEARTBEAT_DETAILS_CONVERSION_FAILED'
  | 'PAUSED'
  | 'RESET';

export interface MockActivityEnvironmentOptions {
  /** Where the activity's `log` goes. Default: a {@link DefaultLogger}. */
  logger?: Logger;
  interceptors?: ActivityInterceptorsFactory[];
  /** What interceptors see as the activity's headers. */
  headers?: Headers;
  /** Where the activity's metrics go. Default: nowhere. */
  metricMeter?: MetricMeter;
  /** What the activity has as its client. Default: none. */
  client?: Client<RawForms>;
}

const TOKEN = new TextEncoder().encode('test');

/** What activities see of themselves unless the test says otherwise. */
export const defaultActivityInfo: Info = {
  taskToken: TOKEN,
  base64TaskToken: btoa('test'),
  activityId: 'test',
  activityType: 'unknown',
  activityNamespace: 'default',
  namespace: 'test',
  attempt: 1,
  isLocal: false,
  inWorkflow: true,
  workflowExecution: { workflowId: 'test', runId: '00000000-0000-0000-0000-000000000000' },
  workflowNamespace: 'default',
  workflowType: 'test',
  scheduledTimestampMs: 1,
  scheduleToCloseTimeoutMs: 1_000,
  startToCloseTimeoutMs: 1_000,
  currentAttemptScheduledTimestampMs: 1,
  heartbeatDetails: undefined,
  taskQueue: 'test',
};

/**
 * Runs activities in a context of their own making. Emits `heartbeat` with the details of every heartbeat. All activities
 * of one environment share its context: after `cancel()` each of them is cancelled.
 *
 * @example
 * const env = new MockActivityEnvironment({ attempt: 2 });
 * env.on('heartbeat', (details) => console.log(details));
 * const result = await env.run(myActivity, 'its first argument');
 */
export class MockActivityEnvironment extends EventEmitter {
  readonly context: Context;
  readonly #abort = new AbortController();
  readonly #calls = new ActivityCalls();
  readonly #headers: Headers;
  #reject!: (error: CancelledFailure) => void;
  #details: ActivityCancellationDetails | undefined;

  /** @param info fields that differ from {@link defaultActivityInfo} */
  constructor(info: Partial<Info> = {}, options: MockActivityEnvironmentOptions = {}) {
    super();
    const all: Info = { ...defaultActivityInfo, ...info };
    const { namespace, taskQueue, activityType } = all;
    const { client } = options;
    const cancelled = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    // An activity need not look at it; that must not count as an unhandled rejection.
    cancelled.catch(() => undefined);
    this.context = new Context({
      info: all,
      cancelled,
      cancellationSignal: this.#abort.signal,
      heartbeat: (details) => void this.emit('heartbeat', details),
      cancellationDetails: () => this.#details,
      ...(client && { client: () => client as Client }),
      log: withInfo(options.logger ?? new DefaultLogger(), all, this.#calls),
      metricMeter: makeMetricMeter(recordTo(options.metricMeter ?? noopMetricMeter), [
        () => this.#calls.metricTags({ namespace, taskQueue, activityType }),
      ]),
    });
    this.#headers = options.headers ?? {};
    this.#calls.load(options.interceptors ?? [], this.context);
  }

  /** Calls the function inside the context; answers or throws what it does. */
  async run<P extends unknown[], R, F extends ActivityFunction<P, R>>(fn: F, ...args: P): Promise<R> {
    const input = { args, headers: this.#headers };
    return asyncLocalStorage.run(this.context, () => this.#calls.execute(fn, input)) as Promise<R>;
  }

  /** Asks the activities of this environment to stop. Only the first call counts. */
  readonly cancel = (
    reason: CancelReason = 'CANCELLED',
    details: Partial<ActivityCancellationDetails> = { cancelRequested: true },
  ): void => {
    if (this.#details) return;
    this.#details = new ActivityCancellationDetails(details);
    const error = new CancelledFailure(reason);
    this.#reject(error);
    this.#abort.abort(error);
  };
}

function withInfo(logger: Logger, info: Info, calls: ActivityCalls): Logger {
  const { namespace, activityId, activityType, attempt, taskQueue, workflowExecution } = info;
  const ids = { namespace, activityId, activityType, attempt, taskQueue, ...workflowExecution };
  return makeLogger('TRACE', (level, message, meta) =>
    logger.log(level, message, { ...calls.logAttributes(ids), ...meta }),
  );
}
