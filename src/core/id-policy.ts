/** May a start have this workflow id? Reuse policy (the newest run is closed) and conflict policy (it is open). */

import {
  fromWire,
  type WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '../../sdk/common/enums.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';

/** What to do with a start, given the status of the newest run. */
export type IdDecision = 'start' | 'reject' | 'useExisting' | 'terminateThenStart';

export interface IdPolicies {
  reuse: WorkflowIdReusePolicy;
  conflict: WorkflowIdConflictPolicy;
}

const FAILED: readonly WorkflowExecutionStatus[] = ['FAILED', 'CANCELED', 'TERMINATED', 'TIMED_OUT'];

const whenOpen: Record<WorkflowIdConflictPolicy, IdDecision> = {
  FAIL: 'reject',
  USE_EXISTING: 'useExisting',
  TERMINATE_EXISTING: 'terminateThenStart',
};

const whenClosed: Record<WorkflowIdReusePolicy, (status: WorkflowExecutionStatus) => IdDecision> = {
  ALLOW_DUPLICATE: () => 'start',
  ALLOW_DUPLICATE_FAILED_ONLY: (status) => (FAILED.includes(status) ? 'start' : 'reject'),
  REJECT_DUPLICATE: () => 'reject',
  TERMINATE_IF_RUNNING: () => 'start',
};

/** @param status of the newest run; `undefined` when the id was never used */
export function decideId(status: WorkflowExecutionStatus | undefined, policies: IdPolicies): IdDecision {
  if (status === undefined) return 'start';
  return status === 'RUNNING' ? whenOpen[policies.conflict] : whenClosed[policies.reuse](status);
}

export function reusePolicy({
  workflowIdReusePolicy: value,
}: {
  workflowIdReusePolicy?: string;
}): WorkflowIdReusePolicy {
  const reuse = fromWire<WorkflowIdReusePolicy>('workflowIdReusePolicy', value) ?? 'ALLOW_DUPLICATE';
  if (!Object.hasOwn(WorkflowIdReusePolicy, reuse)) {
    throw invalidArgument(`workflowIdReusePolicy: unknown policy ${value}`);
  }
  return reuse;
}

/**
 * Reads the policies of a request (wire names; absent means the default).
 * @throws ServiceError INVALID_ARGUMENT for an unknown name, or policies that contradict each other
 */
export function idPolicies(
  request: { workflowIdReusePolicy?: string; workflowIdConflictPolicy?: string },
  kind: 'StartWorkflowExecution' | 'SignalWithStartWorkflowExecution',
): IdPolicies {
  const reuse = reusePolicy(request);
  const conflict = fromWire<WorkflowIdConflictPolicy>(
    'workflowIdConflictPolicy',
    request.workflowIdConflictPolicy,
  );
  if (conflict !== undefined && !Object.hasOwn(WorkflowIdConflictPolicy, conflict)) {
    throw invalidArgument(`workflowIdConflictPolicy: unknown policy ${request.workflowIdConflictPolicy}`);
  }
  if (reuse === 'TERMINATE_IF_RUNNING') {
    if (conflict !== undefined) {
      throw invalidArgument(
        'workflowIdConflictPolicy: cannot be combined with the reuse policy TERMINATE_IF_RUNNING',
      );
    }
    return { reuse, conflict: 'TERMINATE_EXISTING' };
  }
  if (reuse === 'REJECT_DUPLICATE' && conflict === 'TERMINATE_EXISTING') {
    throw invalidArgument(
      'workflowIdConflictPolicy: TERMINATE_EXISTING contradicts the reuse policy REJECT_DUPLICATE',
    );
  }
  if (kind === 'SignalWithStartWorkflowExecution') {
    if (conflict === 'FAIL')
      throw invalidArgument('workflowIdConflictPolicy: FAIL has no meaning for signal-with-start');
    return { reuse, conflict: conflict ?? 'USE_EXISTING' };
  }
  return { reuse, conflict: conflict ?? 'FAIL' };
}
