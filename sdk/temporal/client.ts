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

/** A class of ours stands for that of `perdure/client`: what the SDK makes itself (`getClient()`, a Worker's connection) is of it, too. */
function standsFor(known: unknown, self: object, asked: object, value: unknown): boolean {
  const type = asked === self ? known : asked;
  return Function.prototype[Symbol.hasInstance].call(type as () => void, value);
}

export type ConnectionLike = base.ConnectionLike<MessageForms>;

const BaseConnection = base.Connection as unknown as new (
  options: base.ConnectionOptions,
  raws: typeof inMessages,
) => base.Connection<MessageForms>;

export class Connection extends BaseConnection {
  /** Connects and asks the engine for its system info, so that a wrong address shows here and not later. */
  static async connect(options?: base.ConnectionOptions): Promise<Connection> {
    const connection = Connection.lazy(options);
    await connection.ensureConnected();
    return connection;
  }

  /** Connects with the first call. @throws TypeError when the address is no URL. */
  static lazy(options: base.ConnectionOptions = {}): Connection {
    return new Connection(options);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass is asked, too
    return standsFor(base.Connection, Connection, this, value);
  }

  protected constructor(options: base.ConnectionOptions) {
    super(options, inMessages);
  }
}

export class Client extends base.Client<MessageForms> {
  constructor(options?: base.ClientOptions) {
    super(options, inMessages);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass is asked, too
    return standsFor(base.Client, Client, this, value);
  }
}

export class WorkflowClient extends base.WorkflowClient<MessageForms> {
  constructor(options?: base.WorkflowClientOptions) {
    super(options, inMessages);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass is asked, too
    return standsFor(base.WorkflowClient, WorkflowClient, this, value);
  }
}

export class ScheduleClient extends base.ScheduleClient<MessageForms> {
  constructor(options?: base.ScheduleClientOptions) {
    super(options, inMessages);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass is asked, too
    return standsFor(base.ScheduleClient, ScheduleClient, this, value);
  }
}

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
