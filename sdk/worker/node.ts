/**
 * A Worker on Node: serves tasks over HTTP and keeps itself registered with the engine. It outlives the engine: what it
 * finished while the engine was away is reported when the engine is back.
 * @module perdure/worker/node
 */

import { hostname } from 'node:os';
import { type Duration, msToNumber } from '../common/duration.ts';
import { IllegalStateError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { EngineAddress } from './engine-call.ts';
import { type HttpServer, listen } from './http-server.ts';
import type { WorkerOptions } from './options.ts';
import { Registration } from './registration.ts';
import { createHandler, type Handler } from './serve.ts';

export { defaultLogger, type Logger } from '../common/logger.ts';
export { createHandler, type Handler, type HandlerOptions } from './serve.ts';

export interface NodeWorkerOptions extends WorkerOptions {
  /** Base URL of the engine. Default `http://127.0.0.1:8787`. */
  engine?: string;
  /** Default `default`. */
  namespace?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** The address under which the engine reaches this Worker. Default `http://<host>:<port>`. */
  url?: string;
  /** How long running activities may take to finish after a shutdown was asked for. Default 10 s. */
  shutdownGraceTime?: Duration;
  /** Signals that shut `run()` down. Default SIGINT and SIGTERM. */
  shutdownSignals?: NodeJS.Signals[];
  /** An activity that runs longer is answered "accepted" and reported when it is finished. Default 5 minutes. */
  answerWithin?: Duration;
  /** Time between two registrations. Default 10 s. */
  registrationInterval?: Duration;
}

export type State = 'INITIALIZED' | 'RUNNING' | 'DRAINING' | 'STOPPED';

/** How long activities that were cancelled by the shutdown, and reports, may still take. */
const FORCED_STOP_MS = 1_000;

export class Worker {
  /** The address that the engine calls. */
  readonly url: string;
  private readonly options: NodeWorkerOptions & { namespace: string };
  private readonly handler: Handler;
  private readonly server: HttpServer;
  private readonly registration: Registration;
  private readonly forcedStop: AbortController;
  private readonly graceMs: number;
  private readonly logger: Logger;
  private state: State = 'INITIALIZED';
  private requestShutdown!: () => void;
  private readonly shutdownRequested = new Promise<void>((resolve) => {
    this.requestShutdown = resolve;
  });

  /**
   * Listens on its port; tasks come after {@link Worker.run} registered it.
   * @throws ValueError when an option is wrong, Error when the port is in use.
   */
  static async create(options: NodeWorkerOptions): Promise<Worker> {
    const forcedStop = new AbortController();
    const engine: EngineAddress = { url: options.engine ?? 'http://127.0.0.1:8787' };
    const handler = createHandler({
      identity: `${process.pid}@${hostname()}`,
      ...options,
      engine,
      answerWithin: options.answerWithin ?? '5 minutes',
      shutdownSignal: forcedStop.signal,
    });
    const host = options.host ?? '127.0.0.1';
    const door: Door = { open: true };
    const server = await listen(
      async (request, undelivered) =>
        door.open ? handler.fetch(request, { signal: undelivered }) : new Response(null, { status: 503 }),
      host,
      options.port ?? 0,
    );
    return new Worker(options, handler, server, engine, forcedStop, door);
  }

  private readonly door: Door;

  private constructor(
    options: NodeWorkerOptions,
    handler: Handler,
    server: HttpServer,
    engine: EngineAddress,
    forcedStop: AbortController,
    door: Door,
  ) {
    const namespace = options.namespace ?? 'default';
    this.options = { ...options, namespace };
    this.handler = handler;
    this.server = server;
    this.forcedStop = forcedStop;
    this.door = door;
    this.logger = handler.options.logger;
    this.graceMs = msToNumber(options.shutdownGraceTime ?? '10s');
    this.url = options.url ?? `http://${urlHost(options.host ?? '127.0.0.1')}:${server.port}`;
    this.registration = new Registration({
      engine,
      namespace,
      url: this.url,
      intervalMs: msToNumber(options.registrationInterval ?? '10s'),
      logger: this.logger,
      onReturn: (lastSeen) => void handler.activityTasks.reportSince(lastSeen, engine),
    });
  }

  getState(): State {
    return this.state;
  }

  /** Serves until {@link Worker.shutdown} or a signal; resolves when all is finished or the grace time is over. */
  async run(): Promise<void> {
    if (this.state !== 'INITIALIZED') throw new IllegalStateError('A Worker can be run only once');
    this.state = 'RUNNING';
    const { namespace, shutdownSignals = ['SIGINT', 'SIGTERM'] } = this.options;
    const { taskQueue, identity } = this.handler.options;
    this.logger.info('Worker started', { namespace, taskQueue, url: this.url, identity });
    const onSignal = (): void => this.requestShutdown();
    for (const signal of shutdownSignals) process.on(signal, onSignal);
    try {
      this.registration.start();
      await this.shutdownRequested;
      await this.drain();
    } finally {
      for (const signal of shutdownSignals) process.off(signal, onSignal);
      this.state = 'STOPPED';
      this.logger.info('Worker stopped', { namespace, taskQueue, url: this.url, identity });
    }
  }

  /** Serves until the promise settles, then shuts down; answers with what the promise answered. */
  async runUntil<R>(promise: Promise<R> | (() => Promise<R>)): Promise<R> {
    const running = this.run();
    try {
      return await (typeof promise === 'function' ? promise() : promise);
    } finally {
      this.shutdown();
      await running;
    }
  }

  /** Asks `run()` to end: no new tasks, running activities may finish within the grace time. */
  shutdown(): void {
    this.requestShutdown();
  }

  private async drain(): Promise<void> {
    this.state = 'DRAINING';
    const { activityTasks } = this.handler;
    const { namespace } = this.options;
    this.logger.info('Worker stopping', { namespace, runningActivities: activityTasks.runningCount });
    // New tasks are not answered as a Worker would: the engine gives them to another one and counts no attempt.
    this.door.open = false;
    const closed = this.server.close();
    await this.registration.stop();
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
    this.server.closeAllConnections();
  }
}

/** Whether new tasks are taken. */
interface Door {
  open: boolean;
}

function urlHost(host: string): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
}

/** Did it settle in time? */
function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  return Promise.race([promise.then(() => true), late]).finally(() => clearTimeout(timer));
}
