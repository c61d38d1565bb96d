/** Starting: whether a start gets a run, which one, and what that run begins with. */

import {
  type DurationJson,
  type EpochMs,
  fromDurationJson,
  toDurationJson,
  toTimestampJson,
} from '../../sdk/common/duration.ts';
import { toWire } from '../../sdk/common/enums.ts';
import { errorDetailType, invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import { standaloneActivityId } from '../../sdk/common/ids.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import type {
  Request,
  StartWorkflowExecutionReply,
  StartWorkflowExecutionRequest,
} from '../../sdk/common/service.ts';
import {
  checkDuration,
  checkName,
  checkPayloadMap,
  checkPayloads,
  checkPriority,
  checkRetryPolicy,
  checkSearchAttributes,
  checkWorkflowId,
} from './check.ts';
import { checkCronSchedule, nextCronTime } from './cron.ts';
import { decideId, idPolicies } from './id-policy.ts';
import { findRequestId } from './request-ids.ts';
import { scheduledBy } from './schedule.ts';
import { type Execution, findRun, isOpen, type RequestIdRecord, type RunState } from './state.ts';
import type { Transition } from './transition.ts';
import { checkOverride } from './versioning.ts';
import { terminate } from './workflow-execution.ts';

const DEFAULT_WORKFLOW_TASK_TIMEOUT = 10_000;
export const MAX_WORKFLOW_TASK_TIMEOUT = 120_000;

type StartRequest = Request<'StartWorkflowExecution' | 'SignalWithStartWorkflowExecution'>;

/** What else a start is to do. */
interface Beside {
  /** Refuses, before anything is written, to go on with a run that was found. */
  check?(existing: RunState): void;
  /** For the run that was started or found; not for a repeat of the request. */
  andThen?(started: boolean): void;
}

export function start(
  t: Transition,
  request: StartRequest,
  { check, andThen }: Beside = {},
): StartWorkflowExecutionReply {
  const { execution } = t;
  const { kind, requestId } = request;
  const policies = idPolicies(request, kind);
  const attributes = startedAttributes(request, t);
  const record = findRequestId(execution, kind, requestId) ?? sameChild(execution.run, request);
  if (record?.refused) throw alreadyStarted(execution.workflowId, record.runId, t.run);
  if (record) return repeated(execution, record);
  const decision = decideId(execution.run?.status, policies);
  if (decision === 'reject') {
    // The parent, or the schedule, goes on without this run: a copy of the request that comes late must not start it after all.
    if (requestId && (request.parent || scheduledBy(request.searchAttributes))) {
      t.remember('RequestIdRecorded', { requestId, requestKind: kind, runId: t.run.runId, refused: true });
    }
    throw alreadyStarted(execution.workflowId, t.run.runId, t.run);
  }
  if (decision === 'useExisting') check?.(t.run);
  const started = decision !== 'useExisting';
  if (started) {
    const newRunId = t.newRunId();
    if (decision === 'terminateThenStart') {
      const reason = `replaced by run ${newRunId} of the same workflow id`;
      terminate(t, { reason, identity: request.identity });
    }
    const ids = { originalExecutionRunId: newRunId, firstExecutionRunId: newRunId };
    t.startRun({ ...attributes, ...ids }, request.userMetadata);
  }
  const { runId } = t.run;
  if (requestId)
    t.note('RequestIdRecorded', { requestId, requestKind: kind, runId, ...(!started && { found: true }) });
  andThen?.(started);
  return { runId, started, status: toWire('workflowExecutionStatus', 'RUNNING') };
}

/** The parent asks again for a child that it has: request ids are forgotten one day, children are not. */
function sameChild(run: RunState | undefined, { kind, parent }: StartRequest): RequestIdRecord | undefined {
  const same =
    kind === 'StartWorkflowExecution' &&
    parent !== undefined &&
    run?.parent?.runId === parent.runId &&
    run.parent.initiatedEventId === parent.initiatedEventId;
  return same ? { runId: run.firstExecutionRunId, time: run.startTime, started: true } : undefined;
}

/** The answer of the first request, with the status as far as it is still known. */
function repeated(execution: Execution, { runId, started }: RequestIdRecord): StartWorkflowExecutionReply {
  const status = findRun(execution, runId)?.status ?? 'UNSPECIFIED';
  return { runId, started, status: toWire('workflowExecutionStatus', status) };
}

/** @param runId of the run that is in the way, or was when the request came first; `newest` may be a later one */
function alreadyStarted(workflowId: string, runId: string, newest: RunState): ServiceError {
  const activityId = standaloneActivityId(workflowId);
  const startRequestId = (newest.runId === runId && newest.startRequestId) || '';
  const [what, ids] =
    activityId === undefined
      ? ['Workflow', `WorkflowId: ${workflowId}, RunId: ${runId}.`]
      : ['Activity', `ActivityId: ${activityId}, RunId: ${runId}.`];
  const message =
    newest.runId === runId && isOpen(newest)
      ? `${what} execution is already running. ${ids}`
      : `${what} execution already finished, and the reuse policy forbids another run. ${ids}`;
  const detail = {
    '@type':
      activityId === undefined
        ? errorDetailType.workflowExecutionAlreadyStarted
        : errorDetailType.activityExecutionAlreadyStarted,
    startRequestId,
    runId,
  };
  return new ServiceError('ALREADY_EXISTS', message, [detail]);
}

/** When the first workflow task is due, and what lets it wait. */
function firstBackoff(
  { cronSchedule, workflowStartDelay }: StartWorkflowExecutionRequest,
  now: EpochMs,
): Pick<HistoryEventAttributes['WorkflowExecutionStarted'], 'firstWorkflowTaskBackoff' | 'initiator'> {
  checkCronSchedule('cronSchedule', cronSchedule);
  const delay = checkDuration('workflowStartDelay', workflowStartDelay);
  if (cronSchedule) {
    if (delay > 0) throw invalidArgument('workflowStartDelay: cannot be combined with cronSchedule');
    const initiator = toWire('continueAsNewInitiator', 'CRON_SCHEDULE');
    return {
      initiator,
      firstWorkflowTaskBackoff: toDurationJson(nextCronTime(cronSchedule, now, now)! - now),
    };
  }
  return delay > 0 ? { firstWorkflowTaskBackoff: toDurationJson(delay) } : {};
}

/** The timeouts of a workflow as events record them: the run has at most the execution's, a task at most the run's. */
export function workflowTimeouts(
  given: Partial<
    Record<'workflowExecutionTimeout' | 'workflowRunTimeout' | 'workflowTaskTimeout', DurationJson>
  >,
): {
  workflowExecutionTimeout: DurationJson;
  workflowRunTimeout: DurationJson;
  workflowTaskTimeout: DurationJson;
} {
  const execution = checkDuration('workflowExecutionTimeout', given.workflowExecutionTimeout);
  const run = within(checkDuration('workflowRunTimeout', given.workflowRunTimeout) || execution, execution);
  const task =
    checkDuration('workflowTaskTimeout', given.workflowTaskTimeout) || DEFAULT_WORKFLOW_TASK_TIMEOUT;
  return {
    workflowExecutionTimeout: toDurationJson(execution),
    workflowRunTimeout: toDurationJson(run),
    workflowTaskTimeout: toDurationJson(within(Math.min(task, MAX_WORKFLOW_TASK_TIMEOUT), run)),
  };
}

function startedAttributes(
  request: StartRequest,
  { now, execution }: Transition,
): Omit<
  HistoryEventAttributes['WorkflowExecutionStarted'],
  'originalExecutionRunId' | 'firstExecutionRunId'
> {
  const { workflowType, taskQueue, input, memo, searchAttributes, header, identity, parent } = request;
  checkOverride('versioningOverride', request.versioningOverride);
  checkRetryPolicy('retryPolicy', request.retryPolicy);
  checkPriority('priority', request.priority);
  checkWorkflowId('workflowId', request.workflowId);
  checkName('workflowType.name', workflowType?.name);
  checkName('taskQueue.name', taskQueue?.name);
  checkPayloads('input', input);
  checkPayloadMap('memo', memo?.fields);
  checkSearchAttributes('searchAttributes', searchAttributes?.indexedFields);
  checkPayloadMap('header', header?.fields);
  const executionTimeout = fromDurationJson(request.workflowExecutionTimeout);
  return {
    workflowType: { name: workflowType.name },
    taskQueue: { name: taskQueue.name, kind: 'TASK_QUEUE_KIND_NORMAL' },
    input,
    ...workflowTimeouts(request),
    ...(parent && {
      parentWorkflowNamespace: parent.namespace,
      parentWorkflowExecution: { workflowId: parent.workflowId, runId: parent.runId },
      parentInitiatedEventId: String(parent.initiatedEventId),
      rootWorkflowExecution: parent.rootWorkflowExecution,
    }),
    versioningOverride: request.versioningOverride,
    inheritedPinnedVersion: parent?.pinnedVersion,
    ...firstBackoff(request, now),
    identity,
    retryPolicy: request.retryPolicy && withDefaults(request.retryPolicy),
    cronSchedule: request.cronSchedule || undefined,
    attempt: 1,
    workflowExecutionExpirationTime:
      executionTimeout > 0 ? toTimestampJson(now + executionTimeout) : undefined,
    memo,
    searchAttributes,
    header,
    lastCompletionResult: request.lastCompletionResult,
    continuedFailure: request.continuedFailure,
    workflowId: execution.workflowId,
    priority: request.priority,
  };
}

/** `bound` 0 means none. */
const within = (timeout: number, bound: number): number => (bound > 0 ? Math.min(timeout, bound) : timeout);
