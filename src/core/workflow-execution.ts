/**
 * A run's own life.
 *   started → running → completed | failed | canceled (by its code) | terminated (from outside) | timed out (by time)
 * Closing drops everything pending; answers for it are stale from then on.
 */

import {
  type EpochMs,
  fromDurationJson,
  fromTimestampJson,
  toDurationJson,
} from '../../sdk/common/duration.ts';
import { toWire, type WorkflowExecutionStatus } from '../../sdk/common/enums.ts';
import { invalidArgument, notFound } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import { carriedTraceparent } from '../../sdk/common/trace-context.ts';
import { checkPayloads, requireChildOf, requireOpen } from './check.ts';
import { closeChildren } from './child-workflow.ts';
import { checkSequel, continueRun, type Ending, sequelOf } from './continue-as-new.ts';
import { childSettled } from './external-workflow.ts';
import type { Apply, Deadline, Execute, Handle, Place } from './noun.ts';
import { findRequestId, refusedForGood } from './request-ids.ts';
import { scheduledBy } from './schedule.ts';
import { appendSignal, checkSignal } from './signal.ts';
import { start } from './start.ts';
import { type Execution, isOpen, type RunState, touch } from './state.ts';
import type { Transition } from './transition.ts';
import { dropAdmitted } from './update.ts';
import { beginVersioning } from './versioning.ts';
import { bumpVisibility } from './visibility.ts';
import { forceClose } from './workflow-task.ts';

type WorkflowExecutionEvents =
  | 'WorkflowExecutionStarted'
  | 'WorkflowExecutionCompleted'
  | 'WorkflowExecutionFailed'
  | 'WorkflowExecutionTimedOut'
  | 'WorkflowExecutionCanceled'
  | 'WorkflowExecutionTerminated'
  | 'WorkflowExecutionCancelRequested';

export const apply: Apply<WorkflowExecutionEvents> = {
  WorkflowExecutionStarted(run, attributes, place) {
    run.workflowId = attributes.workflowId;
    run.runId ||= attributes.originalExecutionRunId;
    run.workflowType = attributes.workflowType.name;
    run.taskQueue = attributes.taskQueue.name;
    run.startTime = run.reset?.time ?? place.time;
    run.firstExecutionRunId = attributes.firstExecutionRunId;
    run.originalExecutionRunId = attributes.originalExecutionRunId;
    run.attempt = attributes.attempt;
    run.workflowExecutionTimeout = fromDurationJson(attributes.workflowExecutionTimeout);
    run.workflowRunTimeout = fromDurationJson(attributes.workflowRunTimeout);
    run.workflowTaskTimeout = fromDurationJson(attributes.workflowTaskTimeout);
    const { workflowExecutionExpirationTime: expiration, memo, searchAttributes, priority } = attributes;
    if (expiration)
      run.workflowExecutionExpirationTime = run.reset
        ? run.reset.time + run.workflowExecutionTimeout
        : fromTimestampJson(expiration);
    beginChain(run, attributes);
    beginVersioning(run, attributes);
    if (memo) run.memo = memo;
    if (searchAttributes) run.searchAttributes = searchAttributes;
    if (priority) run.priority = priority;
    if (place.userMetadata) run.userMetadata = place.userMetadata;
    touch(place.execution, 'workflowExecution');
    touch(place.execution, 'workflowTask');
    bumpVisibility(run, place);
  },
  WorkflowExecutionCompleted: (run, attributes, place) => close(run, 'COMPLETED', place, attributes),
  WorkflowExecutionFailed: (run, attributes, place) => close(run, 'FAILED', place, attributes),
  WorkflowExecutionTimedOut: (run, attributes, place) => close(run, 'TIMED_OUT', place, attributes),
  WorkflowExecutionCanceled: (run, attributes, place) => close(run, 'CANCELED', place, attributes),
  WorkflowExecutionTerminated: (run, _attributes, place) => close(run, 'TERMINATED', place),
  WorkflowExecutionCancelRequested(run) {
    run.cancelRequested = true;
  },
};

/** Where the run stands in a chain and in a family. */
function beginChain(run: RunState, attributes: HistoryEventAttributes['WorkflowExecutionStarted']): void {
  const { retryPolicy, cronSchedule, initiator, input, header, lastCompletionResult } = attributes;
  const backoff = fromDurationJson(attributes.firstWorkflowTaskBackoff);
  run.executionTime = run.startTime + backoff;
  run.inBackoff = backoff > 0;
  run.delayedStart = backoff > 0 && !initiator;
  if (retryPolicy) run.retryPolicy = withDefaults(retryPolicy);
  if (cronSchedule) run.cronSchedule = cronSchedule;
  if (retryPolicy || cronSchedule) {
    run.restart = {
      ...(input && { input }),
      ...(header && { header }),
      ...(lastCompletionResult && { lastCompletionResult }),
    };
  }
  const traceparent = carriedTraceparent(header);
  if (traceparent) run.traceparent = traceparent;
  if (attributes.continuedExecutionRunId) run.continuedExecutionRunId = attributes.continuedExecutionRunId;
  const schedule = scheduledBy(attributes.searchAttributes);
  if (schedule) run.scheduledBy = schedule;
  const { parentWorkflowExecution: parent } = attributes;
  if (!parent) return;
  run.parent = {
    namespace: attributes.parentWorkflowNamespace!,
    ...parent,
    initiatedEventId: Number(attributes.parentInitiatedEventId),
    rootWorkflowExecution: attributes.rootWorkflowExecution!,
  };
}

export function close(
  run: RunState,
  status: WorkflowExecutionStatus,
  place: Place,
  attributes: { workflowTaskCompletedEventId?: string; newExecutionRunId?: string } = {},
): void {
  const { execution, eventId, time } = place;
  run.status = status;
  run.inBackoff = false;
  if (attributes.newExecutionRunId) run.newExecutionRunId = attributes.newExecutionRunId;
  run.closeTime = time;
  run.closeEventId = eventId;
  run.unseen = false;
  for (const id of run.activities.keys()) touch(execution, 'activity', id);
  for (const id of run.timers.keys()) touch(execution, 'timer', id);
  touch(execution, 'workflowTask');
  touch(execution, 'workflowExecution');
  delete run.workflowTask;
  run.heldBack = [];
  run.activities.clear();
  run.activityIds.clear();
  run.timers.clear();
  run.firedTimers.clear();
  for (const { workflowId } of run.children.values()) childSettled(execution, run, workflowId);
  closeChildren(run, place, attributes.workflowTaskCompletedEventId);
  dropAdmitted(run);
  touch(execution, 'parent', run.runNumber);
  touch(execution, 'schedule', run.runNumber);
  bumpVisibility(run, place);
}

export const execute: Execute<
  'CompleteWorkflowExecution' | 'FailWorkflowExecution' | 'CancelWorkflowExecution'
> = {
  CompleteWorkflowExecution: {
    badCause: 'BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES',
    check(run, { result }, _batch, now) {
      checkPayloads('result', result);
      checkSequel(run, { result }, now);
    },
    record(t, { result }, { workflowTaskCompletedEventId, userMetadata }) {
      endRun(t, { result }, (newExecutionRunId) =>
        t.append(
          'WorkflowExecutionCompleted',
          { result, workflowTaskCompletedEventId, newExecutionRunId },
          { userMetadata },
        ),
      );
    },
  },
  FailWorkflowExecution: {
    badCause: 'BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES',
    check(run, { failure }, _batch, now) {
      if (!failure || typeof failure !== 'object') throw invalidArgument('failure: is required');
      checkPayloads('failure.applicationFailureInfo.details', failure.applicationFailureInfo?.details);
      checkSequel(run, { failure }, now);
    },
    record(t, { failure }, { workflowTaskCompletedEventId, userMetadata }) {
      endRun(t, { failure }, (newExecutionRunId, retryState) =>
        t.append(
          'WorkflowExecutionFailed',
          { failure, retryState, workflowTaskCompletedEventId, newExecutionRunId },
          { userMetadata },
        ),
      );
    },
  },
  CancelWorkflowExecution: {
    badCause: 'BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES',
    check: (_run, { details }) => checkPayloads('details', details),
    record(t, { details }, { workflowTaskCompletedEventId, userMetadata }) {
      t.append('WorkflowExecutionCanceled', { workflowTaskCompletedEventId, details }, { userMetadata });
    },
  },
};

/** The run ends by itself; a retry or cron may begin the next one. */
function endRun(
  t: Transition,
  ending: Ending,
  appendClose: (newExecutionRunId: string | undefined, retryState: string) => void,
): void {
  const { retryState, next } = sequelOf(t.run, ending, t.now);
  const state = toWire('retryState', retryState);
  if (!next) appendClose(undefined, state);
  else continueRun(t, (newExecutionRunId) => appendClose(newExecutionRunId, state), next);
}

export const handle: Handle<
  | 'StartWorkflowExecution'
  | 'SignalWithStartWorkflowExecution'
  | 'RequestCancelWorkflowExecution'
  | 'TerminateWorkflowExecution'
> = {
  StartWorkflowExecution: (t, request) => start(t, request),

  SignalWithStartWorkflowExecution(t, request) {
    checkSignal({ signalName: request.signalName, input: request.signalInput });
    return start(t, request, { andThen: (started) => appendSignal(t, request, !started) });
  },

  RequestCancelWorkflowExecution(t, request) {
    const { requestId, reason, identity, workflowExecution, firstExecutionRunId, external } = request;
    const { runId } = workflowExecution;
    const record = findRequestId(t.execution, request.kind, requestId, runId);
    if (record?.refused) throw notFound('workflow execution already completed');
    if (record) return;
    const closed = closedAsNamed(t.execution, runId);
    if (closed) {
      // Nothing is left to do, which is what was asked for. A late copy must not reach a later run.
      const { kind: requestKind } = request;
      if (requestId)
        t.note('RequestIdRecorded', { requestId, requestKind, runId: closed.runId, found: true });
      return;
    }
    const run = refusedForGood(t, request, () => {
      const open = requireOpen(t.execution, { runId, firstExecutionRunId });
      requireChildOf(open, request.childOf);
      return open;
    });
    if (!run.cancelRequested) {
      t.append('WorkflowExecutionCancelRequested', {
        cause: reason,
        identity,
        ...(external && {
          externalInitiatedEventId: String(external.initiatedEventId),
          externalWorkflowExecution: { workflowId: external.workflowId, runId: external.runId },
        }),
      });
    }
    if (requestId) t.note('RequestIdRecorded', { requestId, requestKind: request.kind, runId: run.runId });
  },

  TerminateWorkflowExecution(t, request) {
    const { workflowExecution, firstExecutionRunId, requestId, reason, details, identity } = request;
    const { runId } = workflowExecution;
    if (findRequestId(t.execution, request.kind, requestId, runId)) return;
    const run = requireOpen(t.execution, { runId, firstExecutionRunId });
    checkPayloads('details', details);
    if (requestId) t.note('RequestIdRecorded', { requestId, requestKind: request.kind, runId: run.runId });
    terminate(t, { reason, details, identity });
  },
};

/** The newest run, where it is closed and the one that is meant. */
function closedAsNamed({ run }: Execution, runId: string | undefined): RunState | undefined {
  if (!run || run.imported || isOpen(run)) return undefined;
  return !runId || runId === run.runId ? run : undefined;
}

export function terminate(
  t: Transition,
  attributes: HistoryEventAttributes['WorkflowExecutionTerminated'],
): void {
  forceClose(t);
  t.append('WorkflowExecutionTerminated', attributes);
}

export function* items(execution: Execution): Iterable<string> {
  if (isOpen(execution.run)) yield '';
}

/** The run timeout or the execution timeout, whichever comes first. Ties: everything else goes first. */
export function deadlines(execution: Execution): Deadline | undefined {
  const { run } = execution;
  if (!isOpen(run)) return undefined;
  const times: EpochMs[] = [];
  if (run.workflowRunTimeout > 0) times.push(run.executionTime + run.workflowRunTimeout);
  if (run.workflowExecutionExpirationTime) times.push(run.workflowExecutionExpirationTime);
  return times.length === 0 ? undefined : { time: Math.min(...times), order: Number.POSITIVE_INFINITY };
}

/** A run that took too long is retried like one that failed; past the execution timeout nothing follows. */
export function tick(t: Transition): void {
  forceClose(t);
  const { run } = t;
  const { workflowExecutionExpirationTime: expirationTime } = run;
  if (expirationTime !== undefined && expirationTime <= t.now) {
    t.append('WorkflowExecutionTimedOut', { retryState: toWire('retryState', 'TIMEOUT') });
    return;
  }
  const timeoutType = toWire('timeoutType', 'START_TO_CLOSE');
  const message = `the run took longer than ${toDurationJson(run.workflowRunTimeout)}`;
  const failure: Failure = { message, source: 'Server', timeoutFailureInfo: { timeoutType } };
  endRun(t, { failure }, (newExecutionRunId, retryState) =>
    t.append('WorkflowExecutionTimedOut', { retryState, newExecutionRunId }),
  );
}
