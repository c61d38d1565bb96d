/**
 * A Worker on Node: serves tasks over HTTP and keeps itself registered with the engine. It outlives the engine: what it
 * finished while the engine was away is reported when the engine is back.
 * @module perdure/worker/node
 */

import { hostname } from 'node:os';
import type { HeartbeatThrottle } from '../activity/heartbeat.ts';
import { Client } from '../client/client.ts';
import { Connection } from '../client/connection.ts';
import type { RawForms } from '../client/raw-forms.ts';
import { type Duration, msToNumber } from '../common/duration.ts';
import { IllegalStateError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { engineKeysOf } from './dispatch-verifier.ts';
import { type Door, httpDoor, inProcessDoor } from './door.ts';
import {
  CombinedWorkerRunError,
  GracefulShutdownPeriodExpiredError,
  PromiseCompletionTimeoutError,
} from './errors.ts';
import type { LoadLimits } from './evaluate-workflows.ts';
import { type PollingOptions, refuseMissing } from './ignored-options.ts';
import type { ActivityLimits } from './limits.ts';
import { type WorkflowBundleOption, workflowsOf } from './load-workflows.ts';
import { engineAt, type NativeConnection } from './native-connection.ts';
import type { WorkerOptions as CommonWorkerOptions } from './options.ts';
import { type BundlerPlugin, configured, runThrough, type WorkerPlugin } from './plugins.ts';
import {
  type ReplayHistoriesIterable,
  type ReplayResult,
  type ReplayWorkerOptions,
  replayHistories,
  replayOne,
} from './replay.ts';
import { Runtime } from './runtime.ts';
import { createHandler, type Handler } from './serve.ts';
import { limitsOfTuner, type WorkerTuner } from './tuner.ts';
import type { ModuleRuleOptions } from './webpack-hook.ts';
import { within } from './within.ts';
import type { State, WorkerStatus } from './worker-status.ts';

export type { DataConverter } from '../common/data-converter.ts';
export { IllegalStateError } from '../common/errors.ts';
export { defaultLogger, type Logger, type LogLevel, type LogMetadata } from '../common/logger.ts';
export { defaultPayloadConverter } from '../common/payload.ts';
export type { TLSConfig } from '../common/temporal-internals.ts';
export type { History } from '../common/types.ts';
export { UnhandledRejectionError } from '../workflow/runtime/unhandled-rejections.ts';
export {
  CombinedWorkerRunError,
  type CombinedWorkerRunErrorCause,
  errors,
  GracefulShutdownPeriodExpiredError,
  PromiseCompletionTimeoutError,
  ShutdownError,
  TransportError,
  UnexpectedError,
} from './errors.ts';
export * from './extensions.ts';
export {
  type BundleOptions,
  bundleWorkflowCode,
  type WorkflowBundle,
  type WorkflowBundleOption,
  type WorkflowBundlePath,
  type WorkflowBundleWithSourceMap,
} from './load-workflows.ts';
export { DefaultLogger, type LogEntry, LogTimestamp } from './logger.ts';
export {
  type InProcessEngine,
  NativeConnection,
  type NativeConnectionOptions,
  type NativeConnectionPlugin,
} from './native-connection.ts';
export {
  type ReplayDivergence,
  ReplayError,
  type ReplayHistoriesIterable,
  type ReplayResult,
  type ReplayWorkerOptions,
} from './replay.ts';
export { Runtime, type RuntimeOptions } from './runtime.ts';
export { createHandler, type Handler, type HandlerOptions } from './serve.ts';
export type { PollerState, State, WorkerStatus } from './worker-status.ts';

export interface NodeWorkerOptions
  extends CommonWorkerOptions,
    PollingOptions,
    ActivityLimits,
    HeartbeatThrottle,
    LoadLimits {
  /** The way to the engine, or a test environment's `nativeConnection`: then the Worker runs in process. */
  connection?: NativeConnection<RawForms>;
  /** Base URL of the engine, where there is no `connection`. Default as that of a client's connection. */
  engine?: string;
  /** The file that exports the workflows. It is bundled here; module-level variables belong to a run. */
  workflowsPath?: string;
  /** Workflow code that `bundleWorkflowCode` has bundled. */
  workflowBundle?: WorkflowBundleOption;
  bundlerOptions?: ModuleRuleOptions;
  /** Its numbers of slots are the limits of activities and local activities. */
  tuner?: WorkerTuner;
  /** They may change these options, the bundle's and a replay's, and stand around `run`. */
  plugins?: Array<WorkerPlugin & BundlerPlugin>;
  /** Default `default`. */
  namespace?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** The address under which the engine reaches this Worker. Default `http://<host>:<port>`. */
  url?: string;
  /**
   * How long running activities may take to finish after a shutdown was asked for, before they are cancelled.
   * Default 10 s; none in process.
   */
  shutdownGraceTime?: Duration;
  /**
   * How long after a shutdown was asked for `run()` gives up on activities that do not end, and throws a
   * GracefulShutdownPeriodExpiredError. Default: it gives up a little after the grace time, and only logs a warning.
   */
  shutdownForceTime?: Duration;
  /** Signals that shut `run()` down. Default: those of the {@link Runtime}, SIGINT and SIGTERM. */
  shutdownSignals?: NodeJS.Signals[];
  /** An activity that runs longer is answered "accepted" and reported when it is finished. Default 5 minutes. */
  answerWithin?: Duration;
  /** Time between two registrations. Default 10 s. */
  registrationInterval?: Duration;
}

export type { NodeWorkerOptions as WorkerOptions };

export interface RunUntilOptions {
  /** How long the promise may still take after the Worker has stopped for another reason. Default 0. */
  promiseCompletionTimeout?: Duration;
}

/** How long activities that were cancelled by the shutdown, and reports, may still take. */
const FORCED_STOP_MS = 1_000;

export class Worker {
  /** The address that the engine calls. */
  readonly url: string;
  /** The connection it was created with. */
  readonly connection: NativeConnection<RawForms> | undefined;
  /** What it was created with, and what it took by default. */
  readonly options: NodeWorkerOptions & { namespace: string; identity: string };
  private readonly handler: Handler;
  private readonly door: Door;
  private readonly forcedStop: AbortController;
  private readonly graceMs: number;
  private readonly logger: Logger;
  private state: State = 'INITIALIZED';
  private requestShutdown!: () => void;
  private readonly shutdownRequested = new Promise<void>((resolve) => {
    this.requestShutdown = resolve;
  });

  /**
   * Loads the workflows and listens on its port; tasks come after {@link Worker.run} registered it.
   * @throws ValueError when an option is wrong, Error when the port is in use, esbuild's BuildFailure when the workflows
   *   cannot be bundled.
   */
  static async create(given: NodeWorkerOptions): Promise<Worker> {
    const ofConnection = (given.connection?.plugins ?? []) as ReadonlyArray<WorkerPlugin & BundlerPlugin>;
    const plugins = [...(given.plugins ?? []), ...ofConnection];
    const asked: NodeWorkerOptions = { ...given, plugins };
    const options = await configured(asked, plugins, (plugin, current) => plugin.configureWorker?.(current));
    const { connection, namespace = 'default', host = '127.0.0.1', port = 0, url } = options;
    const forcedStop = new AbortController();
    const engine = connection?.engine ?? engineAt(options.engine);
    const logger = options.logger ?? Runtime.instance().logger;
    refuseMissing(options);
    const { workflows, interceptorModules } = await workflowsOf(options, logger);
    const inProcess = connection?.inProcess;
    let client: Client | undefined;
    const handler = createHandler({
      identity: `${process.pid}@${hostname()}`,
      ...options,
      ...limitsOfTuner(options.tuner, options, logger),
      logger,
      workflows,
      interceptors: { ...options.interceptors, workflowModules: interceptorModules },
      metricMeter: options.metricMeter ?? Runtime.instance().metricMeter,
      engine,
      client: () => {
        client ??= new Client({
          connection: connection ?? Connection.lazy({ ...(engine.url && { address: engine.url }) }),
          namespace,
          dataConverter: handler.options.dataConverter,
          interceptors: options.interceptors?.client,
        });
        return client;
      },
      // At the door, if there is one.
      engineKeys: undefined,
      // In process nothing is lost by waiting for the answer.
      answerWithin: inProcess ? undefined : (options.answerWithin ?? '5 minutes'),
      shutdownSignal: forcedStop.signal,
    });
    const registrationIntervalMs = msToNumber(options.registrationInterval ?? '10s');
    const door = inProcess
      ? inProcessDoor(inProcess, handler, namespace)
      : await httpDoor(handler, {
          engine,
          namespace,
          host,
          port,
          registrationIntervalMs,
          engineKeys: options.engineKeys ?? engineKeysOf(process.env),
          ...(url && { url }),
          ...(!options.debugMode && { blockTimeoutMs: msToNumber(options.isolateExecutionTimeout ?? '5s') }),
        });
    const { identity } = handler.options;
    return new Worker({ ...options, namespace, identity }, handler, door, forcedStop);
  }

  /**
   * Replays a history against workflow code.
   * @param history `{ events }` in the JSON form of Temporal or of this engine
   * @throws DeterminismViolationError when the code does not fit, ReplayError when it failed in another way
   */
  static runReplayHistory(
    options: ReplayWorkerOptions,
    history: unknown,
    workflowId?: string,
  ): Promise<void> {
    return replayOne(options, history, workflowId);
  }

  /** Replays histories one after another; says of each what became of it. Fails only when there is no replaying at all. */
  static runReplayHistories(
    options: ReplayWorkerOptions,
    histories: ReplayHistoriesIterable,
  ): AsyncIterableIterator<ReplayResult> {
    return replayHistories(options, histories);
  }

  private constructor(
    options: NodeWorkerOptions & { namespace: string; identity: string },
    handler: Handler,
    door: Door,
    forcedStop: AbortController,
  ) {
    this.options = options;
    this.connection = options.connection;
    this.handler = handler;
    this.door = door;
    this.forcedStop = forcedStop;
    this.logger = handler.options.logger;
    this.graceMs = msToNumber(options.shutdownGraceTime ?? (this.connection?.inProcess ? 0 : '10s'));
    this.url = door.url;
  }

  getState(): State {
    return this.state;
  }

  getStatus(): WorkerStatus {
    const { activityTasks, counts } = this.handler;
    const [serving, failed] = [this.state === 'RUNNING', this.state === 'FAILED'];
    const pollerState = serving ? 'POLLING' : failed ? 'FAILED' : 'SHUTDOWN';
    const { workflows, activities } = this.handler.options;
    return {
      runState: this.state,
      workflowPollerState: pollerState,
      activityPollerState: pollerState,
      hasOutstandingWorkflowPoll: serving && Object.keys(workflows).length > 0,
      hasOutstandingActivityPoll: serving && Object.keys(activities).length > 0,
      numInFlightWorkflowActivations: counts.workflowCalls,
      numInFlightActivities: activityTasks.runningCount + counts.localActivities,
      numInFlightNonLocalActivities: activityTasks.runningCount,
      numInFlightLocalActivities: counts.localActivities,
      numCachedWorkflows: counts.sessions,
      numHeartbeatingActivities: activityTasks.heartbeatingCount,
    };
  }

  /** A client of this Worker's engine and namespace: activities have it, too. */
  get client(): Client {
    return this.handler.options.client!();
  }

  /**
   * Serves until {@link Worker.shutdown} or a signal; resolves when all is finished or the grace time is over.
   * @throws GracefulShutdownPeriodExpiredError when activities did not end within `shutdownForceTime`
   */
  run(): Promise<void> {
    return runThrough(this.options.plugins, this, () => this.serve());
  }

  private async serve(): Promise<void> {
    if (this.state !== 'INITIALIZED') throw new IllegalStateError('Poller was already started');
    this.state = 'RUNNING';
    const { namespace, shutdownSignals = Runtime.instance().shutdownSignals } = this.options;
    const { taskQueue, identity } = this.handler.options;
    this.logger.info('Worker started', { namespace, taskQueue, url: this.url, identity });
    const onSignal = (): void => {
      if (this.state === 'RUNNING') this.shutdown();
    };
    for (const signal of shutdownSignals) process.on(signal, onSignal);
    const served = `${namespace}/${taskQueue}`;
    try {
      this.door.open();
      this.connection?.served.add(served);
      await this.shutdownRequested;
      await this.drainInTime();
      this.state = 'DRAINED';
      this.state = 'STOPPED';
    } catch (error) {
      this.state = 'FAILED';
      throw error;
    } finally {
      for (const signal of shutdownSignals) process.off(signal, onSignal);
      this.connection?.served.delete(served);
      this.logger.info('Worker stopped', { namespace, taskQueue, url: this.url, identity });
    }
  }

  /**
   * Serves until the promise settles, then shuts down; answers with what the promise answered.
   * @throws what the promise is rejected with, what {@link Worker.run} throws, or CombinedWorkerRunError with both;
   *   PromiseCompletionTimeoutError when the Worker was stopped and the promise did not settle in time
   */
  async runUntil<R>(promise: Promise<R> | (() => Promise<R>), options: RunUntilOptions = {}): Promise<R> {
    const running = this.run().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const inner = (typeof promise === 'function' ? (async () => promise())() : promise).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    let outcome: Awaited<typeof inner> | undefined;
    void inner.then((settled) => {
      outcome = settled;
      if (this.state === 'RUNNING') this.shutdown();
    });
    const failed = await running;
    const patience = msToNumber(options.promiseCompletionTimeout ?? 0);
    if (!outcome && patience > 0) await within(inner, patience);
    outcome ??= {
      error: new PromiseCompletionTimeoutError(
        `The promise did not settle within ${patience} ms after the Worker had stopped`,
      ),
    };
    if (!failed && 'value' in outcome) return outcome.value;
    if (!failed) throw (outcome as { error: unknown }).error;
    if ('value' in outcome) throw failed.error;
    throw new CombinedWorkerRunError('The Worker and the promise failed', {
      cause: { workerError: failed.error, innerError: outcome.error },
    });
  }

  /**
   * Asks `run()` to end: no new tasks, running activities may finish within the grace time.
   * @throws IllegalStateError when it does not run
   */
  shutdown(): void {
    if (this.state !== 'RUNNING') throw new IllegalStateError(`Not running. Current state: ${this.state}`);
    this.state = 'STOPPING';
    this.requestShutdown();
  }

  private async drainInTime(): Promise<void> {
    const { shutdownForceTime } = this.options;
    const drained = this.drain();
    if (shutdownForceTime === undefined) return drained;
    if (await within(drained, msToNumber(shutdownForceTime))) return;
    this.forcedStop.abort();
    this.handler.activityTasks.stop();
    this.door.abandon();
    drained.catch(() => undefined);
    throw new GracefulShutdownPeriodExpiredError('Activities did not end within shutdownForceTime');
  }

  private async drain(): Promise<void> {
    this.state = 'DRAINING';
    const { activityTasks } = this.handler;
    const { namespace } = this.options;
    this.logger.info('Worker stopping', { namespace, runningActivities: activityTasks.runningCount });
    const { closed } = await this.door.close();
    const idle = Promise.all([activityTasks.idle(), closed]);
    if (!(await within(idle, this.graceMs))) {
      this.forcedStop.abort();
      await within(idle, FORCED_STOP_MS);
      activityTasks.stop();
      if (!(await within(idle, FORCED_STOP_MS))) {
        const { runningCount } = activityTasks;
        this.logger.warn('Activities did not stop; the engine will time them out', {
          namespace,
          runningCount,
        });
      }
    }
    this.door.abandon();
  }
}
