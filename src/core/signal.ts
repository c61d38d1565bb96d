/** Signals: in the order of their arrival, once per request id. The code is told of each by its event alone. */

import { notFound } from '../../sdk/common/errors.ts';
import type { PayloadsJson } from '../../sdk/common/payload.ts';
import type { Request } from '../../sdk/common/service.ts';
import { checkName, checkPayloadMap, checkPayloads, requireChildOf, requireOpen } from './check.ts';
import type { Apply, Handle } from './noun.ts';
import { findRequestId, refusedForGood } from './request-ids.ts';
import type { Transition } from './transition.ts';
import { endDelay } from './workflow-task.ts';

export const apply: Apply<'WorkflowExecutionSignaled'> = {
  WorkflowExecutionSignaled() {},
};

export const handle: Handle<'SignalWorkflowExecution'> = {
  SignalWorkflowExecution(t, request) {
    const { signalName, input, identity, header, requestId, workflowExecution } = request;
    checkSignal({ signalName, input });
    checkPayloadMap('header', header?.fields);
    // A repeat is acknowledged even when the run has closed since: the signal is in its history.
    const record = findRequestId(t.execution, request.kind, requestId, workflowExecution.runId);
    if (record?.refused) throw notFound('workflow execution already completed');
    if (record) return;
    const { runId } = refusedForGood(t, request, () => {
      const run = requireOpen(t.execution, workflowExecution);
      requireChildOf(run, request.childOf);
      return run;
    });
    const signal = { signalName, input, identity, header, requestId };
    t.append('WorkflowExecutionSignaled', { ...signal, externalWorkflowExecution: request.external });
    endDelay(t);
    if (requestId) t.note('RequestIdRecorded', { requestId, requestKind: request.kind, runId });
  },
};

export function checkSignal(signal: { signalName: string; input?: PayloadsJson }): void {
  checkName('signalName', signal.signalName);
  checkPayloads('input', signal.input);
}

/** The signal of a signal-with-start, whose request id is recorded with the start. */
export function appendSignal(
  t: Transition,
  request: Request<'SignalWithStartWorkflowExecution'>,
  toExisting: boolean,
): void {
  const { signalName, signalInput, identity, header, requestId } = request;
  // The start and the signal have the one header between them.
  t.append('WorkflowExecutionSignaled', { signalName, input: signalInput, identity, header, requestId });
  if (toExisting) endDelay(t);
}
