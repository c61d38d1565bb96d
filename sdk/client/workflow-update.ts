/** Updates: sending them, handles to them, waiting for what comes of them. */

import { toWire, type WorkflowUpdateStage } from '../common/enums.ts';
import { toHeaderJson } from '../common/headers.ts';
import type { UpdateOutcomeJson, UpdateRequestJson } from '../common/history.ts';
import { fromFirstPayloadJson, toPayloadsJsonIn } from '../common/payload.ts';
import type { ExecutionRef, UpdateWorkflowExecutionReply } from '../common/service.ts';
import type { AnyClient } from './base-client.ts';
import {
  type CallSubject,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  toClientError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from './errors.ts';
import type { WorkflowStartUpdateInput, WorkflowStartUpdateOutput } from './interceptors.ts';

export interface WorkflowUpdateOptions {
  /** Names the update within its run: a second update with the same id is answered with the first. Default: a random id. */
  readonly updateId?: string;
}

/** A handle to one update. */
export interface WorkflowUpdateHandle<Ret> {
  updateId: string;
  workflowId: string;
  workflowRunId?: string;
  /**
   * What the handler returned. Waits as long as it takes, over restarts of engine and Worker.
   * @throws WorkflowUpdateFailedError when the validator refused the update or the handler failed;
   *   WorkflowUpdateRPCTimeoutOrCancelledError when the caller's deadline or abort signal ends the wait.
   */
  result(): Promise<Ret>;
}

export interface GetWorkflowUpdateHandleOptions {
  /** The run that got the update. Default: the newest. */
  workflowRunId?: string;
}

export function nameOf(def: { name: string } | string): string {
  return typeof def === 'string' ? def : def.name;
}

/** An update as it is called. */
type UpdateCall = Pick<WorkflowStartUpdateInput, 'updateName' | 'args' | 'headers' | 'options'>;

/** The update id is made here, once: however often the call travels, there is one update. */
export function toUpdateRequest(
  client: AnyClient,
  { updateName, args, headers, options }: UpdateCall,
  workflowId: string,
): UpdateRequestJson {
  const context = client.workflowSerializationContext(workflowId);
  const payloads = toPayloadsJsonIn(context, client.payloadConverter, args);
  return {
    meta: { updateId: options.updateId ?? crypto.randomUUID(), identity: client.identity },
    input: { name: updateName, ...(payloads && { args: payloads }), ...toHeaderJson(headers) },
  };
}

export function waitPolicy(stage: WorkflowUpdateStage): { lifecycleStage: string } {
  return { lifecycleStage: toWire('updateStage', stage) };
}

/** `send` again and again until the workflow has accepted or refused the update: without a Worker that may take long. */
export async function untilAccepted<R>(
  send: () => Promise<R>,
  updateOf: (reply: R) => UpdateWorkflowExecutionReply,
): Promise<R> {
  const admitted = toWire('updateStage', 'ADMITTED');
  for (;;) {
    const reply = await send();
    const { stage } = updateOf(reply);
    if (stage !== admitted && stage !== toWire('updateStage', 'UNSPECIFIED')) return reply;
  }
}

/** Sends an update and answers once it is accepted or refused; with COMPLETED once its outcome is known. */
export async function startUpdate(
  client: AnyClient,
  input: WorkflowStartUpdateInput,
  stage: 'ACCEPTED' | 'COMPLETED',
): Promise<WorkflowStartUpdateOutput> {
  const { workflowExecution: execution, firstExecutionRunId } = input;
  const request = {
    namespace: client.namespace,
    workflowExecution: execution,
    ...(firstExecutionRunId && { firstExecutionRunId }),
    waitPolicy: waitPolicy(stage),
    request: toUpdateRequest(client, input, execution.workflowId),
  };
  const service = client.codedService(client.workflowSerializationContext(execution.workflowId));
  try {
    const reply = await untilAccepted(
      () => service.updateWorkflowExecution(request),
      (update) => update,
    );
    const { updateRef, outcome } = reply;
    const { updateId, workflowExecution } = updateRef;
    return { updateId, workflowRunId: workflowExecution.runId ?? '', ...(outcome && { outcome }) };
  } catch (error) {
    throw toUpdateError(error, 'Workflow Update failed', { execution });
  }
}

export function updateHandle<Ret>(
  client: AnyClient,
  { updateRef, outcome }: Pick<UpdateWorkflowExecutionReply, 'updateRef' | 'outcome'>,
): WorkflowUpdateHandle<Ret> {
  const { workflowExecution, updateId } = updateRef;
  const { workflowId, runId } = workflowExecution;
  return {
    updateId,
    workflowId,
    ...(runId && { workflowRunId: runId }),
    result: async () => {
      const known = outcome ?? (await pollOutcome(client, { workflowId, runId }, updateId));
      return valueFrom<Ret>(client, known, workflowId);
    },
  };
}

async function pollOutcome(
  client: AnyClient,
  execution: ExecutionRef,
  updateId: string,
): Promise<UpdateOutcomeJson> {
  const request = {
    namespace: client.namespace,
    updateRef: { workflowExecution: execution, updateId },
    waitPolicy: waitPolicy('COMPLETED'),
  };
  const service = client.codedService(client.workflowSerializationContext(execution.workflowId));
  try {
    for (;;) {
      const { outcome } = await service.pollWorkflowExecutionUpdate(request);
      if (outcome) return outcome;
    }
  } catch (error) {
    throw toUpdateError(error, 'Workflow Update Poll failed', { execution });
  }
}

function valueFrom<Ret>(client: AnyClient, outcome: UpdateOutcomeJson, workflowId: string): Ret {
  const { payloadConverter, failureConverter } = client.dataConverter;
  const context = client.workflowSerializationContext(workflowId);
  if ('failure' in outcome) {
    const cause = failureConverter.failureToError(outcome.failure, payloadConverter, context);
    throw new WorkflowUpdateFailedError('Workflow Update failed', cause);
  }
  return fromFirstPayloadJson<Ret>(payloadConverter, outcome.success, context);
}

/** As {@link toClientError}, but a call that ended too early has a class of its own. */
export function toUpdateError(error: unknown, attempted: string, subject: CallSubject): Error {
  if (error instanceof Error && (isGrpcDeadlineError(error) || isGrpcCancelledError(error))) {
    return new WorkflowUpdateRPCTimeoutOrCancelledError(error.message, { cause: error });
  }
  return toClientError(error, attempted, subject);
}
