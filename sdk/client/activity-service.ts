/** The engine's calls about activities: a part of `WorkflowService`. */

import type { Failure } from '../common/failure.ts';
import type {
  CountWorkflowExecutionsReply,
  DescribeActivityExecutionReply,
  ListActivityExecutionsReply,
  OperationReplies,
  OperationRequests,
  PollActivityExecutionReply,
  RecordActivityTaskHeartbeatReply,
  StartActivityExecutionReply,
  StartActivityExecutionRequest,
} from '../common/service.ts';
import type { Caller } from './cluster-service.ts';
import { bytesInBase64, type GivenPayloads } from './given-payloads.ts';
import { at } from './path.ts';
import { StorageService } from './storage-service.ts';

/** The engine waits so long, and one attempt of the call a little longer. */
const LONG_POLL = 20_000;
const LONG_POLL_ATTEMPT = 40_000;

export interface ByToken {
  namespace: string;
  /** As a task has it, in base64. */
  taskToken: string;
  identity?: string;
}
export interface ById {
  namespace: string;
  /** Without: of an activity that belongs to no workflow. */
  workflowId?: string;
  /** Without: of the newest run. */
  runId?: string;
  activityId: string;
  identity?: string;
}
interface ActivityRef {
  namespace: string;
  activityId: string;
  /** Without: the newest run. */
  runId?: string;
}
type ActivityChange = ActivityRef & { identity?: string; requestId?: string; reason?: string };
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

  startActivityExecution(request: StartActivityExecutionRequest): Promise<StartActivityExecutionReply> {
    const { namespace, activityId, ...body } = request;
    return this.#call({ method: 'POST', path: at(namespace, 'activities', activityId), body }, {});
  }
  describeActivityExecution(
    request: ActivityRef & {
      includeInput?: boolean;
      includeOutcome?: boolean;
      includeHeartbeatDetails?: boolean;
      includeLastFailure?: boolean;
    },
  ): Promise<DescribeActivityExecutionReply> {
    const { namespace, activityId, ...query } = request;
    return this.#call({ method: 'GET', path: at(namespace, 'activities', activityId), query }, {});
  }
  /** Waits for the end, up to some seconds. */
  pollActivityExecution({ namespace, activityId, runId }: ActivityRef): Promise<PollActivityExecutionReply> {
    const path = at(namespace, 'activities', activityId, 'outcome');
    const patient = { patience: 'forever', attemptTimeout: LONG_POLL_ATTEMPT } as const;
    return this.#call({ method: 'GET', path, query: { runId, waitMs: LONG_POLL } }, patient);
  }
  listActivityExecutions({
    namespace,
    ...query
  }: {
    namespace: string;
    query?: string;
    pageSize?: number;
    nextPageToken?: string;
  }): Promise<ListActivityExecutionsReply> {
    return this.#call({ method: 'GET', path: at(namespace, 'activities'), query }, {});
  }
  countActivityExecutions({
    namespace,
    ...query
  }: {
    namespace: string;
    query?: string;
  }): Promise<CountWorkflowExecutionsReply> {
    return this.#call({ method: 'GET', path: at(namespace, 'activity-count'), query }, {});
  }
  async requestCancelActivityExecution(request: ActivityChange): Promise<void> {
    await this.#change('cancel', request);
  }
  async terminateActivityExecution(request: ActivityChange): Promise<void> {
    await this.#change('terminate', request);
  }
  async pauseActivityExecution(request: ActivityChange): Promise<void> {
    await this.#change('pause', request);
  }
  async unpauseActivityExecution(request: ActivityChange): Promise<void> {
    await this.#change('unpause', request);
  }
  updateActivityExecutionOptions(
    request: ActivityRef &
      Pick<OperationRequests['UpdateActivityOptions'], 'activityOptions' | 'restoreOriginal' | 'identity'>,
  ): Promise<OperationReplies['UpdateActivityOptions']> {
    return this.#change('update-options', request);
  }
  async deleteActivityExecution({ namespace, activityId, runId }: ActivityRef): Promise<void> {
    const path = at(namespace, 'activities', activityId);
    await this.#call({ method: 'DELETE', path, query: { runId } }, {});
  }

  #change<T>(verb: string, { namespace, activityId, ...body }: ActivityChange): Promise<T> {
    return this.#call({ method: 'POST', path: at(namespace, 'activities', activityId, verb), body }, {});
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
    const owner = workflowId === undefined ? [] : ['workflows', workflowId];
    const path = at(namespace, ...owner, 'activities', activityId, answer);
    return this.#call({ method: 'POST', path, body: bytesInBase64(body) }, {});
  }
}
