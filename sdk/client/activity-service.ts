/** The engine's calls about activities: a part of `WorkflowService`. */

import type { Failure } from '../common/failure.ts';
import type {
  OperationReplies,
  OperationRequests,
  RecordActivityTaskHeartbeatReply,
} from '../common/service.ts';
import type { Caller } from './cluster-service.ts';
import { bytesInBase64, type GivenPayloads } from './given-payloads.ts';
import { at } from './path.ts';
import { StorageService } from './storage-service.ts';

export interface ByToken {
  namespace: string;
  /** As a task has it, in base64. */
  taskToken: string;
  identity?: string;
}
export interface ById {
  namespace: string;
  workflowId: string;
  /** Without: of the newest run. */
  runId?: string;
  activityId: string;
  identity?: string;
}
type Result = { result?: GivenPayloads };
type Failed = { failure: Failure; lastHeartbeatDetails?: GivenPayloads };
type Details = { details?: GivenPayloads };
type Answer = 'complete' | 'fail' | 'heartbeat' | 'resolve-as-canceled';

export class ActivityService extends StorageService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    super(caller);
    this.#call = caller;
  }

  async pauseActivity(request: OperationRequests['PauseActivity']): Promise<void> {
    await this.#operate('pause', request);
  }
  async unpauseActivity(request: OperationRequests['UnpauseActivity']): Promise<void> {
    await this.#operate('unpause', request);
  }
  async resetActivity(request: OperationRequests['ResetActivity']): Promise<void> {
    await this.#operate('reset', request);
  }
  updateActivityOptions(
    request: OperationRequests['UpdateActivityOptions'],
  ): Promise<OperationReplies['UpdateActivityOptions']> {
    return this.#operate('update-options', request);
  }

  async respondActivityTaskCompleted(request: ByToken & Result): Promise<void> {
    await this.#byToken('complete', request);
  }
  async respondActivityTaskCompletedById(request: ById & Result): Promise<void> {
    await this.#byId('complete', request);
  }
  /** Counts as the failure of this attempt. */
  async respondActivityTaskFailed(request: ByToken & Failed): Promise<void> {
    await this.#byToken('fail', request);
  }
  async respondActivityTaskFailedById(request: ById & Failed): Promise<void> {
    await this.#byId('fail', request);
  }
  async respondActivityTaskCanceled(request: ByToken & Details): Promise<void> {
    await this.#byToken('resolve-as-canceled', request);
  }
  async respondActivityTaskCanceledById(request: ById & Details): Promise<void> {
    await this.#byId('resolve-as-canceled', request);
  }
  recordActivityTaskHeartbeat(request: ByToken & Details): Promise<RecordActivityTaskHeartbeatReply> {
    return this.#byToken('heartbeat', request);
  }
  recordActivityTaskHeartbeatById(request: ById & Details): Promise<RecordActivityTaskHeartbeatReply> {
    return this.#byId('heartbeat', request);
  }

  #operate<T>(verb: string, body: { namespace: string }): Promise<T> {
    const path = at(body.namespace, 'activities-deprecated', verb);
    return this.#call({ method: 'POST', path, body }, {});
  }

  #byToken<T>(answer: Answer, body: ByToken): Promise<T> {
    return this.#call(
      { method: 'POST', path: at(body.namespace, `activity-${answer}`), body: bytesInBase64(body) },
      {},
    );
  }

  #byId<T>(answer: Answer, { namespace, workflowId, activityId, ...body }: ById): Promise<T> {
    const path = at(namespace, 'workflows', workflowId, 'activities', activityId, answer);
    return this.#call({ method: 'POST', path, body: bytesInBase64(body) }, {});
  }
}
