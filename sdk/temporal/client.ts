/**
 * `perdure/client` for programs that import `@temporalio/client`: the same, but for what it gives as the engine said it (histories, `raw`, the
 * answers of `workflowService` and `operatorService`), which are messages of protobuf here and JSON there.
 * @module perdure/temporal/client
 */

import * as base from '../client/index.ts';
import type * as messages from '../common/proto-types.ts';
import type { HistoryAndWorkflowId as BaseHistoryAndWorkflowId, Workflow } from '../common/types.ts';
import { type FetchedHistory, inMessages, type MessageForms, type Request } from './raw-messages.ts';

export * from '../client/index.ts';

export type ConnectionLike = base.ConnectionLike<MessageForms>;

/**
 * A class of ours whose instances give messages. Its prototype is the same: what a test puts there reaches the instances that the SDK
 * makes itself (`client.workflow`, a Worker's connection), too, and they are instances of it.
 */
function givingMessages<Class extends abstract new (...args: never[]) => object>(
  known: unknown,
  statics: object = {},
): Class {
  const base = known as new (...args: unknown[]) => object;
  function Giving(options: unknown): object {
    return Reflect.construct(base, [options, inMessages], new.target as unknown as typeof base);
  }
  Giving.prototype = base.prototype;
  Object.defineProperty(Giving, 'name', { value: base.name });
  return Object.assign(Object.setPrototypeOf(Giving, base), statics);
}

export type Connection = base.Connection<MessageForms>;
interface ConnectionClass {
  prototype: Connection;
  /** Connects and asks the engine for its system info, so that a wrong address shows here and not later. */
  connect(options?: base.ConnectionOptions): Promise<Connection>;
  /** Connects with the first call. @throws TypeError when the address is no URL. */
  lazy(options?: base.ConnectionOptions): Connection;
}
export const Connection: ConnectionClass & (abstract new (options: base.ConnectionOptions) => Connection) =
  givingMessages(base.Connection, {
    async connect(options?: base.ConnectionOptions) {
      const connection = Connection.lazy(options);
      await connection.ensureConnected();
      return connection;
    },
    lazy: (options?: base.ConnectionOptions) => base.Connection.lazyWith(inMessages, options),
  });

export type Client = base.Client<MessageForms>;
export const Client: new (options?: base.ClientOptions) => Client = givingMessages(base.Client);

export type WorkflowClient = base.WorkflowClient<MessageForms>;
export const WorkflowClient: new (options?: base.WorkflowClientOptions) => WorkflowClient = givingMessages(
  base.WorkflowClient,
);

export type ScheduleClient = base.ScheduleClient<MessageForms>;
export const ScheduleClient: new (options?: base.ScheduleClientOptions) => ScheduleClient = givingMessages(
  base.ScheduleClient,
);

export class WithStartWorkflowOperation<T extends Workflow> extends base.WithStartWorkflowOperation<
  T,
  MessageForms
> {}

export const WorkflowService = base.WorkflowService;
export type WorkflowService = MessageForms['service'];
export const OperatorService = base.OperatorService;
export type OperatorService = MessageForms['operator'];

export type WorkflowHandle<T extends Workflow = Workflow> = base.WorkflowHandle<T, MessageForms>;
export type WorkflowHandleWithFirstExecutionRunId<T extends Workflow = Workflow> =
  base.WorkflowHandleWithFirstExecutionRunId<T, MessageForms>;
export type WorkflowHandleWithStartDetails<T extends Workflow = Workflow> =
  base.WorkflowHandleWithStartDetails<T, MessageForms>;
export type WorkflowHandleWithSignaledRunId<T extends Workflow = Workflow> =
  base.WorkflowHandleWithSignaledRunId<T, MessageForms>;
export type ScheduleHandle = base.ScheduleHandle<MessageForms>;
export type ScheduleDescription = base.ScheduleDescription<MessageForms>;
export type WorkflowExecutionInfo = base.WorkflowExecutionInfo<MessageForms>;
export type WorkflowExecutionDescription = base.WorkflowExecutionDescription<MessageForms>;
export type AsyncWorkflowListIterable = base.AsyncWorkflowListIterable<MessageForms>;
export type HistoryAndWorkflowId = BaseHistoryAndWorkflowId<FetchedHistory>;
export type RawWorkflowExecutionInfo = messages.WorkflowExecutionInfo;
export type DescribeWorkflowExecutionResponse = messages.DescribeWorkflowExecutionResponse;
export type StartWorkflowExecutionRequest = Request<base.StartWorkflowExecutionRequest>;
export type GetWorkflowExecutionHistoryRequest = Request<base.GetWorkflowExecutionHistoryRequest>;
