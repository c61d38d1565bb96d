/** Answering activities from outside their function: by task token, or by the ids of workflow and activity. */

import { ensureTemporalFailure } from '../common/failure.ts';
import { bytesToBase64, toPayloadsJson } from '../common/payload.ts';
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
  workflowId: string;
  runId?: string;
  activityId: string;
}

export type AsyncCompletionClientOptions = BaseClientOptions;

export type LoadedAsyncCompletionClientOptions = LoadedWithDefaults<AsyncCompletionClientOptions>;

export class AsyncCompletionClient extends BaseClient {
  constructor(options: AsyncCompletionClientOptions = {}) {
    super(options, {});
  }

  /** @throws ActivityNotFoundError when the activity is closed or the token is of an older attempt. */
  async complete(taskTokenOrFullActivityId: Uint8Array | FullActivityId, result: unknown): Promise<void> {
    const payloads = toPayloadsJson(this.payloadConverter, result);
    const body = { ...(payloads && { result: payloads }) };
    await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => this.codedService.respondActivityTaskCompleted({ ...token, ...body }),
      byId: (id) => this.codedService.respondActivityTaskCompletedById({ ...id, ...body }),
    });
  }

  /** The error counts as this attempt's failure; the retry policy decides what follows. */
  async fail(taskTokenOrFullActivityId: Uint8Array | FullActivityId, error: unknown): Promise<void> {
    const { failureConverter, payloadConverter } = this.dataConverter;
    const failure = failureConverter.errorToFailure(ensureTemporalFailure(error), payloadConverter);
    await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => this.codedService.respondActivityTaskFailed({ ...token, failure }),
      byId: (id) => this.codedService.respondActivityTaskFailedById({ ...id, failure }),
    });
  }

  /** Acknowledges a cancellation that a heartbeat told of. */
  async reportCancellation(
    taskTokenOrFullActivityId: Uint8Array | FullActivityId,
    details?: unknown,
  ): Promise<void> {
    const body = this.#details(details);
    await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => this.codedService.respondActivityTaskCanceled({ ...token, ...body }),
      byId: (id) => this.codedService.respondActivityTaskCanceledById({ ...id, ...body }),
    });
  }

  /** @throws ActivityCancelledError, ActivityResetError or ActivityPausedError when that was asked of the activity. */
  async heartbeat(taskTokenOrFullActivityId: Uint8Array | FullActivityId, details?: unknown): Promise<void> {
    const body = this.#details(details);
    const reply = await this.#respond(taskTokenOrFullActivityId, {
      byToken: (token) => this.codedService.recordActivityTaskHeartbeat({ ...token, ...body }),
      byId: (id) => this.codedService.recordActivityTaskHeartbeatById({ ...id, ...body }),
    });
    if (reply.cancelRequested) throw new ActivityCancelledError('cancelled');
    if (reply.activityReset) throw new ActivityResetError('reset');
    if (reply.activityPaused) throw new ActivityPausedError('paused');
  }

  #details(details: unknown): { details?: NonNullable<ReturnType<typeof toPayloadsJson>> } {
    const payloads = details === undefined ? undefined : toPayloadsJson(this.payloadConverter, details);
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
