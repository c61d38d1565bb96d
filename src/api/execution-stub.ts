/** What the WorkflowExecution object offers over RPC, and the only place that takes its stub. Errors come as data. */

import { executionObjectName } from '../../sdk/common/ids.ts';
import type {
  DescribeWorkflowExecutionReply,
  ExecuteMultiOperationReply,
  ExecuteMultiOperationRequest,
  ForkWorkflowExecutionReply,
  ForkWorkflowExecutionRequest,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowResultReply,
  ImportWorkflowExecutionReply,
  ImportWorkflowExecutionRequest,
  PollWorkflowExecutionUpdateRequest,
  QueryWorkflowReply,
  QueryWorkflowRequest,
  Replies,
  Request,
  Result,
  ServiceRequests,
  StartAndWaitReply,
  UpdateWorkflowExecutionReply,
  UpdateWorkflowExecutionRequest,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import type { Env } from '../env.ts';

export interface WorkflowExecutionStub {
  request<K extends keyof ServiceRequests>(request: Request<K>): Promise<Result<Replies[K]>>;
  describe(request: { runId?: string }): Promise<Result<DescribeWorkflowExecutionReply>>;
  history(request: GetWorkflowExecutionHistoryRequest): Promise<Result<GetWorkflowExecutionHistoryReply>>;
  /** `followRuns` (default true): the close of the last run in the chain that `runId` is of. */
  result(request: {
    runId?: string;
    waitMs: number;
    followRuns?: boolean;
  }): Promise<Result<GetWorkflowResultReply>>;
  /** Waits up to 20 s for the stage that `waitPolicy` names, and answers with the one that is reached. */
  update(request: UpdateWorkflowExecutionRequest): Promise<Result<UpdateWorkflowExecutionReply>>;
  pollUpdate(request: PollWorkflowExecutionUpdateRequest): Promise<Result<UpdateWorkflowExecutionReply>>;
  updateWithStart(request: ExecuteMultiOperationRequest): Promise<Result<ExecuteMultiOperationReply>>;
  query(request: QueryWorkflowRequest): Promise<Result<QueryWorkflowReply>>;
  startAndWait(
    request: Request<'StartWorkflowExecution'>,
    waitMs: number,
  ): Promise<Result<StartAndWaitReply>>;
  /** The newest run's row, if visibility does not have it yet. */
  unwrittenRow(): Promise<Result<VisibilityRecord | undefined>>;
  fork(
    request: ForkWorkflowExecutionRequest & { requestId: string },
  ): Promise<Result<ForkWorkflowExecutionReply>>;
  import(request: ImportWorkflowExecutionRequest): Promise<Result<ImportWorkflowExecutionReply>>;
}

export function executionStub(env: Env, namespace: string, workflowId: string): WorkflowExecutionStub {
  const name = executionObjectName(namespace, workflowId);
  return env.WORKFLOW_EXECUTION.getByName(name) as unknown as WorkflowExecutionStub;
}
