/**
 * Updates.
 *   admitted → accepted → completed
 *            ↘ rejected (nothing of it enters history)
 * An admitted update asks for a workflow task and goes with the next one that starts and has room for it. If the run is continued, what is
 * admitted goes on to the next run; if it closes for good, it is refused. An accepted update that the run's close
 * overtakes has failed. The id of an update makes a repeat harmless, for as long as its run is known.
 */

import { fromDurationJson } from '../../sdk/common/duration.ts';
import { toWire, type WorkflowUpdateStage } from '../../sdk/common/enums.ts';
import { invalidArgument, resourceExhausted } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { UpdateOutcomeJson, UpdateRequestJson } from '../../sdk/common/history.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import type {
  StartWorkflowExecutionReply,
  UpdateWorkflowExecutionReply,
  UpdateWorkflowExecutionRequest,
} from '../../sdk/common/service.ts';
import { checkName, checkPayloadMap, checkPayloads, requireOpen } from './check.ts';
import type { Apply, Execute, Handle } from './noun.ts';
import { deriveSpeculative } from './speculative.ts';
import { start } from './start.ts';
import { isOpen, type RunState } from './state.ts';
import { storedLength } from './stored-payload.ts';
import type { Transition } from './transition.ts';
import { MAX_REJECTIONS_KEPT, MAX_UPDATES, MAX_UPDATES_IN_FLIGHT } from './update-limits.ts';
import { endBackoff } from './workflow-task.ts';

export const apply: Apply<
  'UpdateAdmitted' | 'UpdateRejected' | 'WorkflowExecutionUpdateAccepted' | 'WorkflowExecutionUpdateCompleted'
> = {
  UpdateAdmitted(run, { request }, place) {
    run.updates.admitted.set(request.meta.updateId, request);
    deriveSpeculative(run, place);
  },
  UpdateRejected(run, { updateId, failure }, place) {
    const { admitted, rejected } = run.updates;
    admitted.delete(updateId);
    rejected.set(updateId, failure);
    for (const [oldest] of rejected) {
      if (rejected.size <= MAX_REJECTIONS_KEPT) break;
      rejected.delete(oldest);
    }
    deriveSpeculative(run, place);
  },
  WorkflowExecutionUpdateAccepted(run, { protocolInstanceId: updateId }, place) {
    run.updates.admitted.delete(updateId);
    run.updates.accepted.set(updateId, place.eventId);
    deriveSpeculative(run, place);
  },
  WorkflowExecutionUpdateCompleted(run, { meta, acceptedEventId }, { eventId }) {
    run.updates.accepted.delete(meta.updateId);
    run.updates.completed.set(meta.updateId, {
      acceptedEventId: Number(acceptedEventId),
      completedEventId: eventId,
    });
  },
};

export const execute: Execute<'ProtocolMessage'> = {
  ProtocolMessage: {
    badCause: 'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
    check(run, { updateId, message }, batch) {
      if (!message || typeof message !== 'object') throw invalidArgument('message: is required');
      const answered = batch.updates.get(updateId);
      if ('response' in message) {
        if (!(answered === 'accepted' || (answered === undefined && run.updates.accepted.has(updateId)))) {
          throw invalidArgument(`updateId: ${updateId} is not accepted, or completed already`);
        }
        checkOutcome(message.response?.outcome);
        batch.updates.set(updateId, 'over');
        return;
      }
      const delivered = run.workflowTask?.started?.updates.includes(updateId);
      if (!delivered || answered !== undefined || !run.updates.admitted.has(updateId)) {
        throw invalidArgument(`updateId: this task was not asked about ${updateId}, or has answered already`);
      }
      if ('rejection' in message && !message.rejection?.failure)
        throw invalidArgument('failure: is required');
      batch.updates.set(updateId, 'acceptance' in message ? 'accepted' : 'over');
    },
    record(t, { updateId, message }, { workflowTaskCompletedEventId, userMetadata }) {
      if ('rejection' in message) return reject(t, updateId, message.rejection.failure);
      if ('response' in message) {
        const acceptedEventId = String(t.run.updates.accepted.get(updateId));
        const { outcome } = message.response;
        t.append(
          'WorkflowExecutionUpdateCompleted',
          { meta: { updateId }, acceptedEventId, outcome },
          { userMetadata },
        );
        return;
      }
      t.append(
        'WorkflowExecutionUpdateAccepted',
        {
          protocolInstanceId: updateId,
          acceptedRequestMessageId: `${updateId}/request`,
          // The last event before the task's Started and Completed events.
          acceptedRequestSequencingEventId: String(Number(workflowTaskCompletedEventId) - 2),
          acceptedRequest: t.run.updates.admitted.get(updateId)!,
        },
        { userMetadata },
      );
    },
  },
};

function checkOutcome(outcome: UpdateOutcomeJson | undefined): void {
  if (outcome && 'success' in outcome) checkPayloads('outcome.success', outcome.success);
  else if (!outcome?.failure) throw invalidArgument('outcome: is required');
  else checkPayloads('outcome.failure.details', outcome.failure.applicationFailureInfo?.details);
}

function reject(t: Transition, updateId: string, failure: Failure): void {
  t.note('UpdateRejected', { updateId, failure });
}

/** A task was answered without a word about updates that went with it: whoever sent them must not wait for ever. */
export function rejectUnanswered(t: Transition, delivered: string[]): void {
  const message = 'The Worker did not answer the update: perhaps its SDK does not know updates.';
  const applicationFailureInfo = { type: 'UnprocessedUpdate', nonRetryable: true };
  for (const updateId of delivered) {
    if (t.run.updates.admitted.has(updateId))
      reject(t, updateId, { message, source: 'Server', applicationFailureInfo });
  }
}

/** How far an update has come, as far as the run's state says; `undefined` when the run does not know it. */
export type UpdateProgress =
  | { stage: 'ADMITTED' | 'ACCEPTED' }
  | { stage: 'COMPLETED'; outcome: { failure: Failure } }
  /** The outcome stands in this event. */
  | { stage: 'COMPLETED'; completedEventId: number };

export function updateProgress(run: RunState, updateId: string): UpdateProgress | undefined {
  const { admitted, accepted, completed, rejected } = run.updates;
  const done = completed.get(updateId);
  if (done) return { stage: 'COMPLETED', completedEventId: done.completedEventId };
  if (accepted.has(updateId))
    return isOpen(run) ? { stage: 'ACCEPTED' } : { stage: 'COMPLETED', outcome: { failure: overtaken } };
  if (admitted.has(updateId)) return { stage: 'ADMITTED' };
  const failure = rejected.get(updateId);
  return failure && { stage: 'COMPLETED', outcome: { failure } };
}

const overtaken: Failure = {
  message: 'The workflow closed before it completed the update it had accepted.',
  source: 'Server',
  applicationFailureInfo: { type: 'AcceptedUpdateCompletedWorkflow', nonRetryable: true },
};

/** @param outcome of a completed update, read from its event */
export function updateReply(
  run: RunState,
  updateId: string,
  progress: { stage: WorkflowUpdateStage; outcome?: UpdateOutcomeJson },
): UpdateWorkflowExecutionReply {
  const { workflowId, runId } = run;
  return {
    updateRef: { workflowExecution: { workflowId, runId }, updateId },
    stage: toWire('updateStage', progress.stage),
    ...(progress.outcome && { outcome: progress.outcome }),
  };
}

export const handle: Handle<'UpdateWorkflowExecution' | 'ExecuteMultiOperation'> = {
  UpdateWorkflowExecution(t, request) {
    checkUpdate(request.request);
    return update(t, request);
  },

  // One decision: either both happen or neither does.
  ExecuteMultiOperation(t, { startWorkflow, updateWorkflow }) {
    const { request } = updateWorkflow;
    checkUpdate(request);
    if (!startWorkflow.workflowIdConflictPolicy)
      throw invalidArgument('workflowIdConflictPolicy: update-with-start must name one');
    if (fromDurationJson(startWorkflow.workflowStartDelay) > 0)
      throw invalidArgument(
        'workflowStartDelay: an update does not wait for it, so update-with-start takes none',
      );
    const { run } = t.execution;
    const known = run && updateProgress(run, request.meta.updateId) && update(t, updateWorkflow);
    if (known) {
      const status = toWire('workflowExecutionStatus', run.status);
      return { startWorkflow: { runId: run.runId, started: false, status }, updateWorkflow: known };
    }
    let reply: UpdateWorkflowExecutionReply | undefined;
    const started: StartWorkflowExecutionReply = start(
      t,
      { kind: 'StartWorkflowExecution', ...startWorkflow },
      {
        check: (existing) => requireRoom(existing, request),
        andThen: () => {
          reply = admit(t, request);
        },
      },
    );
    // The start was a repeat: the update is taken in like any other.
    const { workflowExecution } = updateWorkflow;
    reply ??= update(t, {
      ...updateWorkflow,
      workflowExecution: { ...workflowExecution, runId: started.runId },
    });
    return { startWorkflow: started, updateWorkflow: reply };
  },
};

/** Temporal's answer to an update that came before is the same as to the first. */
function update(t: Transition, request: UpdateWorkflowExecutionRequest): UpdateWorkflowExecutionReply {
  const { run } = t.execution;
  const { workflowExecution, firstExecutionRunId } = request;
  const { updateId } = request.request.meta;
  const meant =
    run &&
    (!workflowExecution.runId || workflowExecution.runId === run.runId) &&
    (!firstExecutionRunId || firstExecutionRunId === run.firstExecutionRunId);
  const progress = meant && updateProgress(run, updateId);
  if (progress) return updateReply(run, updateId, progress);
  requireRoom(
    requireOpen(t.execution, { runId: workflowExecution.runId, firstExecutionRunId }),
    request.request,
  );
  return admit(t, request.request);
}

function admit(t: Transition, request: UpdateRequestJson): UpdateWorkflowExecutionReply {
  t.note('UpdateAdmitted', { request });
  endBackoff(t);
  return updateReply(t.run, request.meta.updateId, { stage: 'ADMITTED' });
}

function checkUpdate(request: UpdateRequestJson | undefined): void {
  checkName('request.meta.updateId', request?.meta?.updateId);
  checkName('request.input.name', request?.input?.name);
  checkPayloads('request.input.args', request?.input.args);
  checkPayloadMap('request.input.header', request?.input.header?.fields);
}

function requireRoom({ updates, workflowId }: RunState, request: UpdateRequestJson): void {
  const inFlight = updates.admitted.size + updates.accepted.size;
  const refuse = (message: string) => resourceExhausted(`${message} (${workflowId})`, 'CONCURRENT_LIMIT');
  if (inFlight >= MAX_UPDATES_IN_FLIGHT)
    throw refuse(`${MAX_UPDATES_IN_FLIGHT} updates are in flight already: try again when one is completed`);
  if (inFlight + updates.completed.size >= MAX_UPDATES)
    throw refuse(`the run has had ${MAX_UPDATES} updates: let the workflow continue as new`);
  // Those that wait go to the Worker in one message.
  const length = storedLength(request);
  if (length > 0 && length + storedLength([...updates.admitted.values()]) > MAX_MESSAGE_BYTES)
    throw refuse('the updates in flight are too large together: try again when one is completed');
}

/** The updates that were not accepted when the run closed: to be carried to the next run, or refused. */
export function dropAdmitted(run: RunState): void {
  run.updates.admitted.clear();
}

/** A run that continues another one begins with the updates which that one had not accepted. */
export function carryOver(t: Transition, requests: UpdateRequestJson[]): void {
  for (const request of requests) t.note('UpdateAdmitted', { request });
}
