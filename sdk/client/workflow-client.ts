/** Starting workflows, and finding those that exist. */

import type { QueryRejectCondition } from '../common/enums.ts';
import { toHeaderJson } from '../common/headers.ts';
import { composeInterceptors } from '../common/interceptors.ts';
import { toPayloadsJsonIn } from '../common/payload.ts';
import { decodeSearchAttributes, type SearchAttributeValue } from '../common/search-attributes.ts';
import type { StartWorkflowExecutionReply, StartWorkflowExecutionRequest } from '../common/service.ts';
import type { UpdateDefinition, WithWorkflowArgs, Workflow, WorkflowResultType } from '../common/types.ts';
import { extractWorkflowType } from '../common/workflow-type.ts';
import { BaseClient, type BaseClientOptions, type LoadedWithDefaults } from './base-client.ts';
import { RpcError, ServiceError, toClientError } from './errors.ts';
import type { CountWorkflowExecution } from './execution-info.ts';
import {
  type ClientInterceptors,
  interceptorsFor,
  type StartedOptions,
  type WorkflowClientInterceptor,
  type WorkflowSignalWithStartInput,
  type WorkflowStartInput,
  type WorkflowStartUpdateWithStartInput,
  type WorkflowStartUpdateWithStartOutput,
  withStartDetails,
} from './interceptors.ts';
import type { JsonForms, RawForms, RawWriter } from './raw-forms.ts';
import { takeOperation, type WithStartWorkflowOperation } from './with-start-workflow-operation.ts';
import {
  ClientWorkflowHandle,
  type WorkflowHandle,
  type WorkflowHandleWithSignaledRunId,
  type WorkflowHandleWithStartDetails,
} from './workflow-handle.ts';
import { type AsyncWorkflowListIterable, type ListOptions, listWorkflows } from './workflow-list.ts';
import {
  toStartRequest,
  type WorkflowOptions,
  type WorkflowSignalWithStartOptions,
  type WorkflowStartOptions,
} from './workflow-options.ts';
import { awaitResult, type WorkflowResultOptions } from './workflow-result.ts';
import type { WorkflowService } from './workflow-service.ts';
import {
  nameOf,
  toUpdateError,
  toUpdateRequest,
  untilAccepted,
  updateHandle,
  type WorkflowUpdateHandle,
  type WorkflowUpdateOptions,
  waitPolicy,
} from './workflow-update.ts';

export interface WorkflowClientOptions extends BaseClientOptions {
  /** When queries of closed workflows are refused. Default: never. */
  queryRejectCondition?: QueryRejectCondition;
  interceptors?: ClientInterceptors['workflow'];
}

export type LoadedWorkflowClientOptions = LoadedWithDefaults<WorkflowClientOptions>;

export interface GetWorkflowHandleOptions extends WorkflowResultOptions {
  /** The first run of a chain. `cancel`, `terminate` and updates then act on runs of this chain only. */
  firstExecutionRunId?: string;
}

/** Arguments and id of the update, and the start it comes with. */
export type UpdateWithStartOptions<T extends Workflow, Args extends any[]> = WorkflowUpdateOptions & {
  args?: Args;
  startWorkflowOperation: WithStartWorkflowOperation<T, RawForms>;
};

export class WorkflowClient<F extends RawForms = JsonForms> extends BaseClient<WorkflowClientOptions, F> {
  constructor(options: WorkflowClientOptions = {}, raws?: RawWriter<F>) {
    super(options, { queryRejectCondition: 'NONE', interceptors: [] }, raws);
  }

  /**
   * Starts a workflow; returns once the start is durable, whether or not a Worker is there.
   * @throws WorkflowExecutionAlreadyStartedError when the id is taken, as the policies say.
   */
  async start<T extends Workflow>(
    workflowTypeOrFunc: string | T,
    options: WorkflowStartOptions<T>,
  ): Promise<WorkflowHandleWithStartDetails<T, F>> {
    const { workflowId } = options;
    const interceptors = this.#interceptorsOf(workflowId);
    let started = true;
    const start = composeInterceptors(withStartDetails(interceptors), 'startWithDetails', async (input) => {
      const request = this.#startRequest(input);
      const reply = await this.#started(request, (service) => service.startWorkflowExecution(request));
      started = reply.started;
      return { runId: reply.runId, eagerlyStarted: started && this.#isServedHere(input.options) };
    });
    const workflowType = extractWorkflowType(workflowTypeOrFunc);
    const { runId, eagerlyStarted } = await start({ workflowType, headers: {}, options: withArgs(options) });
    const handle = this.#startedHandle<T>(workflowId, { runId, started }, options, interceptors);
    return Object.assign(handle, { firstExecutionRunId: runId, eagerlyStarted });
  }

  /** Whether a Worker on the same connection has the first task of a start that asks for it. */
  #isServedHere({
    requestEagerStart,
    taskQueue,
  }: {
    requestEagerStart?: boolean;
    taskQueue: string;
  }): boolean {
    const { served } = this.connection as { served?: ReadonlySet<string> };
    return requestEagerStart === true && served?.has(`${this.namespace}/${taskQueue}`) === true;
  }

  /** Starts a workflow and waits for its result. */
  async execute<T extends Workflow>(
    workflowTypeOrFunc: string | T,
    options: WorkflowStartOptions<T>,
  ): Promise<WorkflowResultType<T>> {
    const handle = await this.start(workflowTypeOrFunc, options);
    return handle.result();
  }

  /** Signals a workflow, starting it first when it does not run: one decision, taken in one place. */
  async signalWithStart<T extends Workflow, SignalArgs extends any[] = []>(
    workflowTypeOrFunc: string | T,
    options: WithWorkflowArgs<T, WorkflowSignalWithStartOptions<SignalArgs>>,
  ): Promise<WorkflowHandleWithSignaledRunId<T, F>> {
    const { signal, signalArgs = [], ...rest } = options;
    const { workflowId } = options;
    const interceptors = this.#interceptorsOf(workflowId);
    const send = composeInterceptors(interceptors, 'signalWithStart', (input) =>
      this.#signalWithStart(input),
    );
    const runId = await send({
      workflowType: extractWorkflowType(workflowTypeOrFunc),
      signalName: nameOf(signal),
      signalArgs: [...signalArgs],
      headers: {},
      options: withArgs(rest),
    });
    const target = { workflowId, runIdForResult: runId, ...followed(options) };
    const handle = new ClientWorkflowHandle<T, F>(this, target, interceptors);
    return Object.assign(handle, { signaledRunId: runId });
  }

  async #signalWithStart(input: WorkflowSignalWithStartInput): Promise<string> {
    const context = this.workflowSerializationContext(input.options.workflowId);
    const signalInput = toPayloadsJsonIn(context, this.payloadConverter, input.signalArgs);
    const request = {
      ...this.#startRequest(input),
      signalName: input.signalName,
      ...(signalInput && { signalInput }),
    };
    const { runId } = await this.#started(request, (service) =>
      service.signalWithStartWorkflowExecution(request),
    );
    return runId;
  }

  /**
   * Sends an update to a workflow, starting it first when it does not run, and waits for what the handler returns.
   * One decision, taken in one place: there is no start without the update being taken in.
   */
  async executeUpdateWithStart<T extends Workflow, Ret, Args extends any[]>(
    updateDef: UpdateDefinition<Ret, Args> | string,
    updateOptions: UpdateWithStartOptions<T, Args>,
  ): Promise<Ret> {
    const handle = await this.#updateWithStart(updateDef, updateOptions, 'COMPLETED');
    return handle.result();
  }

  /** As {@link executeUpdateWithStart}, but returns once the update is accepted or refused. */
  async startUpdateWithStart<T extends Workflow, Ret, Args extends any[]>(
    updateDef: UpdateDefinition<Ret, Args> | string,
    updateOptions: UpdateWithStartOptions<T, Args> & { waitForStage: 'ACCEPTED' },
  ): Promise<WorkflowUpdateHandle<Ret>> {
    return this.#updateWithStart(updateDef, updateOptions, 'ACCEPTED');
  }

  /** A handle to a workflow by id. Nothing is sent: whether it exists shows with the first call. */
  getHandle<T extends Workflow>(
    workflowId: string,
    runId?: string,
    options: GetWorkflowHandleOptions = {},
  ): WorkflowHandle<T, F> {
    const { firstExecutionRunId } = options;
    const target = {
      workflowId,
      ...(runId && { runId }),
      ...(firstExecutionRunId && { firstExecutionRunId }),
      ...followed(options),
    };
    return new ClientWorkflowHandle<T, F>(this, target, this.#interceptorsOf(workflowId, runId));
  }

  /** The result of a workflow, as `getHandle(workflowId, runId, options).result()`. */
  result<T extends Workflow>(
    workflowId: string,
    runId?: string,
    options?: WorkflowResultOptions,
  ): Promise<WorkflowResultType<T>> {
    return awaitResult(this, { workflowId, ...(runId && { runId }) }, options);
  }

  /** Workflows that match the filter, page by page as they are read: open ones first, newest start first, then the last closed. */
  list(options: ListOptions = {}): AsyncWorkflowListIterable<F> {
    return listWorkflows(this, options);
  }

  /** How many workflows match the filter. */
  async count(query?: string): Promise<CountWorkflowExecution> {
    try {
      const reply = await this.jsonService.countWorkflowExecutions({
        namespace: this.namespace,
        ...(query && { query }),
      });
      const groups = (reply.groups ?? []).map(({ groupValues, count }) => ({
        count: Number(count),
        groupValues: groupValues.map(
          (value) => decodeSearchAttributes({ value }).value ?? [],
        ) as SearchAttributeValue[],
      }));
      return { count: Number(reply.count), groups };
    } catch (error) {
      throw toClientError(error, 'Failed to count workflows');
    }
  }

  #interceptorsOf(workflowId: string, runId?: string): WorkflowClientInterceptor[] {
    return interceptorsFor(this.options.interceptors, { workflowId, ...(runId && { runId }) });
  }

  /** The request id is made here, once: whatever happens to the call, there is one start. */
  #startRequest({
    workflowType,
    headers,
    options,
  }: Pick<WorkflowStartInput, 'workflowType' | 'headers' | 'options'>): StartWorkflowExecutionRequest {
    const { namespace, identity, payloadConverter } = this;
    const context = { namespace, identity, payloadConverter, requestId: crypto.randomUUID() };
    return { ...toStartRequest(workflowType, options, context), ...toHeaderJson(headers) };
  }

  /** A run that was there already need not be the first of its chain. */
  #startedHandle<T extends Workflow>(
    workflowId: string,
    { runId, started }: Pick<StartWorkflowExecutionReply, 'runId' | 'started'>,
    options: WorkflowResultOptions,
    interceptors: WorkflowClientInterceptor[],
  ): ClientWorkflowHandle<T, F> {
    const target = {
      workflowId,
      ...(started ? { firstExecutionRunId: runId } : { runIdForResult: runId }),
      ...followed(options),
    };
    return new ClientWorkflowHandle<T, F>(this, target, interceptors);
  }

  async #updateWithStart<T extends Workflow, Ret, Args extends any[]>(
    def: UpdateDefinition<Ret, Args> | string,
    options: UpdateWithStartOptions<T, Args>,
    stage: 'ACCEPTED' | 'COMPLETED',
  ): Promise<WorkflowUpdateHandle<Ret>> {
    const { startWorkflowOperation, args = [], ...updateOptions } = options;
    const { workflowTypeOrFunc, options: startOptions } = startWorkflowOperation;
    if (!startOptions.workflowIdConflictPolicy) {
      const error = new TypeError('Option workflowIdConflictPolicy is required for update-with-start');
      takeOperation(startWorkflowOperation).reject(error);
      throw error;
    }
    const { workflowId } = startOptions;
    const interceptors = this.#interceptorsOf(workflowId);
    const send = composeInterceptors(interceptors, 'startUpdateWithStart', (input) => {
      const { reject, resolve } = takeOperation<T, F>(startWorkflowOperation);
      const onStart = (reply: StartWorkflowExecutionReply): void =>
        resolve(this.#startedHandle<T>(workflowId, reply, startOptions, interceptors));
      return this.#sendUpdateWithStart(input, stage, onStart, reject);
    });
    const output = await send({
      workflowType: extractWorkflowType(workflowTypeOrFunc),
      workflowStartOptions: withArgs(startOptions),
      workflowStartHeaders: {},
      updateName: nameOf(def),
      updateArgs: [...args],
      updateOptions,
      updateHeaders: {},
    });
    const { updateId, updateOutcome: outcome } = output;
    const workflowExecution = { workflowId, runId: output.workflowExecution.runId ?? '' };
    return updateHandle(this, { updateRef: { workflowExecution, updateId }, ...(outcome && { outcome }) });
  }

  async #sendUpdateWithStart(
    input: WorkflowStartUpdateWithStartInput,
    stage: 'ACCEPTED' | 'COMPLETED',
    onStart: (reply: StartWorkflowExecutionReply) => void,
    onError: (error: unknown) => void,
  ): Promise<WorkflowStartUpdateWithStartOutput> {
    const { namespace } = this;
    const { workflowType, workflowStartOptions: options, workflowStartHeaders: headers } = input;
    const execution = { workflowId: options.workflowId };
    const update = {
      updateName: input.updateName,
      args: input.updateArgs,
      headers: input.updateHeaders,
      options: input.updateOptions,
    };
    try {
      const request = {
        namespace,
        startWorkflow: this.#startRequest({ workflowType, options, headers }),
        updateWorkflow: {
          namespace,
          workflowExecution: execution,
          waitPolicy: waitPolicy(stage),
          request: toUpdateRequest(this, update, execution.workflowId),
        },
      };
      const service = this.codedService(this.workflowSerializationContext(execution.workflowId));
      const reply = await untilAccepted(
        async () => {
          const reply = await service.executeMultiOperation(request);
          onStart(reply.startWorkflow);
          return reply;
        },
        ({ updateWorkflow }) => updateWorkflow,
      );
      const { updateRef, outcome } = reply.updateWorkflow;
      const { workflowExecution, updateId } = updateRef;
      return { workflowExecution, updateId, ...(outcome && { updateOutcome: outcome }) };
    } catch (thrown) {
      const made = toUpdateError(thrown, 'Update-With-Start failed', { execution, workflowType });
      // As Temporal's client has it: what has no class of its own is thrown as the service said it.
      const error = made instanceof ServiceError && made.cause instanceof RpcError ? made.cause : made;
      onError(error);
      throw error;
    }
  }

  async #started<R>(
    request: StartWorkflowExecutionRequest,
    fn: (service: WorkflowService) => Promise<R>,
  ): Promise<R> {
    try {
      return await fn(this.codedService(this.workflowSerializationContext(request.workflowId)));
    } catch (error) {
      const { workflowId, workflowType } = request;
      throw toClientError(error, 'Failed to start Workflow', {
        execution: { workflowId },
        workflowType: workflowType.name,
      });
    }
  }
}

/** What may stand for a start when interceptors change it. */
function withArgs(options: WorkflowOptions & { args?: readonly unknown[] }): StartedOptions {
  return { ...options, args: [...(options.args ?? [])] };
}

function followed({ followRuns }: WorkflowResultOptions): WorkflowResultOptions {
  return followRuns === undefined ? {} : { followRuns };
}
