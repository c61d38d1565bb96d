/**
 * `NativeConnection`: the way of a Worker to its engine. Nothing about it is native here; it is a client's connection
 * that also knows how Workers are reached: over HTTP, or in process in a test environment.
 */

import { engineUrl } from '../client/address.ts';
import { headersOf, type Metadata } from '../client/call-context.ts';
import {
  Connection,
  type ConnectionOptions,
  environmentApiKey,
  type TlsOption,
} from '../client/connection.ts';
import { localEngines } from '../client/local-engines.ts';
import { inJson, type JsonForms, type RawForms, type RawWriter } from '../client/raw-forms.ts';
import type { EngineAddress } from './engine-call.ts';
import { TransportError } from './errors.ts';
import type { GrpcOptions } from './ignored-options.ts';
import type { Handler } from './serve.ts';

export interface NativeConnectionOptions extends GrpcOptions {
  /** `host:port` or a URL. Default as that of a client's connection. */
  address?: string;
  /** True: HTTPS. Certificates are Node's own matter (`NODE_EXTRA_CA_CERTS`). */
  tls?: TlsOption;
  /** Sent with every call as a bearer token. Default: PERDURE_API_KEY or TEMPORAL_API_KEY of the environment. */
  apiKey?: string;
  /** Headers sent with every call. */
  metadata?: Metadata;
  /** They may change these options, and those of the Workers and clients that are made with the connection. */
  plugins?: NativeConnectionPlugin[];
}

/** Changes the options of a Worker's connection before they are used. */
export interface NativeConnectionPlugin {
  get name(): string;
  configureNativeConnection?(options: NativeConnectionOptions): NativeConnectionOptions;
}

/** An engine in this process, which calls Workers as functions. */
export interface InProcessEngine {
  serve(worker: Handler, namespace: string): void;
  stopServing(worker: Handler): void;
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

const IN_PROCESS_URL = 'http://localhost';

export class NativeConnection<F extends RawForms = JsonForms> extends Connection<F> {
  /** Set in test environments: Workers on this connection are called in process. */
  readonly inProcess: InProcessEngine | undefined;
  /** They have changed the options already, and change those of Workers and clients; here they are only kept. */
  override readonly plugins: NativeConnectionPlugin[];
  /** `namespace/taskQueue` that Workers on this connection serve: a workflow that starts eagerly has its first task there. */
  readonly served = new Set<string>();
  #metadata: Metadata;
  #bearer: Record<string, string> = {};
  readonly #address: string;

  /** Connects, so that a wrong address shows here. @throws TransportError when no engine takes it, ValueError on bad options. */
  static override connect(given: NativeConnectionOptions = {}): Promise<NativeConnection> {
    return NativeConnection.connectWith(inJson, given);
  }

  /** @internal As {@link connect}, with the answers of its services in another form. */
  static async connectWith<F extends RawForms>(
    raws: RawWriter<F>,
    given: NativeConnectionOptions = {},
  ): Promise<NativeConnection<F>> {
    const { plugins = [] } = given;
    const connection = new NativeConnection<F>(
      plugins.reduce((options, plugin) => plugin.configureNativeConnection?.(options) ?? options, given),
      raws,
    );
    await connection.ensureConnected().catch((error: Error) => {
      throw new TransportError(error.message, { cause: error });
    });
    return connection;
  }

  /** @deprecated by Temporal: use {@link connect} */
  static create(options?: NativeConnectionOptions): Promise<NativeConnection> {
    return NativeConnection.connect(options);
  }

  /** The connection of a test environment. */
  static toEngine<F extends RawForms>(
    raws: RawWriter<F>,
    engine: InProcessEngine,
    plugins: NativeConnectionPlugin[] = [],
  ): NativeConnection<F> {
    return new NativeConnection({ plugins }, raws, engine);
  }

  protected constructor(options: NativeConnectionOptions, raws?: RawWriter<F>, given?: InProcessEngine) {
    const { metadata, tls } = options;
    const url = given ? IN_PROCESS_URL : engineUrl(options.address, tls);
    const inProcess = given ?? inProcessAt(url);
    const address = inProcess ? IN_PROCESS_URL : url;
    const apiKey = options.apiKey ?? (inProcess ? undefined : environmentApiKey());
    const target: ConnectionOptions['address'] = inProcess
      ? { fetch: (url, init) => inProcess.fetch(url, init) }
      : address;
    super({ address: target, ...(apiKey !== undefined && { apiKey }), ...(metadata && { metadata }) }, raws);
    this.inProcess = inProcess;
    this.plugins = options.plugins ?? [];
    this.#address = address;
    this.#metadata = metadata ?? {};
    if (apiKey !== undefined) this.#bearer = bearer(apiKey);
  }

  /** Where heartbeats, late answers and registrations go. */
  get engine(): EngineAddress {
    const send = this.inProcess?.fetch ?? ((url: string, init: RequestInit) => fetch(url, init));
    return {
      url: this.#address,
      fetch: (url, init) =>
        send(url, {
          ...init,
          headers: {
            ...(init.headers as Record<string, string>),
            ...headersOf(this.#metadata),
            ...this.#bearer,
          },
        }),
    };
  }

  override setApiKey(apiKey: string): void {
    super.setApiKey(apiKey);
    this.#bearer = bearer(apiKey);
  }

  /** From now on these headers are sent with every call, instead of those before. */
  async setMetadata(metadata: Metadata): Promise<void> {
    this.#metadata = metadata;
    this.options.metadata = metadata;
  }
}

/** A test environment's engine that has this address. */
function inProcessAt(url: string): InProcessEngine | undefined {
  return (localEngines().get(url) as { engine?: InProcessEngine } | undefined)?.engine;
}

function bearer(apiKey: string): Record<string, string> {
  return { authorization: `Bearer ${apiKey}` };
}

/** The engine of a Worker without a connection. */
export function engineAt(address?: string): EngineAddress {
  return { url: engineUrl(address), apiKey: environmentApiKey() };
}
