/** Requests of those who operate workflows: reset, pause, options of activities. A part of the table in `service.ts`. */

import type { DurationJson } from './duration.ts';
import type { HistoryEvent, TaskQueueJson } from './history.ts';
import type { RetryPolicyJson } from './retry-policy.ts';
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

export interface PauseWorkflowExecutionRequest {
  namespace: string;
  workflowId: string;
  /** Without: the newest run. */
  runId?: string;
  identity?: string;
  reason?: string;
  requestId?: string;
}

/** A reset's options. The run that is forked is not touched. */
export interface ForkWorkflowExecutionRequest extends ResetWorkflowExecutionRequest {
  /** No open run has it. */
  newWorkflowId: string;
}
export interface ForkWorkflowExecutionReply {
  workflowId: string;
  runId: string;
}

/** A run as it was exported. */
export interface ImportWorkflowExecutionRequest {
  namespace: string;
  /** Without `runId`: the one of the first event. */
  workflowExecution: ExecutionRef;
  history: { events: HistoryEvent[] };
}
export interface ImportWorkflowExecutionReply {
  runId: string;
}

/** Without `runId`: the newest run. One that is open is terminated first. */
export interface DeleteWorkflowExecutionRequest {
  namespace: string;
  workflowExecution: ExecutionRef;
  identity?: string;
}

/** Pending activities of one run: one of the fields `id`, `type`, `matchAll`. */
interface PendingActivities {
  namespace: string;
  execution: ExecutionRef;
  identity?: string;
  id?: string;
  type?: string;
}
export interface PauseActivityRequest extends PendingActivities {
  reason?: string;
}
export interface UnpauseActivityRequest extends PendingActivities {
  unpauseAll?: boolean;
  resetAttempts?: boolean;
  resetHeartbeat?: boolean;
}
/** Attempts count anew, and the next one is due at once: also the way to retry now. */
export interface ResetActivityRequest extends PendingActivities {
  matchAll?: boolean;
  resetHeartbeat?: boolean;
  /** A paused activity stays so. */
  keepPaused?: boolean;
  restoreOriginalOptions?: boolean;
}
export interface ActivityOptionsJson {
  taskQueue?: TaskQueueJson;
  scheduleToCloseTimeout?: DurationJson;
  scheduleToStartTimeout?: DurationJson;
  startToCloseTimeout?: DurationJson;
  heartbeatTimeout?: DurationJson;
  retryPolicy?: RetryPolicyJson;
}
/** What is given is changed, from the next attempt on; timeouts at once. */
export interface UpdateActivityOptionsRequest extends PendingActivities {
  matchAll?: boolean;
  activityOptions?: ActivityOptionsJson;
  restoreOriginal?: boolean;
}
export interface UpdateActivityOptionsReply {
  activityOptions: ActivityOptionsJson;
}

export interface OperationRequests {
  ResetWorkflowExecution: ResetWorkflowExecutionRequest;
  DeleteWorkflowExecution: DeleteWorkflowExecutionRequest;
  PauseWorkflowExecution: PauseWorkflowExecutionRequest;
  UnpauseWorkflowExecution: PauseWorkflowExecutionRequest;
  PauseActivity: PauseActivityRequest;
  UnpauseActivity: UnpauseActivityRequest;
  ResetActivity: ResetActivityRequest;
  UpdateActivityOptions: UpdateActivityOptionsRequest;
}
export interface OperationReplies {
  ResetWorkflowExecution: ResetWorkflowExecutionReply;
  DeleteWorkflowExecution: void;
  PauseWorkflowExecution: void;
  UnpauseWorkflowExecution: void;
  PauseActivity: void;
  UnpauseActivity: void;
  ResetActivity: void;
  UpdateActivityOptions: UpdateActivityOptionsReply;
}
