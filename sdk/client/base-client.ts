/** What every client has: a connection, a namespace, an identity, a data converter. */

import type { DataConverter, LoadedDataConverter } from '../common/data-converter.ts';
import { loadDataConverter } from '../common/load-data-converter.ts';
import type { PayloadConverter } from '../common/payload.ts';
import { type ContextInside, messageCodec } from '../common/payload-codec.ts';
import {
  type SerializationContext,
  type WorkflowSerializationContext,
  workflowContext,
} from '../common/serialization-context.ts';
import { type Metadata, mustTakeParameter } from './call-context.ts';
import { Connection, type ConnectionLike } from './connection.ts';
import { inJson, type JsonForms, jsonServiceOf, type RawForms, type RawWriter } from './raw-forms.ts';
import type { WorkflowService } from './workflow-service.ts';

export interface BaseClientOptions {
  /** Default: an engine on this machine, `http://127.0.0.1:8787`. */
  connection?: ConnectionLike<RawForms>;
  /** Default `default`. */
  namespace?: string;
  /** Who acts; recorded in history. Default: process id and host. */
  identity?: string;
  dataConverter?: DataConverter;
}

/** A client of any kind, whatever form it gives raw things in. */
export type AnyClient = BaseClient<BaseClientOptions, RawForms>;

/** The options of a client with nothing left out. */
export type LoadedWithDefaults<Options extends BaseClientOptions> = Required<Options> & {
  loadedDataConverter: LoadedDataConverter;
};

export class BaseClient<
  Options extends BaseClientOptions = BaseClientOptions,
  F extends RawForms = JsonForms,
> {
  readonly options: LoadedWithDefaults<Options>;
  readonly connection: ConnectionLike<F>;
  readonly namespace: string;
  readonly identity: string;
  readonly dataConverter: LoadedDataConverter;
  /** The engine's calls as they travel, encoded. */
  readonly jsonService: WorkflowService;
  /** @internal How what has no type of the SDK's is given to the program. */
  readonly raws: RawWriter<F>;

  /** `defaults`: of what the client has beside the options of every client. */
  constructor(
    options: Options,
    defaults: Omit<Required<Options>, keyof BaseClientOptions>,
    raws: RawWriter<F> = inJson as unknown as RawWriter<F>,
  ) {
    this.raws = raws;
    // Whatever form its own answers have, the client's have that of the client.
    this.connection = (options.connection ?? Connection.lazyWith(raws)) as ConnectionLike<F>;
    this.namespace = options.namespace ?? 'default';
    this.identity = options.identity ?? defaultIdentity();
    this.dataConverter = loadDataConverter(options.dataConverter);
    this.options = {
      ...defaults,
      ...given(options),
      connection: this.connection,
      namespace: this.namespace,
      identity: this.identity,
      dataConverter: options.dataConverter ?? {},
      loadedDataConverter: this.dataConverter,
    } as LoadedWithDefaults<Options>;
    this.jsonService = jsonServiceOf(this.connection);
  }

  /** The engine's calls with requests and answers passed through the payload codecs, which are told for what payloads are. */
  codedService(context: SerializationContext | undefined, inside?: ContextInside): WorkflowService {
    const { payloadCodecs } = this.dataConverter;
    if (payloadCodecs.length === 0) return this.jsonService;
    return this.jsonService.through(messageCodec(payloadCodecs, context, inside));
  }

  /** For what the payloads of a workflow are. */
  workflowSerializationContext(workflowId: string): WorkflowSerializationContext {
    return workflowContext(this.namespace, workflowId);
  }

  get payloadConverter(): PayloadConverter {
    return this.dataConverter.payloadConverter;
  }

  /** The engine's calls as they travel, encoded, for what has no method here. */
  get workflowService(): F['service'] {
    return this.raws.service(this.jsonService);
  }

  /** Calls made inside `fn` fail with DEADLINE_EXCEEDED once `deadline` has passed. */
  withDeadline<R>(deadline: number | Date, fn: (client: this) => Promise<R>): Promise<R> {
    return this.connection.withDeadline(deadline, this.#over(fn));
  }

  /** Calls made inside `fn` fail with CANCELLED once the signal fires. */
  withAbortSignal<R>(abortSignal: AbortSignal, fn: (client: this) => Promise<R>): Promise<R> {
    return this.connection.withAbortSignal(abortSignal, this.#over(fn));
  }

  /** Calls made inside `fn` carry these headers. */
  withMetadata<R>(metadata: Metadata, fn: (client: this) => Promise<R>): Promise<R> {
    return this.connection.withMetadata(metadata, this.#over(fn));
  }

  /** `fn` with this client, on the connection that is to be used. */
  #over<R>(fn: (client: this) => Promise<R>): (connection: ConnectionLike<RawForms>) => Promise<R> {
    return async (connection) => {
      if (connection === this.connection) return fn(this);
      mustTakeParameter(fn);
      const Same = this.constructor as new (options: Options, raws: RawWriter<F>) => this;
      return fn(new Same({ ...this.options, connection }, this.raws));
    };
  }
}

/** Without what is undefined. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function defaultIdentity(): string {
  const { process } = globalThis as { process?: { pid?: number; env?: Record<string, string | undefined> } };
  return `${process?.pid ?? 0}@${process?.env?.HOSTNAME ?? 'client'}`;
}
