/** The client: one connection, one namespace, everything behind it. */

import type { QueryRejectCondition } from '../common/enums.ts';
import { AsyncCompletionClient } from './async-completion-client.ts';
import { BaseClient, type BaseClientOptions } from './base-client.ts';
import type { ClientInterceptors } from './interceptors.ts';
import { WorkflowClient } from './workflow-client.ts';

export interface ClientOptions extends BaseClientOptions {
  interceptors?: ClientInterceptors;
  workflow?: {
    /** When queries of closed workflows are refused. Default: never. */
    queryRejectCondition?: QueryRejectCondition;
  };
}

/**
 * @example
 * const client = new Client({ connection: await Connection.connect({ address: 'http://127.0.0.1:8787' }) });
 * await client.workflow.execute(greet, { taskQueue: 'hello', workflowId: 'greet-1', args: ['World'] });
 */
export class Client extends BaseClient {
  /** Start workflows and get handles to them. */
  readonly workflow: WorkflowClient;
  /** Complete activities from outside. */
  readonly activity: AsyncCompletionClient;

  constructor(options: ClientOptions = {}) {
    super(options);
    const { workflow, interceptors, ...base } = options;
    const shared = { ...base, connection: this.connection };
    this.workflow = new WorkflowClient({ ...shared, ...workflow, interceptors: interceptors?.workflow });
    this.activity = new AsyncCompletionClient(shared);
  }
}
