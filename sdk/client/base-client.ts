/** What every client has: a connection, a namespace, an identity, a data converter. */

import type { DataConverter, LoadedDataConverter } from '../common/data-converter.ts';
import { loadDataConverter } from '../common/load-data-converter.ts';
import type { PayloadConverter } from '../common/payload.ts';
import { messageCodec } from '../common/payload-codec.ts';
import { Connection, type ConnectionLike, type Metadata } from './connection.ts';
import type { WorkflowService } from './workflow-service.ts';

export interface BaseClientOptions {
  /** Default: an engine on this machine, `http://127.0.0.1:8787`. */
  connection?: ConnectionLike;
  /** Default `default`. */
  namespace?: string;
  /** Who acts; recorded in history. Default: process id and host. */
  identity?: string;
  dataConverter?: DataConverter;
}

export class BaseClient {
  readonly connection: ConnectionLike;
  readonly namespace: string;
  readonly identity: string;
  readonly dataConverter: LoadedDataConverter;
  /** The engine's calls with requests and answers passed through the payload codecs. */
  readonly codedService: WorkflowService;

  constructor(options: BaseClientOptions = {}) {
    this.connection = options.connection ?? Connection.lazy();
    this.namespace = options.namespace ?? 'default';
    this.identity = options.identity ?? defaultIdentity();
    this.dataConverter = loadDataConverter(options.dataConverter);
    const { workflowService } = this.connection;
    const { payloadCodecs } = this.dataConverter;
    this.codedService =
      payloadCodecs.length > 0 ? workflowService.through(messageCodec(payloadCodecs)) : workflowService;
  }

  get payloadConverter(): PayloadConverter {
    return this.dataConverter.payloadConverter;
  }

  /** The engine's calls as they travel, encoded, for what has no method here. */
  get workflowService(): WorkflowService {
    return this.connection.workflowService;
  }

  /** Calls made inside `fn` fail with DEADLINE_EXCEEDED once `deadline` has passed. */
  withDeadline<R>(deadline: number | Date, fn: () => Promise<R>): Promise<R> {
    return this.connection.withDeadline(deadline, fn);
  }

  /** Calls made inside `fn` fail with CANCELLED once the signal fires. */
  withAbortSignal<R>(abortSignal: AbortSignal, fn: () => Promise<R>): Promise<R> {
    return this.connection.withAbortSignal(abortSignal, fn);
  }

  /** Calls made inside `fn` carry these headers. */
  withMetadata<R>(metadata: Metadata, fn: () => Promise<R>): Promise<R> {
    return this.connection.withMetadata(metadata, fn);
  }
}

function defaultIdentity(): string {
  const { process } = globalThis as { process?: { pid?: number; env?: Record<string, string | undefined> } };
  return `${process?.pid ?? 0}@${process?.env?.HOSTNAME ?? 'client'}`;
}
