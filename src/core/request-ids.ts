/**
 * Request ids: a repeated request is answered from the record of the first and does nothing again. Records belong to
 * the workflow id, not to one run; they are kept for 72 hours, and at most so many of them.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { Request, RequestKind } from '../../sdk/common/service.ts';
import type { Apply } from './noun.ts';
import type { Execution, RequestIdRecord } from './state.ts';
import type { Transition } from './transition.ts';

export const REQUEST_ID_RETENTION = 72 * 3_600_000;
export const MAX_REQUEST_IDS = 10_000;

const startKinds = ['StartWorkflowExecution', 'SignalWithStartWorkflowExecution'];
const keyOf = (kind: string, requestId: string): string => `${kind}/${requestId}`;

export const apply: Apply<'RequestIdRecorded'> = {
  RequestIdRecorded(run, { requestId, requestKind, runId, found, refused }, { execution, time }) {
    const { requestIds } = execution;
    // A start notes its request id right behind the first event. So may one that found a run in its backoff.
    const started = !found && !refused && run.nextEventId === 2 && startKinds.includes(requestKind);
    if (started) run.startRequestId = requestId;
    requestIds.set(keyOf(requestKind, requestId), { runId, time, started, ...(refused && { refused }) });
    for (const [key, record] of requestIds) {
      if (requestIds.size <= MAX_REQUEST_IDS && record.time >= time - REQUEST_ID_RETENTION) break;
      requestIds.delete(key);
    }
  },
};

/** @param runId the run that the repeat names, if it names one: another run is another request */
export function findRequestId(
  execution: Execution,
  kind: RequestKind,
  requestId: string | undefined,
  runId?: string,
): RequestIdRecord | undefined {
  const record = requestId ? execution.requestIds.get(keyOf(kind, requestId)) : undefined;
  return record && (!runId || record.runId === runId) ? record : undefined;
}

/**
 * Another workflow is refused once and for all: it goes on without an answer to come, so a copy of its request that
 * comes late must not reach a later run after all. (One that names its run can reach no other.)
 */
export function refusedForGood<T>(
  t: Transition,
  request: Request<'SignalWorkflowExecution' | 'RequestCancelWorkflowExecution'>,
  check: () => T,
): T {
  try {
    return check();
  } catch (error) {
    const { kind, requestId, external, workflowExecution } = request;
    const named =
      workflowExecution.runId || ('firstExecutionRunId' in request && request.firstExecutionRunId);
    if (error instanceof ServiceError && t.execution.run && external && requestId && !named) {
      const { runId } = t.execution.run;
      t.remember('RequestIdRecorded', { requestId, requestKind: kind, runId, refused: true });
    }
    throw error;
  }
}
