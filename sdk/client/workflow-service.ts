/** The engine's calls, one method each: paths of the HTTP API on one side, the types of `sdk/common/service.ts` on the other. */

import type {
  DescribeBatchOperationReply,
  ListBatchOperationsReply,
  StartBatchOperationRequest,
} from '../common/batch.ts';
import type {
  DeleteWorkerDeploymentVersionRequest,
  DescribeWorkerDeploymentReply,
  DescribeWorkerDeploymentVersionReply,
  ListWorkerDeploymentsReply,
  SetWorkerDeploymentCurrentVersionReply,
  SetWorkerDeploymentCurrentVersionRequest,
  SetWorkerDeploymentRampingVersionReply,
  SetWorkerDeploymentRampingVersionRequest,
} from '../common/deployments.ts';
import type { MessageCodec } from '../common/payload-codec.ts';
import type {
  DescribeWorkflowExecutionReply,
  ExecuteMultiOperationReply,
  ExecuteMultiOperationRequest,
  ExecutionRef,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowResultReply,
  OperationRequests,
  PollWorkflowExecutionUpdateRequest,
  QueryWorkflowReply,
  QueryWorkflowRequest,
  RequestCancelWorkflowExecutionRequest,
  ResetWorkflowExecutionReply,
  ResetWorkflowExecutionRequest,
  SignalWithStartWorkflowExecutionRequest,
  SignalWorkflowExecutionRequest,
  StartWorkflowExecutionReply,
  StartWorkflowExecutionRequest,
  TerminateWorkflowExecutionRequest,
  UpdateWorkflowExecutionOptionsReply,
  UpdateWorkflowExecutionOptionsRequest,
  UpdateWorkflowExecutionReply,
  UpdateWorkflowExecutionRequest,
} from '../common/service.ts';
import type { WorkerDeploymentVersion } from '../common/versioning.ts';
import type { WorkerDescription } from '../common/worker-protocol.ts';
import type { ListedWorker } from '../common/workers.ts';
import type { CallLimits, HttpCall } from './call.ts';
import type { Caller } from './cluster-service.ts';
import { bytesInBase64, type Given } from './given-payloads.ts';
import type { FetchedHistory } from './history.ts';
import { ListService } from './list-service.ts';
import { at, versionPath } from './path.ts';

/** How long the engine holds a long poll, and how long an attempt of ours lasts around it. */
const LONG_POLL = 20_000;
const LONG_POLL_ATTEMPT = LONG_POLL + 15_000;

/** Events that may be asked for the attributes of any kind. */
type HistoryPage = Omit<GetWorkflowExecutionHistoryReply, 'history'> & { history: FetchedHistory };

/** A Worker as the engine knows it. */
export interface RegisteredWorker {
  url: string;
  description: WorkerDescription;
  registeredTime?: string;
  lastSeenTime?: string;
}

export class WorkflowService extends ListService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    super(caller);
    this.#call = caller;
  }

  /** The same calls, with the payloads of requests encoded and those of answers decoded. */
  through(codec: MessageCodec): WorkflowService {
    return new WorkflowService(async <T>({ body, ...request }: HttpCall, limits: CallLimits) => {
      const coded = { ...request, ...(body && { body: await codec.encode(body) }) };
      return codec.decode(await this.#call<T>(coded, limits));
    });
  }

  startWorkflowExecution(
    request: Given<StartWorkflowExecutionRequest>,
  ): Promise<StartWorkflowExecutionReply> {
    return this.#post(at(request.namespace, 'workflows', request.workflowId), request);
  }

  signalWithStartWorkflowExecution(
    request: Given<SignalWithStartWorkflowExecutionRequest>,
  ): Promise<StartWorkflowExecutionReply> {
    const { namespace, workflowId, signalName } = request;
    return this.#post(at(namespace, 'workflows', workflowId, 'signal-with-start', signalName), request);
  }

  async signalWorkflowExecution(request: Given<SignalWorkflowExecutionRequest>): Promise<void> {
    const { namespace, workflowExecution, signalName } = request;
    await this.#post(at(namespace, 'workflows', workflowExecution.workflowId, 'signal', signalName), request);
  }

  async requestCancelWorkflowExecution(request: RequestCancelWorkflowExecutionRequest): Promise<void> {
    await this.#post(
      at(request.namespace, 'workflows', request.workflowExecution.workflowId, 'cancel'),
      request,
    );
  }

  async terminateWorkflowExecution(request: Given<TerminateWorkflowExecutionRequest>): Promise<void> {
    await this.#post(
      at(request.namespace, 'workflows', request.workflowExecution.workflowId, 'terminate'),
      request,
    );
  }

  /** Answers with the new run. Without `requestId` it is given one, so that a retry does not reset twice. */
  resetWorkflowExecution(request: ResetWorkflowExecutionRequest): Promise<ResetWorkflowExecutionReply> {
    const path = at(request.namespace, 'workflows', request.workflowExecution.workflowId, 'reset');
    return this.#post(path, { ...request, requestId: request.requestId ?? crypto.randomUUID() });
  }

  async pauseWorkflowExecution(request: OperationRequests['PauseWorkflowExecution']): Promise<void> {
    await this.#post(at(request.namespace, 'workflows', request.workflowId, 'pause'), request);
  }
  async unpauseWorkflowExecution(request: OperationRequests['PauseWorkflowExecution']): Promise<void> {
    await this.#post(at(request.namespace, 'workflows', request.workflowId, 'unpause'), request);
  }

  /** Waits up to 20 s for the stage that is asked for, and answers with the one that is reached. */
  updateWorkflowExecution(
    request: Given<UpdateWorkflowExecutionRequest>,
  ): Promise<UpdateWorkflowExecutionReply> {
    const { namespace, workflowExecution, request: update } = request;
    const path = at(namespace, 'workflows', workflowExecution.workflowId, 'update', update.input.name);
    return this.#post(path, request, { attemptTimeout: LONG_POLL_ATTEMPT });
  }

  /** Update-with-start. Waits as {@link updateWorkflowExecution} does. */
  executeMultiOperation({
    namespace,
    startWorkflow: { namespace: _, ...startWorkflow },
    updateWorkflow: { waitPolicy, request },
  }: Given<ExecuteMultiOperationRequest>): Promise<ExecuteMultiOperationReply> {
    const { workflowId } = startWorkflow;
    const path = at(namespace, 'workflows', workflowId, 'update-with-start', request.input.name);
    const updateWorkflow = { ...(waitPolicy && { waitPolicy }), request };
    return this.#post(path, { startWorkflow, updateWorkflow }, { attemptTimeout: LONG_POLL_ATTEMPT });
  }

  /** Asks after an update; waits up to 20 s for the stage, over restarts of the engine. */
  pollWorkflowExecutionUpdate(
    request: PollWorkflowExecutionUpdateRequest,
  ): Promise<UpdateWorkflowExecutionReply> {
    const { namespace, updateRef, waitPolicy } = request;
    const { workflowExecution: execution, updateId } = updateRef;
    return this.#get(
      at(namespace, 'workflows', execution.workflowId, 'update-result', updateId),
      {
        'updateRef.workflowExecution.runId': execution.runId,
        'waitPolicy.lifecycleStage': waitPolicy?.lifecycleStage,
      },
      { patience: 'forever', attemptTimeout: LONG_POLL_ATTEMPT },
    );
  }

  queryWorkflow(request: Given<QueryWorkflowRequest>): Promise<QueryWorkflowReply> {
    const { namespace, execution, query } = request;
    return this.#post(at(namespace, 'workflows', execution.workflowId, 'query', query.queryType), request);
  }

  describeWorkflowExecution(request: {
    namespace: string;
    execution: ExecutionRef;
  }): Promise<DescribeWorkflowExecutionReply> {
    const { namespace, execution } = request;
    return this.#get(at(namespace, 'workflows', execution.workflowId), {
      'execution.runId': execution.runId,
    });
  }

  /** With `waitNewEvent` the call waits for an event after the token, over restarts of the engine, until aborted. */
  getWorkflowExecutionHistory(
    request: GetWorkflowExecutionHistoryRequest,
    limits: CallLimits = {},
  ): Promise<HistoryPage> {
    const { namespace, execution, maximumPageSize, nextPageToken, waitNewEvent, historyEventFilterType } =
      request;
    return this.#get(
      at(namespace, 'workflows', execution.workflowId, 'history'),
      {
        'execution.runId': execution.runId,
        maximumPageSize,
        nextPageToken,
        waitNewEvent,
        historyEventFilterType,
      },
      waitNewEvent ? { patience: 'forever', attemptTimeout: LONG_POLL_ATTEMPT, ...limits } : limits,
    );
  }

  /** The newest event first. */
  getWorkflowExecutionHistoryReverse(request: {
    namespace: string;
    execution: ExecutionRef;
    maximumPageSize?: number;
    nextPageToken?: string;
  }): Promise<HistoryPage> {
    const { namespace, execution, maximumPageSize, nextPageToken } = request;
    const query = { 'execution.runId': execution.runId, maximumPageSize, nextPageToken };
    return this.#get(at(namespace, 'workflows', execution.workflowId, 'history-reverse'), query);
  }

  /**
   * Waits up to 20 s for the run to close, over restarts of the engine; `pending` when it has not.
   * `followRuns` (default true): for the last run of its chain.
   */
  getWorkflowResult(request: {
    namespace: string;
    execution: ExecutionRef;
    followRuns?: boolean;
  }): Promise<GetWorkflowResultReply> {
    const { namespace, execution, followRuns } = request;
    return this.#get(
      at(namespace, 'workflows', execution.workflowId, 'result'),
      { 'execution.runId': execution.runId, waitMs: LONG_POLL, followRuns },
      { patience: 'forever', attemptTimeout: LONG_POLL_ATTEMPT },
    );
  }

  async startBatchOperation({ namespace, jobId, ...request }: StartBatchOperationRequest): Promise<void> {
    await this.#post(at(namespace, 'batch-operations', jobId), request);
  }

  async stopBatchOperation(request: { namespace: string; jobId: string; reason?: string }): Promise<void> {
    const { namespace, jobId, ...rest } = request;
    await this.#post(at(namespace, 'batch-operations', jobId, 'stop'), rest);
  }

  describeBatchOperation(request: {
    namespace: string;
    jobId: string;
  }): Promise<DescribeBatchOperationReply> {
    return this.#get(at(request.namespace, 'batch-operations', request.jobId), {});
  }

  listBatchOperations(request: {
    namespace: string;
    pageSize?: number;
    nextPageToken?: string;
  }): Promise<ListBatchOperationsReply> {
    const { namespace, pageSize, nextPageToken } = request;
    return this.#get(at(namespace, 'batch-operations'), { pageSize, nextPageToken });
  }

  /** Makes a Worker known to the engine. @throws RpcError FAILED_PRECONDITION when the URL does not answer as a Worker. */
  registerWorker(request: { namespace: string; url: string }): Promise<RegisteredWorker> {
    return this.#post(at(request.namespace, 'workers'), { url: request.url });
  }

  async unregisterWorker(request: { namespace: string; url: string }): Promise<void> {
    const { namespace, url } = request;
    await this.#call({ method: 'DELETE', path: at(namespace, 'workers'), body: { url } }, {});
  }

  /** Those that are registered, and those that are bound to the engine. */
  listWorkers(request: { namespace: string }): Promise<{ workers: ListedWorker[] }> {
    return this.#get(at(request.namespace, 'workers'), {});
  }

  countWorkers(request: { namespace: string }): Promise<{ count: string }> {
    return this.#get(at(request.namespace, 'worker-count'), {});
  }

  /** `updateMask`: what is changed, by default the one option that there is. */
  updateWorkflowExecutionOptions(
    request: UpdateWorkflowExecutionOptionsRequest & { updateMask?: string },
  ): Promise<UpdateWorkflowExecutionOptionsReply> {
    const path = at(request.namespace, 'workflows', request.workflowExecution.workflowId, 'update-options');
    return this.#post(path, { updateMask: 'versioningOverride', ...request });
  }

  listWorkerDeployments(request: { namespace: string }): Promise<ListWorkerDeploymentsReply> {
    return this.#get(at(request.namespace, 'worker-deployments'), {});
  }

  describeWorkerDeployment(request: {
    namespace: string;
    deploymentName: string;
  }): Promise<DescribeWorkerDeploymentReply> {
    return this.#get(at(request.namespace, 'worker-deployments', request.deploymentName), {});
  }

  /** Also counts the open runs that need the version. */
  describeWorkerDeploymentVersion(request: {
    namespace: string;
    deploymentVersion: WorkerDeploymentVersion;
  }): Promise<DescribeWorkerDeploymentVersionReply> {
    return this.#get(versionPath(request), {});
  }

  /** Sends what is new to a version; without `buildId`, to Workers without one. */
  setWorkerDeploymentCurrentVersion(
    request: SetWorkerDeploymentCurrentVersionRequest,
  ): Promise<SetWorkerDeploymentCurrentVersionReply> {
    const { namespace, deploymentName } = request;
    return this.#post(at(namespace, 'worker-deployments', deploymentName, 'set-current-version'), request);
  }

  /** Sends a percentage of what is new to a version. */
  setWorkerDeploymentRampingVersion(
    request: SetWorkerDeploymentRampingVersionRequest,
  ): Promise<SetWorkerDeploymentRampingVersionReply> {
    const { namespace, deploymentName } = request;
    return this.#post(at(namespace, 'worker-deployments', deploymentName, 'set-ramping-version'), request);
  }

  async deleteWorkerDeploymentVersion(request: DeleteWorkerDeploymentVersionRequest): Promise<void> {
    const { namespace: _1, deploymentVersion: _2, ...body } = request;
    await this.#call({ method: 'DELETE', path: versionPath(request), body }, {});
  }

  async deleteWorkerDeployment(request: { namespace: string; deploymentName: string }): Promise<void> {
    const path = at(request.namespace, 'worker-deployments', request.deploymentName);
    await this.#call({ method: 'DELETE', path, body: {} }, {});
  }

  #post<T>(path: string, body: object, limits: CallLimits = {}): Promise<T> {
    return this.#call<T>({ method: 'POST', path, body: bytesInBase64(body) }, limits);
  }

  #get<T>(path: string, query: NonNullable<HttpCall['query']>, limits: CallLimits = {}): Promise<T> {
    return this.#call<T>({ method: 'GET', path, query }, limits);
  }
}
