/** What an activity sees of its attempt: info, heartbeat, cancellation, logging. Found through AsyncLocalStorage. */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '../client/client.ts';
import type { ActivityCancellationDetails } from '../common/cancellation-details.ts';
import type { LoadedDataConverter } from '../common/data-converter.ts';
import { LONGEST_TIMER_MS } from '../common/deadlines.ts';
import { type Duration, waitToNumber } from '../common/duration.ts';
import { IllegalStateError } from '../common/errors.ts';
import type { Logger, LogLevel, LogMetadata } from '../common/logger.ts';
import { type MetricMeter, makeMetricMeter, recordTo } from '../common/metrics.ts';
import type { Priority } from '../common/priority.ts';
import type { RetryPolicy } from '../common/retry-policy.ts';

/** What identifies this attempt, and its bounds. Times are epoch milliseconds, timeouts are milliseconds. */
export interface Info {
  readonly taskToken: Uint8Array;
  /** The task token in base64, as the HTTP API takes it to complete this activity from elsewhere. */
  readonly base64TaskToken: string;
  readonly activityId: string;
  readonly activityType: string;
  /** The same as {@link Info.namespace}. */
  readonly activityNamespace: string;
  readonly namespace: string;
  /** From 1; grows with every retry. */
  readonly attempt: number;
  readonly isLocal: boolean;
  readonly inWorkflow: boolean;
  readonly workflowExecution?: { readonly workflowId: string; readonly runId: string };
  /** Of an activity that belongs to no workflow. */
  readonly activityRunId?: string;
  readonly workflowNamespace?: string;
  readonly workflowType?: string;
  /** When the workflow asked for this activity. */
  readonly scheduledTimestampMs: number;
  /** 0: no bound. */
  readonly scheduleToCloseTimeoutMs: number;
  readonly startToCloseTimeoutMs: number;
  readonly currentAttemptScheduledTimestampMs: number;
  /** `undefined`: this activity need not heartbeat. */
  readonly heartbeatTimeoutMs?: number;
  /** Details of the last heartbeat of the attempts before this one. */
  // biome-ignore lint/suspicious/noExplicitAny: Temporal's own signature; users read what they sent
  readonly heartbeatDetails: any;
  readonly taskQueue: string;
  readonly retryPolicy?: RetryPolicy;
  /** With what it has from its workflow. */
  readonly priority?: Priority;
}

/** Where the context of the running activity is kept. */
export const asyncLocalStorage = new AsyncLocalStorage<Context>();

/** What an activity's own client is made of, where its Worker has none (see `getClient`). */
export interface ClientParts {
  engine: {
    url?: string;
    fetch?: (url: string, init: RequestInit) => Promise<Response>;
    apiKey?: string;
  };
  namespace: string;
  identity: string;
  dataConverter?: LoadedDataConverter;
}

/** How an activity comes by a client. */
export interface ActivityClient {
  /** The Worker's. */
  client?: (() => Client) | undefined;
  clientParts?: (() => ClientParts) | undefined;
}

/** Read when the activity asks for it: most need little of it, and some of it is dear to make. */
export interface ContextFields extends ActivityClient {
  readonly info: Info;
  readonly cancelled: Promise<never>;
  readonly cancellationSignal: AbortSignal;
  heartbeat(details?: unknown): void;
  cancellationDetails(): ActivityCancellationDetails | undefined;
  readonly log: Logger;
  readonly metricMeter: MetricMeter;
}

/** The context of one attempt of one activity. */
export class Context {
  /** @internal */
  readonly fields: ContextFields;
  #log: Logger | undefined;
  /** @internal What {@link Context.client} gives for the Worker's; `perdure/temporal/activity` has its own form. */
  static clientForm = (client: Client): Client => client;

  constructor(fields: ContextFields) {
    this.fields = fields;
  }

  get info(): Info {
    return this.fields.info;
  }

  /** Rejects with `CancelledFailure` when the activity should stop; never resolves. */
  get cancelled(): Promise<never> {
    return this.fields.cancelled;
  }

  /** Aborted when the activity should stop. Hand it to `fetch` and the like. */
  get cancellationSignal(): AbortSignal {
    return this.fields.cancellationSignal;
  }

  /** Adds the ids of this attempt to every entry. Interceptors may put another one in its place. */
  get log(): Logger {
    return this.#log ?? this.fields.log;
  }

  set log(logger: Logger) {
    this.#log = logger;
  }

  /** Tags every value with the activity's type, task queue and namespace. */
  get metricMeter(): MetricMeter {
    return this.fields.metricMeter;
  }

  /** @throws Error outside an activity. */
  static current(): Context {
    const context = asyncLocalStorage.getStore();
    if (!context) throw new Error('Activity context not initialized');
    return context;
  }

  /**
   * A client of the Worker's engine and namespace.
   * @throws IllegalStateError where the Worker has none: in a Worker on Cloudflare `getClient()` makes one
   */
  get client(): Client {
    const { client, clientParts } = this.fields;
    if (client) return Context.clientForm(client());
    throw new IllegalStateError(
      clientParts
        ? 'This Worker has no client of its own: import getClient of perdure/activity, which makes one'
        : 'This activity runs where no client was given',
    );
  }

  /** `undefined` until the activity was asked to stop. */
  get cancellationDetails(): ActivityCancellationDetails | undefined {
    return this.fields.cancellationDetails();
  }

  /**
   * Tells the engine that this attempt is alive; the next attempt finds the last `details` in its info. Calls are
   * throttled, the newest details win. An activity learns of cancellation only by its heartbeats.
   */
  readonly heartbeat = (details?: unknown): void => {
    this.fields.heartbeat(details);
  };

  /** Resolves after `duration`; rejects with `CancelledFailure` as soon as the activity should stop. */
  readonly sleep = (duration: Duration): Promise<void> => {
    const ms = waitToNumber(duration);
    let timer: ReturnType<typeof setTimeout>;
    const slept = new Promise<void>((resolve) => {
      const wait = (left: number): void => {
        const next = (): void => (left > LONGEST_TIMER_MS ? wait(left - LONGEST_TIMER_MS) : resolve());
        timer = setTimeout(next, Math.min(left, LONGEST_TIMER_MS));
      };
      wait(ms);
    });
    return Promise.race([this.cancelled, slept]).finally(() => clearTimeout(timer));
  };
}

/** Info of the running activity. */
export function activityInfo(): Info {
  return Context.current().info;
}

/** See {@link Context.heartbeat}. */
export function heartbeat(details?: unknown): void {
  Context.current().heartbeat(details);
}

/** See {@link Context.sleep}. */
export function sleep(duration: Duration): Promise<void> {
  return Context.current().sleep(duration);
}

/** A promise that rejects with `CancelledFailure` when the activity should stop. */
export function cancelled(): Promise<never> {
  return Context.current().cancelled;
}

/** A signal that is aborted when the activity should stop. */
export function cancellationSignal(): AbortSignal {
  return Context.current().cancellationSignal;
}

/** Why the activity was asked to stop, if it was. */
export function cancellationDetails(): ActivityCancellationDetails | undefined {
  return Context.current().cancellationDetails;
}

/** The Worker's meter, with the tags of the running activity. */
export const metricMeter: MetricMeter = makeMetricMeter((metric, value, tags) =>
  recordTo(Context.current().metricMeter)(metric, value, tags),
);

/** The Worker's logger, with the ids of this attempt. */
export const log: Logger = {
  log: (level: LogLevel, message: string, meta?: LogMetadata) =>
    Context.current().log.log(level, message, meta),
  trace: (message, meta) => Context.current().log.trace(message, meta),
  debug: (message, meta) => Context.current().log.debug(message, meta),
  info: (message, meta) => Context.current().log.info(message, meta),
  warn: (message, meta) => Context.current().log.warn(message, meta),
  error: (message, meta) => Context.current().log.error(message, meta),
};
