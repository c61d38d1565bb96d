/** One operation on one run: the request that the run's object gets. */

import type { StartBatchOperationRequest } from '../../sdk/common/batch.ts';
import type { Request, ServiceRequests } from '../../sdk/common/service.ts';
import { operationOf } from './jobs.ts';
import type { Target } from './store.ts';

export function requestFor(
  batch: StartBatchOperationRequest,
  { workflowId, runId }: Target,
  requestId: string,
): Request<keyof ServiceRequests> {
  const { namespace, reason } = batch;
  const common = { namespace, workflowExecution: { workflowId, ...(runId && { runId }) } };
  switch (operationOf(batch)) {
    case 'terminationOperation':
      return {
        kind: 'TerminateWorkflowExecution',
        ...common,
        reason,
        requestId,
        ...batch.terminationOperation,
      };
    case 'cancellationOperation':
      return {
        kind: 'RequestCancelWorkflowExecution',
        ...common,
        reason,
        requestId,
        ...batch.cancellationOperation,
      };
    case 'deletionOperation':
      return { kind: 'DeleteWorkflowExecution', ...common, ...batch.deletionOperation };
    case 'signalOperation': {
      const { signal, ...rest } = batch.signalOperation!;
      return { kind: 'SignalWorkflowExecution', ...common, requestId, signalName: signal, ...rest };
    }
    case 'resetOperation':
      return { kind: 'ResetWorkflowExecution', ...common, reason, requestId, ...batch.resetOperation };
    case 'updateWorkflowOptionsOperation': {
      const { updateMask: _, ...rest } = batch.updateWorkflowOptionsOperation!;
      return { kind: 'UpdateWorkflowExecutionOptions', ...common, ...rest };
    }
  }
}
