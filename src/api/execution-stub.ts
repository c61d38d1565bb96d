/** What the WorkflowExecution object offers over RPC, and the only place that takes its stub. Errors come as data. */

import { executionObjectName } from '../../sdk/common/ids.ts';
import type {
  DescribeWorkflowExecutionReply,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowResultReply,
  QueryWorkflowReply,
  QueryWorkflowRequest,
  Replies,
  Request,
  Result,
  ServiceRequests,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import type { Env } from '../env.ts';

export interface WorkflowExecutionStub {
  request<K extends keyof ServiceRequests>(request: Request<K>): Promise<Result<Replies[K]>>;
  describe(request: { runId?: string }): Promise<Result<DescribeWorkflowExecutionReply>>;
  history(request: GetWorkflowExecutionHistoryRequest): Promise<Result<GetWorkflowExecutionHistoryReply>>;
  result(request: { runId?: string; waitMs: number }): Promise<Result<GetWorkflowResultReply>>;
  query(request: QueryWorkflowRequest): Promise<Result<QueryWorkflowReply>>;
  poke(): Promise<VisibilityRecord | undefined>;
}

export function executionStub(env: Env, namespace: string, workflowId: string): WorkflowExecutionStub {
  const name = executionObjectName(namespace, workflowId);
  return env.WORKFLOW_EXECUTION.getByName(name) as unknown as WorkflowExecutionStub;
}
