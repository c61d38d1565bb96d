/** A handle to one workflow: everything that is asked of it by id. */

import { type QueryRejectCondition, toWire } from '../common/enums.ts';
import type { HistoryEvent } from '../common/history.ts';
import { fromFirstPayloadJson, toPayloadsJson } from '../common/payload.ts';
import type { ExecutionRef } from '../common/service.ts';
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
import type { WorkflowClient } from './workflow-client.ts';
import { awaitResult, type WorkflowResultOptions } from './workflow-result.ts';
import {
  type GetWorkflowUpdateHandleOptions,
  startUpdate,
  updateHandle,
  type WorkflowUpdateHandle,
  type WorkflowUpdateOptions,
} from './workflow-update.ts';

/** What `cancel` answers with: nothing but that the request is durable. */
export type RequestCancelWorkflowExecutionResponse = Record<never, never>;
/** What `terminate` answers with: nothing but that the workflow is closed. */
export type TerminateWorkflowExecutionResponse = Record<never, never>;

export interface WorkflowHandle<T extends Workflow = Workflow> extends BaseWorkflowHandle<T> {
  readonly client: WorkflowClient;

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

  describe(): Promise<WorkflowExecutionDescription>;

  /** All events so far, in the JSON that Temporal's replayer reads. */
  fetchHistory(): Promise<{ events: HistoryEvent[] }>;
}

export interface WorkflowHandleWithFirstExecutionRunId<T extends Workflow = Workflow>
  extends WorkflowHandle<T> {
  /** The run that this handle's `result()` waits for. */
  readonly firstExecutionRunId: string;
}
/** What `start` returns. */
export interface WorkflowHandleWithStartDetails<T extends Workflow = Workflow>
  extends WorkflowHandleWithFirstExecutionRunId<T> {
  /** Always false: the engine pushes tasks, there is no poller to hand the first one to. */
  readonly eagerlyStarted: boolean;
}
/** What `signalWithStart` returns. */
export interface WorkflowHandleWithSignaledRunId<T extends Workflow = Workflow> extends WorkflowHandle<T> {
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
export class ClientWorkflowHandle<T extends Workflow> implements WorkflowHandle<T> {
  readonly workflowId: string;
  readonly client: WorkflowClient;
  readonly #target: WorkflowHandleTarget & WorkflowResultOptions;

  constructor(client: WorkflowClient, target: WorkflowHandleTarget & WorkflowResultOptions) {
    this.client = client;
    this.workflowId = target.workflowId;
    this.#target = target;
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
    const { payloadConverter, queryRejectCondition } = this.client;
    const queryArgs = toPayloadsJson(payloadConverter, ...args);
    try {
      const reply = await this.client.codedService.queryWorkflow({
        namespace: this.client.namespace,
        execution: this.#execution(),
        query: { queryType: nameOf(def), ...(queryArgs && { queryArgs }) },
        ...rejectCondition(queryRejectCondition),
      });
      if (reply.queryRejected) throw new QueryRejectedError(statusFromWire(reply.queryRejected.status).code);
      return fromFirstPayloadJson<Ret>(payloadConverter, reply.queryResult);
    } catch (error) {
      if (isGrpcServiceError(error) && error.status === 'INVALID_ARGUMENT') {
        throw new QueryNotRegisteredError(error.message, error.code);
      }
      throw this.#explain(error, 'query the workflow');
    }
  }

  async signal<Args extends any[] = [], Name extends string = string>(
    def: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void> {
    const input = toPayloadsJson(this.client.payloadConverter, ...args);
    await this.#attempt('signal the workflow', () =>
      this.client.codedService.signalWorkflowExecution({
        ...this.#addressed(),
        signalName: nameOf(def),
        requestId: crypto.randomUUID(),
        ...(input && { input }),
      }),
    );
  }

  async cancel(): Promise<RequestCancelWorkflowExecutionResponse> {
    await this.#attempt('cancel the workflow', () =>
      this.client.workflowService.requestCancelWorkflowExecution({
        ...this.#addressed(),
        ...this.#ofChain(),
        requestId: crypto.randomUUID(),
      }),
    );
    return {};
  }

  async terminate(reason?: string): Promise<TerminateWorkflowExecutionResponse> {
    await this.#attempt('terminate the workflow', () =>
      this.client.workflowService.terminateWorkflowExecution({
        ...this.#addressed(),
        ...this.#ofChain(),
        ...(reason && { reason }),
      }),
    );
    return {};
  }

  async describe(): Promise<WorkflowExecutionDescription> {
    const { namespace, dataConverter } = this.client;
    const raw = await this.#attempt('describe the workflow', () =>
      this.client.workflowService.describeWorkflowExecution({ namespace, execution: this.#execution() }),
    );
    return descriptionFromRaw(raw, dataConverter);
  }

  async fetchHistory(): Promise<{ events: HistoryEvent[] }> {
    const { namespace, workflowService } = this.client;
    return this.#attempt('fetch the history', async () => {
      const events: HistoryEvent[] = [];
      const pages = readHistory(workflowService, { namespace, execution: this.#execution() });
      for await (const event of pages) events.push(event);
      return { events };
    });
  }

  #execution(runId: string | undefined = this.#target.runId): ExecutionRef {
    return { workflowId: this.workflowId, ...(runId && { runId }) };
  }

  #ofChain(): { firstExecutionRunId?: string } {
    const { firstExecutionRunId } = this.#target;
    return firstExecutionRunId ? { firstExecutionRunId } : {};
  }

  #addressed(): { namespace: string; identity: string; workflowExecution: ExecutionRef } {
    const { namespace, identity } = this.client;
    return { namespace, identity, workflowExecution: this.#execution() };
  }

  #startUpdate<Ret>(
    def: UpdateDefinition<Ret, any[]> | string,
    options: (WorkflowUpdateOptions & { args?: any[] }) | undefined,
    stage: 'ACCEPTED' | 'COMPLETED',
  ): Promise<WorkflowUpdateHandle<Ret>> {
    const target = { execution: this.#execution(), firstExecutionRunId: this.#target.firstExecutionRunId };
    return startUpdate<Ret>(this.client, target, { def, args: options?.args, options }, stage);
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

function nameOf(def: { name: string } | string): string {
  return typeof def === 'string' ? def : def.name;
}

function rejectCondition(condition: QueryRejectCondition | undefined): { queryRejectCondition?: string } {
  return condition ? { queryRejectCondition: toWire('queryRejectCondition', condition) } : {};
}
