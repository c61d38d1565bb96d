/** Activities that belong to no workflow: each is a run of its own, at an address that no workflow id can have. */

import type { z } from 'zod';
import { fromDurationJson, fromTimestampJson, toTimestampJson } from '../../../sdk/common/duration.ts';
import { fromWire, toWire } from '../../../sdk/common/enums.ts';
import { notFound, ServiceError } from '../../../sdk/common/errors.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../../../sdk/common/history.ts';
import { activityAddress, standaloneActivityId } from '../../../sdk/common/ids.ts';
import type {
  ActivityExecutionInfo,
  ActivityExecutionListInfo,
  ActivityExecutionOutcome,
  CountWorkflowExecutionsReply,
  DescribeActivityExecutionReply,
  DescribeWorkflowExecutionReply,
  ListActivityExecutionsReply,
  PollActivityExecutionReply,
  StartActivityExecutionReply,
  WorkflowExecutionInfo,
} from '../../../sdk/common/service.ts';
import type { ActivityOptionsJson } from '../../../sdk/common/service-operations.ts';
import type * as activitySchemas from '../activity-schemas.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schemas.ts';
import { deleteWorkflowExecution } from './storage.ts';
import { describeWorkflowExecution, getWorkflowExecutionHistory, getWorkflowResult } from './workflows.ts';

type Of<S extends keyof typeof activitySchemas> = (typeof activitySchemas)[S] extends z.ZodType
  ? z.output<(typeof activitySchemas)[S]>
  : never;

export async function startActivityExecution(
  request: Of<'startActivity'>,
  call: Call,
): Promise<StartActivityExecutionReply> {
  const { namespace } = request;
  const address = activityAddress(request.activityId);
  const reply = await call.request(namespace, address, {
    kind: 'StartActivityExecution',
    ...call.identified(await call.typed(request)),
  });
  if (reply.started) call.recordStart(namespace, address);
  return reply;
}

export async function describeActivityExecution(
  request: Of<'describeActivity'>,
  call: Call,
): Promise<DescribeActivityExecutionReply> {
  const { namespace, activityId } = request;
  const address = activityAddress(activityId);
  return named(activityId, async () => {
    const execution = { workflowId: address, runId: request.runId };
    const described = await describeWorkflowExecution({ namespace, execution }, call);
    const { runId = '' } = described.workflowExecutionInfo.execution;
    const events = await eventsOf(namespace, { address, runId }, call);
    const scheduled = firstOf(events, 'ActivityTaskScheduled');
    const info = infoOf(described, events);
    if (!request.includeHeartbeatDetails) delete info.heartbeatDetails;
    if (!request.includeLastFailure) delete info.lastFailure;
    const outcome = request.includeOutcome ? outcomeOf(events) : undefined;
    return {
      runId,
      info,
      ...(request.includeInput && scheduled?.input && { input: scheduled.input }),
      ...(outcome && { outcome }),
      problems: described.problems,
    };
  });
}

/** Waits for the end; without `outcome` it has not come yet, and is to be asked for again. */
export async function pollActivityExecution(
  { namespace, activityId, runId, waitMs }: Of<'pollActivity'>,
  call: Call,
): Promise<PollActivityExecutionReply> {
  const address = activityAddress(activityId);
  const execution = { workflowId: address, runId };
  return named(activityId, async () => {
    const result = await getWorkflowResult({ namespace, execution, waitMs, followRuns: false }, call);
    if (result.pending) return { runId: result.runId };
    const outcome = outcomeOf(await eventsOf(namespace, { address, runId: result.runId }, call));
    return { runId: result.runId, ...(outcome && { outcome }) };
  });
}

export async function listActivityExecutions(
  { namespace, ...request }: z.output<typeof schemas.list>,
  call: Call,
): Promise<ListActivityExecutionsReply> {
  const { executions, ...page } = await call.visibility(namespace, (visibility) =>
    visibility.list({ ...request, kind: 'activities' }),
  );
  return { executions: executions.map(listInfoOf), ...page };
}

export function countActivityExecutions(
  { namespace, query }: z.output<typeof schemas.count>,
  call: Call,
): Promise<CountWorkflowExecutionsReply> {
  return call.visibility(namespace, (visibility) => visibility.count({ query, kind: 'activities' }));
}

async function change(
  kind: 'RequestCancelWorkflowExecution' | 'TerminateWorkflowExecution',
  { activityId, runId, ...request }: Of<'changeActivity'>,
  call: Call,
): Promise<object> {
  const address = activityAddress(activityId);
  const workflowExecution = { workflowId: address, runId };
  await named(activityId, () =>
    call.request(request.namespace, address, { kind, ...call.identified(request), workflowExecution }),
  );
  return {};
}
export const requestCancelActivityExecution = (request: Of<'changeActivity'>, call: Call): Promise<object> =>
  change('RequestCancelWorkflowExecution', request, call);
export const terminateActivityExecution = (request: Of<'changeActivity'>, call: Call): Promise<object> =>
  change('TerminateWorkflowExecution', request, call);

export function deleteActivityExecution(
  { namespace, activityId, runId }: Of<'deleteActivity'>,
  call: Call,
): Promise<object> {
  const workflowExecution = { workflowId: activityAddress(activityId), runId };
  return named(activityId, () => deleteWorkflowExecution({ namespace, workflowExecution }, call));
}

/** A handler of answers by ids, for the routes whose path has no workflow id. */
export const withoutWorkflow =
  <R, T>(answer: (request: R, call: Call) => Promise<T>) =>
  <A extends { activityId: string }>(
    request: A & (A & { workflowId: string } extends R ? unknown : never),
    call: Call,
  ): Promise<T> =>
    named(request.activityId, () =>
      answer({ ...request, workflowId: activityAddress(request.activityId) } as unknown as R, call),
    );

/** Nobody is told of an address: what is not there is the activity. */
async function named<T>(activityId: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'NOT_FOUND') throw error;
    if (error.message.includes('already completed')) throw notFound('activity execution already completed');
    throw error.message.includes(activityAddress(activityId))
      ? notFound(`activity execution not found for ID: ${activityId}`)
      : error;
  }
}

/** They are few, but a page may be full with one of them: an input, or a result, of some megabytes. */
async function eventsOf(
  namespace: string,
  { address, runId }: { address: string; runId: string },
  call: Call,
): Promise<HistoryEvent[]> {
  const execution = { workflowId: address, runId };
  const events: HistoryEvent[] = [];
  let nextPageToken: string | undefined;
  do {
    const request = { namespace, execution, ...(nextPageToken && { nextPageToken }) };
    const page = await getWorkflowExecutionHistory(request, call);
    events.push(...page.history.events);
    ({ nextPageToken } = page);
  } while (nextPageToken);
  return events;
}

function firstOf<N extends Parameters<typeof attributesOf>[1]>(events: HistoryEvent[], name: N) {
  const event = events.findLast(({ eventType }) => historyEventName(eventType) === name);
  return event && attributesOf(event, name);
}

/** Of an activity that is over. */
function outcomeOf(events: HistoryEvent[]): ActivityExecutionOutcome | undefined {
  const terminated = firstOf(events, 'WorkflowExecutionTerminated');
  if (terminated) {
    const message = terminated.reason || 'activity execution terminated';
    return { failure: { message, source: 'Server', terminatedFailureInfo: {} } };
  }
  const canceled = firstOf(events, 'ActivityTaskCanceled');
  if (canceled) {
    const { details } = canceled;
    const canceledFailureInfo = { ...(details && { details }) };
    return { failure: { message: 'Activity canceled', source: 'Server', canceledFailureInfo } };
  }
  const completed = firstOf(events, 'ActivityTaskCompleted');
  if (completed) return completed.result ? { result: completed.result } : { result: { payloads: [] } };
  const ended = firstOf(events, 'ActivityTaskFailed') ?? firstOf(events, 'ActivityTaskTimedOut');
  return ended && { failure: ended.failure };
}

const statusOf = ({ status }: WorkflowExecutionInfo): string =>
  toWire('activityExecutionStatus', fromWire('workflowExecutionStatus', status) ?? 'UNSPECIFIED');

function listInfoOf(info: WorkflowExecutionInfo): ActivityExecutionListInfo {
  const { execution, type, startTime, closeTime, searchAttributes, executionDuration } = info;
  return {
    activityId: standaloneActivityId(execution.workflowId) ?? '',
    runId: execution.runId ?? '',
    activityType: type,
    scheduleTime: startTime,
    status: statusOf(info),
    taskQueue: info.taskQueue,
    stateTransitionCount: info.stateTransitionCount ?? '0',
    ...(closeTime && { closeTime }),
    ...(searchAttributes && { searchAttributes }),
    ...(executionDuration && { executionDuration }),
  };
}

function infoOf(
  { workflowExecutionInfo, executionConfig, pendingActivities: [pending] }: DescribeWorkflowExecutionReply,
  events: HistoryEvent[],
): ActivityExecutionInfo {
  const scheduled = firstOf(events, 'ActivityTaskScheduled')!;
  const started = firstOf(events, 'ActivityTaskStarted');
  const canceledReason = firstOf(events, 'WorkflowExecutionCancelRequested')?.cause;
  const { retryPolicy, header, scheduleToCloseTimeout: whole, ...rest } = scheduled;
  const listed = listInfoOf(workflowExecutionInfo);
  const bound = fromDurationJson(whole);
  const expiration = fromTimestampJson(listed.scheduleTime) + bound;
  const startedEvent = events.findLast(
    ({ eventType }) => historyEventName(eventType) === 'ActivityTaskStarted',
  );
  const { userMetadata } = executionConfig;
  const { priority } = workflowExecutionInfo;
  return {
    ...listed,
    attempt: pending?.attempt ?? started?.attempt ?? 1,
    scheduleToCloseTimeout: whole,
    scheduleToStartTimeout: rest.scheduleToStartTimeout,
    startToCloseTimeout: rest.startToCloseTimeout,
    heartbeatTimeout: rest.heartbeatTimeout,
    retryPolicy,
    ...(bound > 0 && { expirationTime: toTimestampJson(expiration) }),
    ...(startedEvent && { lastStartedTime: startedEvent.eventTime }),
    ...(started?.identity && { lastWorkerIdentity: started.identity }),
    ...(started?.lastFailure && { lastFailure: started.lastFailure }),
    ...(pending && ofPending(pending)),
    ...(header && { header }),
    ...(userMetadata && { userMetadata }),
    ...(priority && { priority }),
    ...(canceledReason && { canceledReason }),
  };
}

/** Operators may have changed what it was started with. */
function optionsNow({ taskQueue, ...options }: ActivityOptionsJson = {}): Partial<ActivityExecutionInfo> {
  return { ...options, ...(taskQueue && { taskQueue: taskQueue.name }) };
}

function ofPending(
  pending: DescribeWorkflowExecutionReply['pendingActivities'][number],
): Partial<ActivityExecutionInfo> {
  return {
    runState: pending.state,
    heartbeatDetails: pending.heartbeatDetails,
    lastHeartbeatTime: pending.lastHeartbeatTime,
    lastStartedTime: pending.lastStartedTime,
    lastFailure: pending.lastFailure,
    lastWorkerIdentity: pending.lastWorkerIdentity,
    currentRetryInterval: pending.currentRetryInterval,
    ...optionsNow(pending.activityOptions),
    lastAttemptCompleteTime: pending.lastAttemptCompleteTime,
    nextAttemptScheduleTime: pending.nextAttemptScheduleTime,
  };
}
