/** Answering activities from outside their function: by task token, or by the ids of workflow and activity. */

import { ensureTemporalFailure } from '../common/failure.ts';
import { bytesToBase64, type PayloadsJson, toPayloadsJsonIn } from '../common/payload.ts';
import { type ActivitySerializationContext, activityContext } from '../common/serialization-context.ts';
import type { ById, ByToken } from './activity-service.ts';
import { BaseClient, type BaseClientOptions, type LoadedWithDefaults } from './base-client.ts';
import {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  isGrpcServiceError,
} from './errors.ts';

/** Names a pending activity by ids. Without `runId`: of the newest run. */
export interface FullActivityId {
  /** Without: an activity that belongs to no workflow. */
  workflowId?: string;
  runId?: string;
  activityId: string;
}

export interface AsyncCompletionOperationOptions {
  /** What converters and codecs are told of an activity that is named by its task token. Ids say it by themselves. */
  serializationContext?: ActivitySerializationContext;
}

export type AsyncCompletionClientOptions = BaseClientOptions;

export type LoadedAsyncCompletionClientOptions = LoadedWithDefaults<AsyncCompletionClientOptions>;

export class AsyncCompletionClient extends BaseClient {
  constructor(options: AsyncCompletionClientOptions = {}) {
    super(options, {});
  }

  /** @throws ActivityNotFoundError when the activity is closed or the token is of an older attempt. */
  async complete(
    taskTokenOrFullActivityId: Uint8Array | FullActivityId,
    result: unknown,
    options?: AsyncCompletionOperationOptions,
  ): Promise<void> {
    const context = this.#contextOf(taskTokenOrFullActivityId, options);
    const payloads = toPayloadsJsonIn(context, this.payloadConverter, [result]);
    const body = { ...(payloads && { result: payloads }) };
    const service = this.codedService(context);
    await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => service.respondActivityTaskCompleted({ ...token, ...body }),
      byId: (id) => service.respondActivityTaskCompletedById({ ...id, ...body }),
    });
  }

  /** The error counts as this attempt's failure; the retry policy decides what follows. */
  async fail(
    taskTokenOrFullActivityId: Uint8Array | FullActivityId,
    error: unknown,
    options?: AsyncCompletionOperationOptions,
  ): Promise<void> {
    const { failureConverter, payloadConverter } = this.dataConverter;
    const context = this.#contextOf(taskTokenOrFullActivityId, options);
    const thrown = ensureTemporalFailure(error);
    const failure = failureConverter.errorToFailure(thrown, payloadConverter, context);
    const service = this.codedService(context);
    await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => service.respondActivityTaskFailed({ ...token, failure }),
      byId: (id) => service.respondActivityTaskFailedById({ ...id, failure }),
    });
  }

  /** Acknowledges a cancellation that a heartbeat told of. */
  async reportCancellation(
    taskTokenOrFullActivityId: Uint8Array | FullActivityId,
    details?: unknown,
    options?: AsyncCompletionOperationOptions,
  ): Promise<void> {
    const context = this.#contextOf(taskTokenOrFullActivityId, options);
    const body = this.#details(details, context);
    const service = this.codedService(context);
    await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => service.respondActivityTaskCanceled({ ...token, ...body }),
      byId: (id) => service.respondActivityTaskCanceledById({ ...id, ...body }),
    });
  }

  /** @throws ActivityCancelledError, ActivityResetError or ActivityPausedError when that was asked of the activity. */
  async heartbeat(
    taskTokenOrFullActivityId: Uint8Array | FullActivityId,
    details?: unknown,
    options?: AsyncCompletionOperationOptions,
  ): Promise<void> {
    const context = this.#contextOf(taskTokenOrFullActivityId, options);
    const body = this.#details(details, context);
    const service = this.codedService(context);
    const reply = await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => service.recordActivityTaskHeartbeat({ ...token, ...body }),
      byId: (id) => service.recordActivityTaskHeartbeatById({ ...id, ...body }),
    });
    if (reply.cancelRequested) throw new ActivityCancelledError('cancelled');
    if (reply.activityReset) throw new ActivityResetError('reset');
    if (reply.activityPaused) throw new ActivityPausedError('paused');
  }

  /** A token is opaque: without the option there is nothing to tell. */
  #contextOf(
    activity: Uint8Array | FullActivityId,
    options: AsyncCompletionOperationOptions | undefined,
  ): ActivitySerializationContext | undefined {
    if (activity instanceof Uint8Array) return options?.serializationContext;
    return activityContext({ namespace: this.namespace, ...activity });
  }

  #details(details: unknown, context: ActivitySerializationContext | undefined): { details?: PayloadsJson } {
    if (details === undefined) return {};
    const payloads = toPayloadsJsonIn(context, this.payloadConverter, [details]);
    return payloads ? { details: payloads } : {};
  }

  async #respond<T>(
    activity: Uint8Array | FullActivityId,
    answer: { byToken(address: ByToken): Promise<T>; byId(address: ById): Promise<T> },
  ): Promise<T> {
    const { namespace, identity } = this;
    try {
      if (!(activity instanceof Uint8Array)) return await answer.byId({ namespace, ...activity, identity });
      return await answer.byToken({ namespace, taskToken: bytesToBase64(activity), identity });
    } catch (error) {
      if (!isGrpcServiceError(error)) throw error;
      if (error.status === 'NOT_FOUND') throw new ActivityNotFoundError('Not found');
      throw new ActivityCompletionError(error.message, { cause: error });
    }
  }
}
