/**
 * `TestWorkflowEnvironment`: run workflows in a test, on the real engine over memory, with a clock that skips or a real
 * one. Names as in Temporal's `@temporalio/testing`. Making one takes milliseconds, a 30-day sleep takes none, and each
 * environment has a clock of its own.
 */

import { asyncLocalStorage } from '../activity/context.ts';
import { engineUrl } from '../client/address.ts';
import type { AsyncCompletionClient } from '../client/async-completion-client.ts';
import { Client, type ClientOptions, type ClientPlugin } from '../client/client.ts';
import { Connection, type ConnectionPlugin } from '../client/connection.ts';
import { inJson, type JsonForms, jsonServiceOf, type RawForms, type RawWriter } from '../client/raw-forms.ts';
import type { WorkflowClient } from '../client/workflow-client.ts';
import { type Duration, waitToNumber } from '../common/duration.ts';
import { IllegalStateError } from '../common/errors.ts';
import { makeLogger } from '../common/logger.ts';
import {
  NativeConnection,
  type NativeConnectionOptions,
  type NativeConnectionPlugin,
} from '../worker/native-connection.ts';
import type { WorkerOptions } from '../worker/options.ts';
import { createHandler, type Handler } from '../worker/serve.ts';
import type { Faults } from './faults.ts';
import { realNow, setTimeout as realTimeout } from './host-clock.ts';
import { RealPace } from './later-answers.ts';
import { type Call, listenFor } from './local-address.ts';
import { MemoryEngine } from './memory-engine.ts';
import { letTimePass } from './real-time-passes.ts';
import {
  type DevServerConfig,
  serverSearchAttributes,
  type TimeSkippingServerConfig,
} from './server-options.ts';

/** Options of the environment's client; its connection and namespace are the environment's. */
export type ClientOptionsForTestEnv = Omit<ClientOptions, 'namespace' | 'connection'>;

interface PluginOptions {
  /** Those of the environment's client, and of all Workers on its connection. */
  plugins?: Array<ClientPlugin | ConnectionPlugin | NativeConnectionPlugin>;
}

export interface LocalTestWorkflowEnvironmentOptions extends PluginOptions {
  /** What goes wrong. Faults of one test: {@link TestWorkflowEnvironment.withFaults}. */
  faults?: Faults;
  /** There is no server to start; of it count the namespace (default `default`), the search attributes and the port. */
  server?: Omit<DevServerConfig, 'type'>;
  client?: ClientOptionsForTestEnv;
}

export interface TimeSkippingTestWorkflowEnvironmentOptions extends PluginOptions {
  /** What goes wrong. Faults of one test: {@link TestWorkflowEnvironment.withFaults}. */
  faults?: Faults;
  /** There is no server to start; of it counts the port. */
  server?: Omit<TimeSkippingServerConfig, 'type'>;
  client?: ClientOptionsForTestEnv;
  /** The clock's first reading. Default: the real time. */
  startTime?: number | Date;
}

export type ExistingServerConnectionOptions = Pick<NativeConnectionOptions, 'apiKey' | 'metadata' | 'tls'>;

export interface ExistingServerTestWorkflowEnvironmentOptions extends PluginOptions {
  /** Default `http://127.0.0.1:8787`. */
  address?: string;
  /** Default `default`. */
  namespace?: string;
  connectionOptions?: ExistingServerConnectionOptions;
  client?: ClientOptionsForTestEnv;
}

interface Parts<F extends RawForms> {
  /** `undefined`: the engine is elsewhere. */
  engine: MemoryEngine | undefined;
  call: Call | undefined;
  supportsTimeSkipping: boolean;
  address: string;
  namespace: string;
  connection: Connection<F>;
  nativeConnection: NativeConnection<F>;
  client: ClientOptionsForTestEnv | undefined;
  raws: RawWriter<F>;
}

interface InProcessOptions<F extends RawForms> extends PluginOptions {
  raws: RawWriter<F>;
  supportsTimeSkipping: boolean;
  namespace: string;
  client?: ClientOptionsForTestEnv;
}

const silent = makeLogger('ERROR', () => undefined);
const IN_PROCESS = 'in process';

const asJson = <F extends RawForms>(): RawWriter<F> => inJson as unknown as RawWriter<F>;

export class TestWorkflowEnvironment<F extends RawForms = JsonForms> {
  /** A client of this environment's engine. Where time can be skipped, waiting for a result lets it skip. */
  readonly client: Client<F>;
  readonly connection: Connection<F>;
  /** Workers created with it run in this process, called by the environment's engine. */
  readonly nativeConnection: NativeConnection<F>;
  readonly namespace: string;
  readonly supportsTimeSkipping: boolean;
  readonly #engine: MemoryEngine | undefined;
  readonly #call: Call | undefined;
  #address: string;
  #stopListening: (() => Promise<void>) | undefined;
  #stopTime: (() => void) | undefined;

  /** An environment whose clock moves on by itself while a test waits for a result. */
  static async createTimeSkipping<F extends RawForms = JsonForms>(
    options: TimeSkippingTestWorkflowEnvironmentOptions = {},
    raws: RawWriter<F> = asJson(),
  ): Promise<TestWorkflowEnvironment<F>> {
    const engine = new MemoryEngine(Number(options.startTime ?? realNow()), { faults: options.faults });
    const environment = TestWorkflowEnvironment.skippingOn(engine, options, raws);
    await environment.#listen(options.server?.port);
    environment.#stopTime = letTimePass(engine);
    return environment;
  }

  /** @internal An environment on an engine that its maker watches. */
  static skippingOn<F extends RawForms = JsonForms>(
    engine: MemoryEngine,
    options: TimeSkippingTestWorkflowEnvironmentOptions,
    raws: RawWriter<F> = asJson(),
  ): TestWorkflowEnvironment<F> {
    const skipping = new TimeSkipping(engine);
    const shared = { ...options, supportsTimeSkipping: true, namespace: 'default', raws };
    return TestWorkflowEnvironment.#inProcess(engine, skipping.call, shared);
  }

  /** An environment in real time: a timer of a second takes a second. The same engine, with nothing to download. */
  static async createLocal<F extends RawForms = JsonForms>(
    options: LocalTestWorkflowEnvironmentOptions = {},
    raws: RawWriter<F> = asJson(),
  ): Promise<TestWorkflowEnvironment<F>> {
    const namespace = options.server?.namespace ?? 'default';
    const engine = new MemoryEngine('real', { namespace, faults: options.faults });
    const call: Call = (url, init) => unlessAborted(engine.fetch(url, init), init?.signal);
    const shared = { ...options, supportsTimeSkipping: false, namespace, raws };
    const environment = TestWorkflowEnvironment.#inProcess(engine, call, shared);
    await environment.#listen(options.server?.port);
    const added = Object.entries(serverSearchAttributes(options.server ?? {}));
    const searchAttributes = Object.fromEntries(
      added.map(([name, type]) => [name, `INDEXED_VALUE_TYPE_${type}`]),
    );
    if (added.length > 0)
      await jsonServiceOf(environment.connection).addSearchAttributes({ namespace, searchAttributes });
    return environment;
  }

  /** An environment on an engine that runs already. @throws ServiceError when none answers. */
  static async createFromExistingServer<F extends RawForms = JsonForms>(
    options: ExistingServerTestWorkflowEnvironmentOptions = {},
    raws: RawWriter<F> = asJson(),
  ): Promise<TestWorkflowEnvironment<F>> {
    const { namespace = 'default', connectionOptions, client, plugins = [] } = options;
    const address = engineUrl(options.address, connectionOptions?.tls);
    const nativeConnection = await NativeConnection.connectWith(raws, {
      ...connectionOptions,
      address,
      plugins,
    });
    return new TestWorkflowEnvironment({
      engine: undefined,
      call: undefined,
      supportsTimeSkipping: false,
      address,
      namespace,
      connection: Connection.lazyWith(raws, { ...connectionOptions, address, plugins }),
      nativeConnection,
      client,
      raws,
    });
  }

  static #inProcess<F extends RawForms>(
    engine: MemoryEngine,
    call: Call,
    { supportsTimeSkipping, namespace, client, raws, plugins = [] }: InProcessOptions<F>,
  ): TestWorkflowEnvironment<F> {
    return new TestWorkflowEnvironment({
      engine,
      call,
      supportsTimeSkipping,
      address: IN_PROCESS,
      namespace,
      connection: Connection.lazyWith(raws, { address: { fetch: call }, plugins }),
      nativeConnection: NativeConnection.toEngine(raws, engine, plugins),
      client,
      raws,
    });
  }

  private constructor(parts: Parts<F>) {
    this.#engine = parts.engine;
    this.supportsTimeSkipping = parts.supportsTimeSkipping;
    this.#call = parts.call;
    this.#address = parts.address;
    this.namespace = parts.namespace;
    this.connection = parts.connection;
    this.nativeConnection = parts.nativeConnection;
    const { connection, namespace } = parts;
    this.client = new Client({ ...parts.client, connection, namespace }, parts.raws);
  }

  /** `host:port` of the engine, for connections and clients of other processes; `in process` where there are no ports. */
  get address(): string {
    return this.#address;
  }

  async #listen(port?: number): Promise<void> {
    const listening = await listenFor(this.#inProcessEngine(), this.#call!, port);
    if (!listening) return;
    this.#address = listening.address;
    this.#stopListening = listening.stop;
  }

  /** @deprecated by Temporal: use `client.workflow` */
  get workflowClient(): WorkflowClient<F> {
    return this.client.workflow;
  }

  /** @deprecated by Temporal: use `client.activity` */
  get asyncCompletionClient(): AsyncCompletionClient {
    return this.client.activity;
  }

  /** The environment's clock, in epoch milliseconds. */
  async currentTimeMs(): Promise<number> {
    return this.#engine?.now ?? realNow();
  }

  /**
   * Lets so much time pass, with everything that falls due meanwhile: at once where time can be skipped. Activities may
   * call it too.
   */
  readonly sleep = async (durationMs: Duration): Promise<void> => {
    const ms = waitToNumber(durationMs);
    const engine = this.supportsTimeSkipping ? this.#engine : undefined;
    if (!engine) return new Promise((resolve) => setTimeout(resolve, ms));
    const pass = (): Promise<void> => engine.advanceTo(engine.now + ms);
    return asyncLocalStorage.getStore() ? engine.whileActivitySleeps(pass) : pass();
  };

  /** A request to the engine as anybody may send one: what a webhook's sender posts. @param path as `/webhooks/…` */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const base = this.#engine ? 'http://localhost' : this.address;
    return (this.#engine?.fetch ?? fetch)(new URL(path, base).href, init);
  }

  /** Serves workflows and activities in process while `work` runs, and answers with its outcome. */
  async runUntil<T>(worker: WorkerOptions, work: Promise<T> | (() => Promise<T>)): Promise<T> {
    const stop = this.serve(worker);
    try {
      return await (typeof work === 'function' ? work() : work);
    } finally {
      stop();
    }
  }

  /** Serves workflows and activities in process until the returned function is called. */
  serve(worker: WorkerOptions): () => void {
    const engine = this.#inProcessEngine();
    const { nativeConnection: connection, namespace } = this;
    const client = new Client({ connection, namespace, dataConverter: worker.dataConverter });
    const handler: Handler = createHandler({ logger: silent, client: () => client, ...worker });
    engine.serve(handler, this.namespace);
    return () => engine.stopServing(handler);
  }

  /** Lets things go wrong while `work` runs. */
  async withFaults<T>(faults: Faults, work: () => Promise<T>): Promise<T> {
    const engine = this.#inProcessEngine();
    const before = engine.faults;
    engine.faults = faults;
    try {
      return await work();
    } finally {
      engine.faults = before;
    }
  }

  /** Drops all memory of the engine, as a crash would: what was acknowledged goes on from its log. */
  evictAll(): void {
    this.#inProcessEngine().evictAll();
  }

  /** Ends the environment: in real time no timer of its workflows fires any more. */
  async teardown(): Promise<void> {
    this.#engine?.close();
    this.#stopTime?.();
    await this.#stopListening?.();
    await this.connection.close();
  }

  #inProcessEngine(): MemoryEngine {
    if (this.#engine) return this.#engine;
    throw new IllegalStateError('The engine of this environment runs elsewhere: create a Worker for it');
  }
}

/** Of a workflow, or of an activity that belongs to none. */
const WAITS_FOR_A_RESULT = /\/(result|activities\/[^/]+\/outcome)$/;

/** Time skips only while somebody waits for a result: any other call sees the clock stand still. */
class TimeSkipping {
  readonly #engine: MemoryEngine;
  #waiting = 0;

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
  }

  readonly call: Call = async (url, init) => {
    const reply = unlessAborted(this.#engine.fetch(url, init), init?.signal);
    if (!WAITS_FOR_A_RESULT.test(new URL(url).pathname)) return reply;
    this.#waiting++;
    void this.#skip();
    try {
      return await this.#engine.movers.whileSkipping(reply);
    } finally {
      this.#waiting--;
    }
  };

  async #skip(): Promise<void> {
    if (this.#waiting > 1) return;
    const engine = this.#engine;
    const pace = new RealPace();
    while (this.#waiting > 0) {
      // Whoever sleeps moves the clock, and no further than asked.
      if (!engine.activitySleeps) await engine.settled();
      const held = await engine.isHeld();
      if (this.#waiting === 0) return;
      const alarm = engine.activitySleeps ? undefined : engine.nextAlarm();
      if (!held) pace.end();
      // Nothing is armed: the run waits for a signal or for real work, which takes real time.
      if (alarm === undefined) await new Promise((resolve) => realTimeout(resolve, 1));
      else await engine.advanceTo(held ? engine.now + (await pace.elapsed()) : alarm);
    }
  }
}

/** As `fetch` does: a call that is aborted ends at once, whatever becomes of it in the engine. */
async function unlessAborted<T>(reply: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return reply;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([reply, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
