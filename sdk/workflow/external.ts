/** Handles of workflows that this one knows only by their ids. */

import type { CommandAttributes } from '../common/command.ts';
import { toHeaderJson } from '../common/headers.ts';
import type { SignalDefinition } from '../common/types.ts';
import { CancellationScope } from './cancellation-scope.ts';
import type { SignalWorkflowInput } from './interceptors.ts';
import { patched } from './patching.ts';
import { assertInContext, type WorkflowContext } from './runtime/context.ts';
import { sendCancel, sendSignal } from './runtime/external.ts';
import { outbound } from './runtime/intercept.ts';
import { captureStack, type WaitingStack } from './runtime/stack-trace.ts';

export interface ExternalWorkflowHandle {
  readonly workflowId: string;
  readonly runId?: string;
  /** Resolves when the signal is in the workflow's history; rejects when there is no such open workflow. */
  signal<Args extends any[] = [], Name extends string = string>(
    definition: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void>;
  /** Asks the workflow to cancel. Resolves when the request is in its history. */
  cancel(): Promise<void>;
}

/** Runs that began when cancelling was not bound to a scope keep that meaning; Temporal's name for that patch. */
const CANCEL_IN_SCOPE_PATCH = '__temporal_internal_connect_external_handle_cancel_to_scope';

/** @param runId default: the newest run when the signal or request arrives */
export function getExternalWorkflowHandle(workflowId: string, runId?: string): ExternalWorkflowHandle {
  const context = assertInContext('getExternalWorkflowHandle');
  const { namespace } = context.info;
  const execution = { workflowId, ...(runId && { runId }) };
  return {
    workflowId,
    runId,
    signal: (definition, ...args) =>
      signalWorkflow(context, { type: 'external', workflowExecution: execution }, definition, args),
    cancel: () => requestCancel(context, { namespace, ...execution, reason: cancelReason(context) }),
  };
}

/** Temporal's text: what the other workflow's history says of the request. Workflow code has no way to give a reason. */
const cancelReason = ({ info }: WorkflowContext): string =>
  `Cancel requested by workflow with run id ${info.runId} with reason: `;

/** Sends a signal to another workflow, in the current scope. */
export function signalWorkflow(
  context: WorkflowContext,
  target: SignalWorkflowInput['target'],
  definition: SignalDefinition<any[]> | string,
  args: unknown[],
): Promise<void> {
  context.assertWritable('signal a workflow');
  const seq = context.nextSeq.signal++;
  const signalName = typeof definition === 'string' ? definition : definition.name;
  const waiting = captureStack(context, signalWorkflow);
  const send = outbound(context, 'signalWorkflow', (input) => sendOnce(context, input, waiting));
  return send({ seq, signalName, args, target, headers: {} });
}

function sendOnce(
  context: WorkflowContext,
  { seq, signalName, args, target, headers }: SignalWorkflowInput,
  waiting: WaitingStack,
): Promise<void> {
  const { namespace } = context.info;
  const addressed =
    target.type === 'child'
      ? { namespace, execution: { workflowId: target.childWorkflowId }, childWorkflowOnly: true }
      : { namespace, execution: target.workflowExecution };
  return new Promise((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) {
      scope.cancelRequested.catch(reject);
      return;
    }
    const input = context.toPayloads(args, context.ofWorkflow(addressed.execution.workflowId));
    const attributes = { ...addressed, signalName, ...(input && { input }), ...toHeaderJson(headers) };
    sendSignal(context, scope, seq, attributes, { resolve, reject, waiting });
  });
}

function requestCancel(
  context: WorkflowContext,
  target: CommandAttributes['RequestCancelExternalWorkflowExecution'],
): Promise<void> {
  context.assertWritable('cancel a workflow');
  const waiting = captureStack(context, requestCancel);
  return new Promise((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.cancellable) {
      // Also after the outcome: the patch is asked for all the same, and recorded.
      scope.cancelRequested.catch((error) => {
        if (patched(CANCEL_IN_SCOPE_PATCH)) reject(error);
      });
    }
    if (scope.consideredCancelled && patched(CANCEL_IN_SCOPE_PATCH)) return;
    const seq = context.nextSeq.cancel++;
    sendCancel(context, seq, target, { resolve, reject, waiting });
  });
}
