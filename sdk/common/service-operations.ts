/** Requests of those who operate workflows: reset. A part of the table in `service.ts`. */

import type { ExecutionRef } from './service.ts';

/** Where to go back to. At most one field, instead of `workflowTaskFinishEventId`. */
export interface ResetOptionsJson {
  /** The first workflow task that was completed. */
  firstWorkflowTask?: Record<never, never>;
  /** The last one. */
  lastWorkflowTask?: Record<never, never>;
  /** The first workflow task that a Worker of this build completed. */
  buildId?: string;
}

export interface ResetWorkflowExecutionRequest {
  namespace: string;
  /** Without `runId`: the newest run. Closed runs may be reset too. */
  workflowExecution: ExecutionRef;
  reason?: string;
  /**
   * A WorkflowTaskCompleted, …Failed, …TimedOut or …Started event: history is kept up to the one before it, and the
   * workflow task is done again.
   */
  workflowTaskFinishEventId?: number;
  options?: ResetOptionsJson;
  requestId?: string;
  /** `RESET_REAPPLY_TYPE_…`: ALL_ELIGIBLE (default), SIGNAL or NONE. */
  resetReapplyType?: string;
  /** `RESET_REAPPLY_EXCLUDE_TYPE_…`: SIGNAL, UPDATE, CANCEL_REQUEST. */
  resetReapplyExcludeTypes?: string[];
  identity?: string;
}
export interface ResetWorkflowExecutionReply {
  /** The new run. */
  runId: string;
}

export interface OperationRequests {
  ResetWorkflowExecution: ResetWorkflowExecutionRequest;
}
export interface OperationReplies {
  ResetWorkflowExecution: ResetWorkflowExecutionReply;
}
