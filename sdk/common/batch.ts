/** Batch operations: one operation on many runs. Names and JSON are Temporal's. */

import type { TimestampJson } from './duration.ts';
import type { HeaderJson, WorkflowExecution } from './history.ts';
import type { PayloadsJson } from './payload.ts';
import type { ExecutionRef, UpdateWorkflowExecutionOptionsRequest } from './service.ts';
import type { ResetWorkflowExecutionRequest } from './service-operations.ts';

/** What is done to each run: exactly one of these fields is there. */
export interface BatchOperation {
  terminationOperation?: { details?: PayloadsJson; identity?: string };
  cancellationOperation?: { identity?: string };
  /** Open runs are terminated first. */
  deletionOperation?: { identity?: string };
  signalOperation?: { signal: string; input?: PayloadsJson; header?: HeaderJson; identity?: string };
  /** Each run goes back to the same kind of place. */
  resetOperation?: Pick<
    ResetWorkflowExecutionRequest,
    'options' | 'resetReapplyType' | 'resetReapplyExcludeTypes' | 'identity'
  >;
  updateWorkflowOptionsOperation?: Pick<UpdateWorkflowExecutionOptionsRequest, 'workflowExecutionOptions'> & {
    updateMask?: string;
    identity?: string;
  };
}

/** The operations, and what Temporal calls their types. */
export const batchOperationTypes = {
  terminationOperation: 'BATCH_OPERATION_TYPE_TERMINATE',
  cancellationOperation: 'BATCH_OPERATION_TYPE_CANCEL',
  deletionOperation: 'BATCH_OPERATION_TYPE_DELETE',
  signalOperation: 'BATCH_OPERATION_TYPE_SIGNAL',
  resetOperation: 'BATCH_OPERATION_TYPE_RESET',
  updateWorkflowOptionsOperation: 'BATCH_OPERATION_TYPE_UPDATE_EXECUTION_OPTIONS',
} as const satisfies Record<keyof BatchOperation, string>;

export interface StartBatchOperationRequest extends BatchOperation {
  namespace: string;
  jobId: string;
  /** The runs: those that match when the job begins, or these. */
  visibilityQuery?: string;
  executions?: ExecutionRef[];
  reason: string;
  /** Default 50. */
  maxOperationsPerSecond?: number;
}

export interface BatchOperationInfo {
  jobId: string;
  /** `BATCH_OPERATION_STATE_RUNNING`, `…_COMPLETED` or `…_FAILED` (stopped, or it could not begin). */
  state: string;
  startTime: TimestampJson;
  closeTime?: TimestampJson;
  /** `BATCH_OPERATION_TYPE_…`. In lists this and the counts are ours. */
  operationType: string;
  /** All three are exact. While the runs are still being looked up, the total grows. */
  totalOperationCount: string;
  completeOperationCount: string;
  failureOperationCount: string;
}
export interface DescribeBatchOperationReply extends BatchOperationInfo {
  identity?: string;
  reason: string;
  /** Ours: why a job failed or was stopped. */
  closeReason?: string;
  /** Ours: the first runs on which the operation failed, and why. */
  failures: Array<{ execution: Partial<WorkflowExecution>; message: string }>;
}
export interface ListBatchOperationsReply {
  operationInfo: BatchOperationInfo[];
  nextPageToken?: string;
}
