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
  toTimestampJson,
} from '../../sdk/common/duration.ts';
import { toWire, type WorkflowExecutionStatus } from '../../sdk/common/enums.ts';
import { errorDetailType, invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import type {
  Request,
  StartWorkflowExecutionReply,
  StartWorkflowExecutionRequest,
} from '../../sdk/common/service.ts';
import { checkDuration, checkName, checkPayloadMap, checkPayloads, requireOpen } from './check.ts';
import { decideId, idPolicies } from './id-policy.ts';
import type { Apply, Deadline, Execute, Handle, Place } from './noun.ts';
import { findRequestId } from './request-ids.ts';
import { appendSignal, checkSignal } from './signal.ts';
import { type Execution, findRun, isOpen, type RequestIdRecord, type RunState, touch } from './state.ts';
import type { Transition } from './transition.ts';
import { bumpVisibility } from './visibility.ts';
import { forceClose } from './workflow-task.ts';

const DEFAULT_WORKFLOW_TASK_TIMEOUT = 10_000;
const MAX_WORKFLOW_TASK_TIMEOUT = 120_000;

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
    run.runId = attributes.originalExecutionRunId;
    run.workflowType = attributes.workflowType.name;
    run.taskQueue = attributes.taskQueue.name;
    run.startTime = place.time;
    run.firstExecutionRunId = attributes.firstExecutionRunId;
    run.originalExecutionRunId = attributes.originalExecutionRunId;
    run.attempt = attributes.attempt;
    run.workflowExecutionTimeout = fromDurationJson(attributes.workflowExecutionTimeout);
    run.workflowRunTimeout = fromDurationJson(attributes.workflowRunTimeout);
    run.workflowTaskTimeout = fromDurationJson(attributes.workflowTaskTimeout);
    const { workflowExecutionExpirationTime, memo, searchAttributes } = attributes;
    if (workflowExecutionExpirationTime) {
      run.workflowExecutionExpirationTime = fromTimestampJson(workflowExecutionExpirationTime);
    }
    if (memo) run.memo = memo;
    if (searchAttributes) run.searchAttributes = searchAttributes;
    if (place.userMetadata) run.userMetadata = place.userMetadata;
    touch(place.execution, 'workflowExecution');
    bumpVisibility(run, place);
  },
  WorkflowExecutionCompleted: (run, _attributes, place) => close(run, 'COMPLETED', place),
  WorkflowExecutionFailed: (run, _attributes, place) => close(run, 'FAILED', place),
  WorkflowExecutionTimedOut: (run, _attributes, place) => close(run, 'TIMED_OUT', place),
  WorkflowExecutionCanceled: (run, _attributes, place) => close(run, 'CANCELED', place),
  WorkflowExecutionTerminated: (run, _attributes, place) => close(run, 'TERMINATED', place),
  WorkflowExecutionCancelRequested(run) {
    run.cancelRequested = true;
  },
};

function close(run: RunState, status: WorkflowExecutionStatus, place: Place): void {
  const { execution, eventId, time } = place;
  run.status = status;
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
  bumpVisibility(run, place);
}

export const execute: Execute<
  'CompleteWorkflowExecution' | 'FailWorkflowExecution' | 'CancelWorkflowExecution'
> = {
  CompleteWorkflowExecution: {
    badCause: 'BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES',
    check: (_run, { result }) => checkPayloads('result', result),
    record(t, { result }, { workflowTaskCompletedEventId, userMetadata }) {
      t.append('WorkflowExecutionCompleted', { result, workflowTaskCompletedEventId }, { userMetadata });
    },
  },
  FailWorkflowExecution: {
    badCause: 'BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES',
    check(_run, { failure }) {
      if (!failure || typeof failure !== 'object') throw invalidArgument('failure: is required');
      checkPayloads('failure.applicationFailureInfo.details', failure.applicationFailureInfo?.details);
    },
    record(t, { failure }, { workflowTaskCompletedEventId, userMetadata }) {
      const retryState = toWire('retryState', 'RETRY_POLICY_NOT_SET');
      t.append(
        'WorkflowExecutionFailed',
        { failure, retryState, workflowTaskCompletedEventId },
        { userMetadata },
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

export const handle: Handle<
  | 'StartWorkflowExecution'
  | 'SignalWithStartWorkflowExecution'
  | 'RequestCancelWorkflowExecution'
  | 'TerminateWorkflowExecution'
> = {
  StartWorkflowExecution: (t, request) => start(t, request),

  SignalWithStartWorkflowExecution(t, request) {
    checkSignal({ signalName: request.signalName, input: request.signalInput });
    return start(t, request, () => appendSignal(t, request));
  },

  RequestCancelWorkflowExecution(t, request) {
    const { requestId, reason, identity, workflowExecution } = request;
    if (findRequestId(t.execution, request.kind, requestId, workflowExecution.runId)) return;
    const { runId, cancelRequested } = requireOpen(t.execution, workflowExecution);
    if (!cancelRequested) t.append('WorkflowExecutionCancelRequested', { cause: reason, identity });
    if (requestId) t.note('RequestIdRecorded', { requestId, requestKind: request.kind, runId });
  },

  TerminateWorkflowExecution(t, { workflowExecution, reason, details, identity }) {
    requireOpen(t.execution, workflowExecution);
    checkPayloads('details', details);
    terminate(t, { reason, details, identity });
  },
};

function terminate(t: Transition, attributes: HistoryEventAttributes['WorkflowExecutionTerminated']): void {
  forceClose(t);
  t.append('WorkflowExecutionTerminated', attributes);
}

type StartRequest = Request<'StartWorkflowExecution' | 'SignalWithStartWorkflowExecution'>;

/** @param then what to do with the run that was started or found */
function start(
  t: Transition,
  request: StartRequest,
  then: () => void = () => {},
): StartWorkflowExecutionReply {
  const { execution } = t;
  const { kind, requestId } = request;
  const policies = idPolicies(request, kind);
  const attributes = startedAttributes(request, t);
  const record = findRequestId(execution, kind, requestId);
  if (record) return repeated(execution, record);
  const decision = decideId(execution.run?.status, policies);
  if (decision === 'reject') throw alreadyStarted(execution, t.run);
  if (decision === 'terminateThenStart') {
    terminate(t, {
      reason: `replaced by run ${t.newRunId} of the same workflow id`,
      identity: request.identity,
    });
  }
  const started = decision !== 'useExisting';
  if (started) t.startRun(attributes, request.userMetadata);
  const { runId } = t.run;
  if (requestId) t.note('RequestIdRecorded', { requestId, requestKind: kind, runId });
  then();
  return { runId, started, status: toWire('workflowExecutionStatus', 'RUNNING') };
}

/** The answer of the first request, with the status as far as it is still known. */
function repeated(execution: Execution, { runId, started }: RequestIdRecord): StartWorkflowExecutionReply {
  const status = findRun(execution, runId)?.status ?? 'UNSPECIFIED';
  return { runId, started, status: toWire('workflowExecutionStatus', status) };
}

function alreadyStarted(execution: Execution, run: RunState): ServiceError {
  const ids = `WorkflowId: ${execution.workflowId}, RunId: ${run.runId}.`;
  const message = isOpen(run)
    ? `Workflow execution is already running. ${ids}`
    : `Workflow execution already finished, and the reuse policy forbids another run. ${ids}`;
  const detail = {
    '@type': errorDetailType.workflowExecutionAlreadyStarted,
    startRequestId: run.startRequestId ?? '',
    runId: run.runId,
  };
  return new ServiceError('ALREADY_EXISTS', message, [detail]);
}

function refuseUnsupported({ cronSchedule, retryPolicy }: StartWorkflowExecutionRequest): void {
  const refuse = (field: string, instead: string) =>
    new ServiceError('UNIMPLEMENTED', `${field}: not supported by this version; ${instead}`);
  if (cronSchedule) throw refuse('cronSchedule', 'use a loop with a timer in the workflow');
  if (retryPolicy) throw refuse('retryPolicy of a workflow', 'retry policies work for activities');
}

function startedAttributes(
  request: StartRequest,
  { now, newRunId, execution }: Transition,
): HistoryEventAttributes['WorkflowExecutionStarted'] {
  const { workflowType, taskQueue, input, memo, searchAttributes, header, identity } = request;
  refuseUnsupported(request);
  checkName('workflowId', request.workflowId);
  checkName('workflowType.name', workflowType?.name);
  checkName('taskQueue.name', taskQueue?.name);
  checkPayloads('input', input);
  checkPayloadMap('memo', memo?.fields);
  checkPayloadMap('searchAttributes', searchAttributes?.indexedFields);
  checkPayloadMap('header', header?.fields);
  const executionTimeout = checkDuration('workflowExecutionTimeout', request.workflowExecutionTimeout);
  const runTimeout = within(
    checkDuration('workflowRunTimeout', request.workflowRunTimeout) || executionTimeout,
    executionTimeout,
  );
  const taskTimeout = checkDuration('workflowTaskTimeout', request.workflowTaskTimeout);
  return {
    workflowType: { name: workflowType.name },
    taskQueue: { name: taskQueue.name, kind: 'TASK_QUEUE_KIND_NORMAL' },
    input,
    workflowExecutionTimeout: toDurationJson(executionTimeout),
    workflowRunTimeout: toDurationJson(runTimeout),
    workflowTaskTimeout: toDurationJson(
      within(Math.min(taskTimeout || DEFAULT_WORKFLOW_TASK_TIMEOUT, MAX_WORKFLOW_TASK_TIMEOUT), runTimeout),
    ),
    originalExecutionRunId: newRunId,
    firstExecutionRunId: newRunId,
    identity,
    attempt: 1,
    workflowExecutionExpirationTime:
      executionTimeout > 0 ? toTimestampJson(now + executionTimeout) : undefined,
    memo,
    searchAttributes,
    header,
    workflowId: execution.workflowId,
  };
}

/** `bound` 0 means none. */
const within = (timeout: number, bound: number): number => (bound > 0 ? Math.min(timeout, bound) : timeout);

export function* items(execution: Execution): Iterable<string> {
  if (isOpen(execution.run)) yield '';
}

/** The run timeout or the execution timeout, whichever comes first. Ties: everything else goes first. */
export function deadlines(execution: Execution): Deadline | undefined {
  const { run } = execution;
  if (!isOpen(run)) return undefined;
  const times: EpochMs[] = [];
  if (run.workflowRunTimeout > 0) times.push(run.startTime + run.workflowRunTimeout);
  if (run.workflowExecutionExpirationTime) times.push(run.workflowExecutionExpirationTime);
  return times.length === 0 ? undefined : { time: Math.min(...times), order: Number.POSITIVE_INFINITY };
}

export function tick(t: Transition): void {
  forceClose(t);
  t.append('WorkflowExecutionTimedOut', { retryState: toWire('retryState', 'RETRY_POLICY_NOT_SET') });
}
