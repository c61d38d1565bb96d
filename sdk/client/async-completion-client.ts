/** Answering activities from outside their function: by task token, or by the ids of workflow and activity. */

import { bytesToBase64, toPayloadsJson } from '../common/payload.ts';
import { BaseClient, type BaseClientOptions } from './base-client.ts';
import {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
  isGrpcServiceError,
} from './errors.ts';
import type { ActivityAddress, ActivityAnswer } from './workflow-service.ts';

/** Names a pending activity by ids. Without `runId`: of the newest run. */
export interface FullActivityId {
  workflowId: string;
  runId?: string;
  activityId: string;
}

export type AsyncCompletionClientOptions = BaseClientOptions;

export class AsyncCompletionClient extends BaseClient {
  /** @throws ActivityNotFoundError when the activity is closed or the token is of an older attempt. */
  async complete(taskTokenOrFullActivityId: Uint8Array | FullActivityId, result: unknown): Promise<void> {
    const payloads = toPayloadsJson(this.payloadConverter, result);
    await this.#respond('complete', taskTokenOrFullActivityId, payloads && { result: payloads });
  }

  /** The error counts as this attempt's failure; the retry policy decides what follows. */
  async fail(taskTokenOrFullActivityId: Uint8Array | FullActivityId, error: unknown): Promise<void> {
    const { failureConverter, payloadConverter } = this.dataConverter;
    const failure = failureConverter.errorToFailure(error, payloadConverter);
    await this.#respond('fail', taskTokenOrFullActivityId, { failure });
  }

  /** Acknowledges a cancellation that a heartbeat told of. */
  async reportCancellation(
    taskTokenOrFullActivityId: Uint8Array | FullActivityId,
    details?: unknown,
  ): Promise<void> {
    await this.#respond('resolve-as-canceled', taskTokenOrFullActivityId, this.#details(details));
  }

  /** @throws ActivityCancelledError when the activity was asked to cancel. */
  async heartbeat(taskTokenOrFullActivityId: Uint8Array | FullActivityId, details?: unknown): Promise<void> {
    const reply = await this.#respond('heartbeat', taskTokenOrFullActivityId, this.#details(details));
    if (reply.cancelRequested) throw new ActivityCancelledError('The activity was asked to cancel');
  }

  #details(details: unknown): { details?: NonNullable<ReturnType<typeof toPayloadsJson>> } {
    const payloads = details === undefined ? undefined : toPayloadsJson(this.payloadConverter, details);
    return payloads ? { details: payloads } : {};
  }

  async #respond(
    answer: ActivityAnswer,
    activity: Uint8Array | FullActivityId,
    body: Parameters<typeof this.workflowService.respondActivityTask>[3] = {},
  ): Promise<{ cancelRequested?: boolean }> {
    const address: ActivityAddress =
      activity instanceof Uint8Array ? { taskToken: bytesToBase64(activity) } : activity;
    try {
      return await this.codedService.respondActivityTask(this.namespace, answer, address, {
        ...body,
        identity: this.identity,
      });
    } catch (error) {
      if (!isGrpcServiceError(error)) throw error;
      if (error.status === 'NOT_FOUND') throw new ActivityNotFoundError(error.message);
      throw new ActivityCompletionError(error.message, { cause: error });
    }
  }
}
