/** A handle to one workflow: everything that is asked of it by id. */

import { type QueryRejectCondition, toWire } from '../common/enums.ts';
import { toHeaderJson } from '../common/headers.ts';
import type { HistoryEvent } from '../common/history.ts';
import { composeInterceptors, type Next } from '../common/interceptors.ts';
import { fromFirstPayloadJson, toPayloadsJsonIn } from '../common/payload.ts';
import type { DescribeWorkflowExecutionReply, ExecutionRef } from '../common/service.ts';
import type {
  BaseWorkflowHandle,
  QueryDefinition,
  SignalDefinition,
  UpdateDefinition,
  Workflow,
  WorkflowResultType,
} from '../common/types.ts';
import { isGrpcServiceError, QueryNotRegisteredError, QueryRejectedError, toClientError } from './errors.ts';
import { descriptionFromRaw, statusFromWire, type WorkflowExecutionDescription } from './execution-info.ts';
import { readHistory } from './history.ts';
import type { WorkflowClientInterceptor, WorkflowQueryInput } from './interceptors.ts';
import type { JsonForms, RawForms } from './raw-forms.ts';
import type { WorkflowClient } from './workflow-client.ts';
import { awaitResult, type WorkflowResultOptions } from './workflow-result.ts';
import {
  type GetWorkflowUpdateHandleOptions,
  nameOf,
  startUpdate,
  updateHandle,
  type WorkflowUpdateHandle,
  type WorkflowUpdateOptions,
} from './workflow-update.ts';

/** What `cancel` answers with: nothing but that the request is durable. */
export type RequestCancelWorkflowExecutionResponse = Record<never, never>;
/** What `terminate` answers with: nothing but that the workflow is closed. */
export type TerminateWorkflowExecutionResponse = Record<never, never>;

export interface WorkflowHandle<T extends Workflow = Workflow, F extends RawForms = JsonForms>
  extends BaseWorkflowHandle<T> {
  readonly client: WorkflowClient<F>;

  /**
   * The workflow's result. Waits as long as it takes, over restarts of engine and Worker.
   * @throws WorkflowFailedError when it failed, timed out, was cancelled or terminated.
   */
  result(): Promise<WorkflowResultType<T>>;

  /** @throws QueryNotRegisteredError, QueryRejectedError */
  query<Ret, Args extends any[] = []>(def: QueryDefinition<Ret, Args> | string, ...args: Args): Promise<Ret>;

  /** Returns once the signal is durable. @throws WorkflowNotFoundError when the workflow is closed or unknown. */
  signal<Args extends any[] = [], Name extends string = string>(
    def: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void>;

  /**
   * Sends an update and waits for what its handler returns.
   * @throws WorkflowUpdateFailedError when the validator refused it or the handler failed;
   *   WorkflowUpdateRPCTimeoutOrCancelledError when the caller's deadline or abort signal ended the wait;
   *   WorkflowNotFoundError when the workflow is closed or unknown.
   */
  executeUpdate<Ret, Args extends [any, ...any[]], Name extends string = string>(
    def: UpdateDefinition<Ret, Args, Name> | string,
    options: WorkflowUpdateOptions & { args: Args },
  ): Promise<Ret>;
  executeUpdate<Ret, Args extends [], Name extends string = string>(
    def: UpdateDefinition<Ret, Args, Name> | string,
    options?: WorkflowUpdateOptions & { args?: Args },
  ): Promise<Ret>;

  /** Sends an update and returns once the workflow has accepted or refused it; `result()` of the handle says which. */
  startUpdate<Ret, Args extends [any, ...any[]], Name extends string = string>(
    def: UpdateDefinition<Ret, Args, Name> | string,
    options: WorkflowUpdateOptions & { args: Args; waitForStage: 'ACCEPTED' },
  ): Promise<WorkflowUpdateHandle<Ret>>;
  startUpdate<Ret, Args extends [], Name extends string = string>(
    def: UpdateDefinition<Ret, Args, Name> | string,
    options: WorkflowUpdateOptions & { args?: Args; waitForStage: 'ACCEPTED' },
  ): Promise<WorkflowUpdateHandle<Ret>>;

  /** A handle to an update by its id. Nothing is sent: whether it exists shows with `result()`. */
  getUpdateHandle<Ret>(updateId: string, options?: GetWorkflowUpdateHandleOptions): WorkflowUpdateHandle<Ret>;

  /** Asks the workflow to cancel; it decides how. */
  cancel(): Promise<RequestCancelWorkflowExecutionResponse>;

  /** Closes the workflow at once; its code does not run again. */
  terminate(reason?: string): Promise<TerminateWorkflowExecutionResponse>;

  describe(): Promise<WorkflowExecutionDescription<F>>;

  /** All events so far, in the JSON that Temporal's replayer reads. */
  fetchHistory(): Promise<F['history']>;
}

export interface WorkflowHandleWithFirstExecutionRunId<
  T extends Workflow = Workflow,
  F extends RawForms = JsonForms,
> extends WorkflowHandle<T, F> {
  /** The run that this handle's `result()` waits for. */
  readonly firstExecutionRunId: string;
}
/** What `start` returns. */
export interface WorkflowHandleWithStartDetails<T extends Workflow = Workflow, F extends RawForms = JsonForms>
  extends WorkflowHandleWithFirstExecutionRunId<T, F> {
  /** Always false: the engine pushes tasks, there is no poller to hand the first one to. */
  readonly eagerlyStarted: boolean;
}
/** What `signalWithStart` returns. */
export interface WorkflowHandleWithSignaledRunId<
  T extends Workflow = Workflow,
  F extends RawForms = JsonForms,
> extends WorkflowHandle<T, F> {
  readonly signaledRunId: string;
}

export interface WorkflowHandleTarget {
  workflowId: string;
  /** The run that calls address; absent: the newest. */
  runId?: string;
  /**
   * The run that `start` began. `result()` waits for it and the runs that follow from it; `cancel`, `terminate` and
   * updates act on nothing else: a later workflow with the same id is not what the caller started.
   */
  firstExecutionRunId?: string;
  /** The run that `result()` waits for, where it is another: the one that signal-with-start met. */
  runIdForResult?: string;
}

/** Not exported by the package: handles are made by the client. */
export class ClientWorkflowHandle<T extends Workflow, F extends RawForms> implements WorkflowHandle<T, F> {
  readonly workflowId: string;
  readonly client: WorkflowClient<F>;
  readonly #target: WorkflowHandleTarget & WorkflowResultOptions;
  readonly #interceptors: WorkflowClientInterceptor[];

  constructor(
    client: WorkflowClient<F>,
    target: WorkflowHandleTarget & WorkflowResultOptions,
    interceptors: WorkflowClientInterceptor[],
  ) {
    this.client = client;
    this.#interceptors = interceptors;
    this.workflowId = target.workflowId;
    this.#target = target;
    // Temporal's handles are plain objects: programs spread them, and call some of their methods by themselves.
    for (const name of METHODS) Object.assign(this, { [name]: this[name].bind(this) });
  }

  result(): Promise<WorkflowResultType<T>> {
    const { runIdForResult, runId, firstExecutionRunId } = this.#target;
    const execution = this.#execution(runIdForResult ?? runId ?? firstExecutionRunId);
    return awaitResult(this.client, execution, this.#target);
  }

  async executeUpdate<Ret>(
    def: UpdateDefinition<Ret, any[]> | string,
    options?: WorkflowUpdateOptions & { args?: any[] },
  ): Promise<Ret> {
    const handle = await this.#startUpdate<Ret>(def, options, 'COMPLETED');
    return handle.result();
  }

  async startUpdate<Ret>(
    def: UpdateDefinition<Ret, any[]> | string,
    options: WorkflowUpdateOptions & { args?: any[]; waitForStage: 'ACCEPTED' },
  ): Promise<WorkflowUpdateHandle<Ret>> {
    if (options?.waitForStage !== 'ACCEPTED') {
      throw new TypeError(
        `startUpdate needs the option waitForStage: 'ACCEPTED'; no other stage can be waited for`,
      );
    }
    return this.#startUpdate(def, options, 'ACCEPTED');
  }

  getUpdateHandle<Ret>(
    updateId: string,
    { workflowRunId = this.#target.runId }: GetWorkflowUpdateHandleOptions = {},
  ): WorkflowUpdateHandle<Ret> {
    const workflowExecution = { workflowId: this.workflowId, runId: workflowRunId ?? '' };
    return updateHandle(this.client, { updateRef: { workflowExecution, updateId } });
  }

  async query<Ret, Args extends any[] = []>(
    def: QueryDefinition<Ret, Args> | string,
    ...args: Args
  ): Promise<Ret> {
    const send = this.#through('query', (input) => this.#query(input));
    const answer = await send({
      queryType: nameOf(def),
      args,
      workflowExecution: this.#execution(),
      ...rejectCondition(this.client.options.queryRejectCondition),
      headers: {},
    });
    return answer as Ret;
  }

  async #query(input: WorkflowQueryInput): Promise<unknown> {
    const { payloadConverter } = this.client;
    const { queryType, queryRejectCondition, workflowExecution: execution } = input;
    const context = this.client.workflowSerializationContext(execution.workflowId);
    const queryArgs = toPayloadsJsonIn(context, payloadConverter, input.args);
    try {
      const reply = await this.client.codedService(context).queryWorkflow({
        namespace: this.client.namespace,
        execution,
        query: { queryType, ...(queryArgs && { queryArgs }), ...toHeaderJson(input.headers) },
        ...(queryRejectCondition && { queryRejectCondition }),
      });
      if (reply.queryRejected) throw new QueryRejectedError(statusFromWire(reply.queryRejected.status).code);
      return fromFirstPayloadJson<unknown>(payloadConverter, reply.queryResult, context);
    } catch (error) {
      if (isGrpcServiceError(error) && error.status === 'INVALID_ARGUMENT') {
        throw new QueryNotRegisteredError(error.message, error.code);
      }
      throw this.#explain(error, 'Failed to query Workflow');
    }
  }

  async signal<Args extends any[] = [], Name extends string = string>(
    def: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void> {
    const send = this.#through('signal', async ({ workflowExecution, signalName, args, headers }) => {
      const context = this.client.workflowSerializationContext(workflowExecution.workflowId);
      const input = toPayloadsJsonIn(context, this.client.payloadConverter, args);
      await this.#attempt('Failed to signal Workflow', () =>
        this.client.codedService(context).signalWorkflowExecution({
          ...this.#addressed(workflowExecution),
          signalName,
          requestId: crypto.randomUUID(),
          ...(input && { input }),
          ...toHeaderJson(headers),
        }),
      );
    });
    await send({ signalName: nameOf(def), args, workflowExecution: this.#execution(), headers: {} });
  }

  async cancel(): Promise<RequestCancelWorkflowExecutionResponse> {
    const send = this.#through('cancel', async ({ workflowExecution, firstExecutionRunId }) => {
      await this.#attempt('Failed to cancel workflow', () =>
        this.client.jsonService.requestCancelWorkflowExecution({
          ...this.#addressed(workflowExecution),
          ...(firstExecutionRunId && { firstExecutionRunId }),
          requestId: crypto.randomUUID(),
        }),
      );
      return {};
    });
    return send({ workflowExecution: this.#execution(), ...this.#ofChain() });
  }

  async terminate(reason?: string): Promise<TerminateWorkflowExecutionResponse> {
    const send = this.#through('terminate', async ({ details, ...input }) => {
      const { workflowExecution, firstExecutionRunId, reason } = input;
      const context = this.client.workflowSerializationContext(workflowExecution.workflowId);
      const encoded = toPayloadsJsonIn(context, this.client.payloadConverter, details ?? []);
      await this.#attempt('Failed to terminate Workflow', () =>
        this.client.codedService(context).terminateWorkflowExecution({
          ...this.#addressed(workflowExecution),
          ...(firstExecutionRunId && { firstExecutionRunId }),
          ...(reason && { reason }),
          ...(encoded && { details: encoded }),
        }),
      );
      return {};
    });
    return send({ workflowExecution: this.#execution(), ...this.#ofChain(), ...(reason && { reason }) });
  }

  async describe(): Promise<WorkflowExecutionDescription<F>> {
    const { namespace, raws } = this.client;
    const ask = this.#through('describe', ({ workflowExecution: execution }) =>
      this.#attempt('Failed to describe workflow', async () => {
        const json = await this.client.jsonService.describeWorkflowExecution({ namespace, execution });
        // In the form of the client: the types of interceptors know one.
        return raws.description(json) as DescribeWorkflowExecutionReply;
      }),
    );
    return descriptionFromRaw<F>(await ask({ workflowExecution: this.#execution() }), this.client, raws);
  }

  async fetchHistory(): Promise<F['history']> {
    const { namespace, jsonService, raws } = this.client;
    return this.#attempt('Failed to get Workflow execution history', async () => {
      const events: HistoryEvent[] = [];
      const pages = readHistory(jsonService, { namespace, execution: this.#execution() });
      for await (const event of pages) events.push(event);
      return raws.history({ events });
    });
  }

  #execution(runId: string | undefined = this.#target.runId): ExecutionRef {
    return { workflowId: this.workflowId, ...(runId && { runId }) };
  }

  #ofChain(): { firstExecutionRunId?: string } {
    const { firstExecutionRunId } = this.#target;
    return firstExecutionRunId ? { firstExecutionRunId } : {};
  }

  #addressed(workflowExecution: ExecutionRef): {
    namespace: string;
    identity: string;
    workflowExecution: ExecutionRef;
  } {
    const { namespace, identity } = this.client;
    return { namespace, identity, workflowExecution };
  }

  /** `next` behind the client's interceptors. */
  #through<M extends keyof WorkflowClientInterceptor>(
    method: M,
    next: Next<WorkflowClientInterceptor, M>,
  ): Next<WorkflowClientInterceptor, M> {
    return composeInterceptors(this.#interceptors, method, next);
  }

  async #startUpdate<Ret>(
    def: UpdateDefinition<Ret, any[]> | string,
    options: (WorkflowUpdateOptions & { args?: any[] }) | undefined,
    stage: 'ACCEPTED' | 'COMPLETED',
  ): Promise<WorkflowUpdateHandle<Ret>> {
    const { args = [], ...updateOptions } = options ?? {};
    const send = this.#through('startUpdate', (input) => startUpdate(this.client, input, stage));
    const { updateId, workflowRunId, outcome } = await send({
      updateName: nameOf(def),
      args,
      workflowExecution: this.#execution(),
      ...this.#ofChain(),
      headers: {},
      options: updateOptions,
    });
    const workflowExecution = { workflowId: this.workflowId, runId: workflowRunId };
    return updateHandle<Ret>(this.client, {
      updateRef: { workflowExecution, updateId },
      ...(outcome && { outcome }),
    });
  }

  async #attempt<R>(attempted: string, fn: () => Promise<R>): Promise<R> {
    try {
      return await fn();
    } catch (error) {
      throw this.#explain(error, attempted);
    }
  }

  #explain(error: unknown, attempted: string): Error {
    return toClientError(error, attempted, { execution: this.#execution() });
  }
}

const METHODS = [
  ...(['result', 'executeUpdate', 'startUpdate', 'getUpdateHandle', 'query', 'signal'] as const),
  ...(['cancel', 'terminate', 'describe', 'fetchHistory'] as const),
];

function rejectCondition(condition: QueryRejectCondition | undefined): { queryRejectCondition?: string } {
  return condition && condition !== 'NONE'
    ? { queryRejectCondition: toWire('queryRejectCondition', condition) }
    : {};
}
