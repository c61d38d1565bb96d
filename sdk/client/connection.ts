/** The way to an engine: an HTTP address or a service binding. Cheap to make and to share. */

import { type Duration, msToNumber } from '../common/duration.ts';
import { ValueError } from '../common/errors.ts';
import type { TLSConfig } from '../common/temporal-internals.ts';
import { SDK_NAME, SDK_VERSION } from '../common/worker-protocol.ts';
import { engineUrl } from './address.ts';
import { BackupService } from './backup-service.ts';
import { type CallLimits, call, type HttpCall, type Transport } from './call.ts';
import {
  type CallContext,
  contextStorage,
  headersOf,
  type Metadata,
  merged,
  mustTakeParameter,
} from './call-context.ts';
import { isGrpcDeadlineError, isGrpcServiceError, toClientError } from './errors.ts';
import { localEngines } from './local-engines.ts';
import { HealthService, OperatorService } from './operator-service.ts';
import { inJson, type JsonForms, jsonServiceOf, type RawForms, type RawWriter } from './raw-forms.ts';
import { SecurityService } from './security-service.ts';
import { WebhookService } from './webhook-service.ts';
import { WorkflowService } from './workflow-service.ts';

/** Anything with a `fetch`: a service binding to the engine's Worker, or a fake in a test. */
export interface Fetcher {
  fetch(input: string, init?: RequestInit): Promise<Response>;
}

export interface ConnectionOptions {
  /**
   * A URL, a bare `host:port`, or a service binding. Default: `PERDURE_ADDRESS` in the environment, else
   * `http://127.0.0.1:8787`. Where the environment has it, addresses on Temporal's port 7233 mean it, too.
   */
  address?: string | Fetcher;
  /** `true` or `{}`: HTTPS. Certificates are Node's own matter (`NODE_EXTRA_CA_CERTS`). */
  tls?: TlsOption;
  /**
   * Sent as a bearer token. A function is asked before every call. Default, to an address: what the environment has as
   * PERDURE_API_KEY or TEMPORAL_API_KEY.
   */
  apiKey?: string | (() => string);
  /** Headers sent with every call. */
  metadata?: Metadata;
  /** The same. */
  headers?: Record<string, string>;
  /** How long {@link Connection.connect} tries. Default 10 s. */
  connectTimeout?: Duration;
  plugins?: ConnectionPlugin[];
  /** Without effect: they are those of gRPC channels. */
  channelArgs?: object;
  /** Those of gRPC. There is none here: a list with anything in it is refused. */
  interceptors?: readonly object[];
  callCredentials?: readonly object[];
}

export type TlsOption = TLSConfig | boolean | null;

/** Changes the options of a connection before they are used; given to the clients on it too. */
export interface ConnectionPlugin {
  get name(): string;
  configureConnection?(options: ConnectionOptions): ConnectionOptions;
}

/** What a client needs of a connection. */
export interface ConnectionLike<F extends RawForms = JsonForms> {
  readonly workflowService: F['service'];
  readonly operatorService: F['operator'];
  readonly healthService: HealthService;
  readonly plugins: ConnectionPlugin[];
  ensureConnected(): Promise<void>;
  close(): Promise<void>;
  withDeadline<R>(deadline: number | Date, fn: (connection: ConnectionLike<F>) => Promise<R>): Promise<R>;
  withMetadata<R>(metadata: Metadata, fn: (connection: ConnectionLike<F>) => Promise<R>): Promise<R>;
  withAbortSignal<R>(abortSignal: AbortSignal, fn: (connection: ConnectionLike<F>) => Promise<R>): Promise<R>;
}

export class Connection<F extends RawForms = JsonForms> implements ConnectionLike<F> {
  readonly options: ConnectionOptions;
  /** The engine's calls, one method each, in the wire's JSON. */
  readonly workflowService: F['service'];
  readonly operatorService: F['operator'];
  readonly healthService: HealthService;
  /** API keys and the audit log. */
  readonly securityService: SecurityService;
  readonly webhookService: WebhookService;
  /** Backups of the whole engine. */
  readonly backupService: BackupService;
  readonly plugins: ConnectionPlugin[];
  readonly #raws: RawWriter<F>;
  readonly #transport: Transport;
  readonly #storage = contextStorage();
  /** Of a connection that a function was given. */
  #bound: CallContext = {};
  #apiKey: string | (() => string) | undefined;

  /** Connects and asks the engine for its system info, so that a wrong address shows here and not later. */
  static async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const connection = Connection.lazy(options);
    await connection.ensureConnected();
    return connection;
  }

  /** Connects with the first call. @throws TypeError when the address is no URL. */
  static lazy(options: ConnectionOptions = {}): Connection {
    return new Connection(options);
  }

  /** @internal As {@link lazy}, with the answers of its services in another form. */
  static lazyWith<F extends RawForms>(raws: RawWriter<F>, options: ConnectionOptions = {}): Connection<F> {
    return new Connection(options, raws);
  }

  /** `raws`: how answers of the services are given to the program. */
  protected constructor(
    { plugins = [], ...given }: ConnectionOptions,
    raws: RawWriter<F> = inJson as unknown as RawWriter<F>,
  ) {
    const options = plugins.reduce(
      (current, plugin) => plugin.configureConnection?.(current) ?? current,
      given as ConnectionOptions,
    );
    this.options = options;
    this.plugins = plugins;
    const { address, tls } = options;
    for (const name of ['interceptors', 'callCredentials'] as const) {
      if (!options[name]?.length) continue;
      throw new ValueError(`${name}: those of gRPC mean nothing over HTTP; give metadata or apiKey instead`);
    }
    this.#apiKey = options.apiKey ?? (typeof address === 'object' ? undefined : environmentApiKey());
    this.#transport = {
      ...(typeof address !== 'object'
        ? overHttp(engineUrl(address, tls))
        : // The host is not looked up; an engine in development answers to this one.
          {
            baseUrl: 'http://localhost',
            name: 'its service binding',
            fetch: (url, init) => address.fetch(url, init),
          }),
      headers: () => this.#headers(),
    };
    this.#raws = raws;
    const service = new WorkflowService((request, limits) => this.#call(request, limits));
    this.workflowService = raws.service(service);
    this.operatorService = raws.operator(new OperatorService(service));
    this.healthService = new HealthService(service);
    this.backupService = new BackupService((request, limits) => this.#call(request, limits));
    this.securityService = new SecurityService((request, limits) => this.#call(request, limits));
    this.webhookService = new WebhookService((request, limits) => this.#call(request, limits));
  }

  /** @throws ServiceError when the engine does not answer within the connect timeout. */
  async ensureConnected(): Promise<void> {
    const deadline = Date.now() + msToNumber(this.options.connectTimeout ?? '10s');
    try {
      await jsonServiceOf(this).getSystemInfo({ deadline, patience: 'forever' });
    } catch (error) {
      // A deadline that passed while nothing answered: what the last attempt met says more.
      const reason = isGrpcDeadlineError(error) && isGrpcServiceError(error.cause) ? error.cause : error;
      throw toClientError(reason, 'Failed to connect to the engine');
    }
  }

  /** There is nothing to close over HTTP; here so that code written for a gRPC connection runs. */
  async close(): Promise<void> {}

  /** Calls made inside `fn` fail with DEADLINE_EXCEEDED once `deadline` has passed. */
  withDeadline<R>(deadline: number | Date, fn: (connection: Connection<F>) => Promise<R>): Promise<R> {
    return this.#with({ deadline }, fn);
  }

  /** Calls made inside `fn` carry these headers. */
  withMetadata<R>(metadata: Metadata, fn: (connection: Connection<F>) => Promise<R>): Promise<R> {
    return this.#with({ metadata }, fn);
  }

  /** Calls made inside `fn` fail with CANCELLED once the signal fires. */
  withAbortSignal<R>(abortSignal: AbortSignal, fn: (connection: Connection<F>) => Promise<R>): Promise<R> {
    return this.#with({ abortSignal }, fn);
  }

  /** Calls made inside `fn` use this key. */
  withApiKey<R>(apiKey: string, fn: (connection: Connection<F>) => Promise<R>): Promise<R> {
    return this.withMetadata({ authorization: `Bearer ${apiKey}` }, fn);
  }

  async #with<R>(more: CallContext, fn: (connection: Connection<F>) => Promise<R>): Promise<R> {
    const context = merged(this.#context, more);
    if (this.#storage) return this.#storage.run(context, () => fn(this));
    mustTakeParameter(fn);
    const bound = new Connection(this.options, this.#raws);
    bound.#apiKey = this.#apiKey;
    bound.#bound = context;
    return fn(bound);
  }

  get #context(): CallContext {
    return this.#storage?.getStore() ?? this.#bound;
  }

  setApiKey(apiKey: string | (() => string)): void {
    this.#apiKey = apiKey;
  }

  #headers(): Record<string, string> {
    const key = typeof this.#apiKey === 'function' ? this.#apiKey() : this.#apiKey;
    return {
      'temporal-client-name': SDK_NAME,
      'temporal-client-version': SDK_VERSION,
      ...(key && { authorization: `Bearer ${key}` }),
      ...this.options.headers,
      ...headersOf(this.options.metadata ?? {}),
    };
  }

  async #call<T>(request: HttpCall, limits: CallLimits): Promise<T> {
    const { deadline, abortSignal, metadata } = this.#context;
    return call<T>(this.#transport, request, {
      ...(metadata && { headers: headersOf(metadata) }),
      ...(deadline !== undefined && { deadline }),
      ...(abortSignal && { abortSignal }),
      ...limits,
    });
  }
}

/** Where there is an environment. */
export function environmentApiKey(): string | undefined {
  const { env = {} } =
    (globalThis as { process?: { env?: Record<string, string | undefined> } }).process ?? {};
  return env.PERDURE_API_KEY || env.TEMPORAL_API_KEY || undefined;
}

function overHttp(baseUrl: string): Omit<Transport, 'headers'> {
  const local = localEngines().get(baseUrl);
  return {
    baseUrl,
    name: baseUrl,
    fetch: (url, init) => (local ? local.fetch(url, init) : fetch(url, init)),
  };
}
