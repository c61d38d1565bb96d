/**
 * Activities of a run, seen from workflow code.
 *   unsent    → scheduled   its ActivityTaskScheduled came
 *   unsent    → canceled    cancelled in the task that scheduled it: the command is not sent
 *   scheduled → closed      its outcome came
 *   scheduled → cancelling  RequestCancelActivityTask is issued; TRY_CANCEL settles at once, the default waits for the outcome
 *   scheduled → canceled    ABANDON: settles at once, nothing is sent, whatever comes is ignored
 */

import type { CommandAttributes } from '../../common/command.ts';
import type { ActivityCancellationType, RetryState } from '../../common/enums.ts';
import { toWire } from '../../common/enums.ts';
import type { Failure } from '../../common/failure.ts';
import type { HistoryEvent, HistoryEventAttributes, UserMetadata } from '../../common/history.ts';
import type { PayloadsJson } from '../../common/payload.ts';
import type { CancellationScope } from '../cancellation-scope.ts';
import type { Completion, WorkflowContext } from './context.ts';
import { NondeterminismError, type PendingCommand } from './match.ts';

/** The events that end an activity. */
export type ActivityOutcome =
  | 'ActivityTaskCompleted'
  | 'ActivityTaskFailed'
  | 'ActivityTaskTimedOut'
  | 'ActivityTaskCanceled';

export interface ScheduledActivity {
  readonly seq: number;
  readonly activityId: string;
  readonly activityType: string;
  readonly cancellationType: ActivityCancellationType;
  readonly command: PendingCommand;
  scheduledEventId?: string;
  state: 'open' | 'cancelling' | 'canceled' | 'closed';
}

export interface NewActivity {
  attributes: CommandAttributes['ScheduleActivityTask'];
  cancellationType: ActivityCancellationType;
  userMetadata?: UserMetadata;
}

/** Issues the command that schedules an activity and keeps its promise's ends under `seq`. */
export function scheduleActivityTask(
  context: WorkflowContext,
  scope: CancellationScope,
  seq: number,
  { attributes, cancellationType, userMetadata }: NewActivity,
  completion: Completion<unknown>,
): void {
  const activity: ScheduledActivity = {
    seq,
    activityId: attributes.activityId,
    activityType: attributes.activityType.name,
    cancellationType,
    command: context.commands.push('ScheduleActivityTask', attributes, {
      userMetadata,
      onRecorded: (event) => {
        activity.scheduledEventId = event.eventId;
        context.activitiesByEvent.set(event.eventId, activity);
      },
    }),
    state: 'open',
  };
  context.activities.set(seq, completion);
  if (scope.cancellable) {
    scope.cancelRequested.catch(() => {
      if (context.activities.has(seq)) cancelActivity(context, activity);
    });
  }
}

function cancelActivity(context: WorkflowContext, activity: ScheduledActivity): void {
  if (activity.state !== 'open') return;
  const { scheduledEventId, cancellationType } = activity;
  if (scheduledEventId === undefined) {
    activity.command.dropped = true;
    activity.state = 'canceled';
  } else if (cancellationType === 'ABANDON') {
    activity.state = 'canceled';
  } else {
    activity.state = 'cancelling';
    context.commands.push('RequestCancelActivityTask', { scheduledEventId });
    if (cancellationType === 'WAIT_CANCELLATION_COMPLETED') return;
  }
  settle(context, activity, { failure: canceledFailure(activity, {}) });
}

/** Queues the outcome: the promise is settled with the task's other outcomes, or in the round after this one. */
function settle(
  context: WorkflowContext,
  activity: ScheduledActivity,
  outcome: { result: PayloadsJson | undefined } | { failure: Failure },
): void {
  context.resolutions.push(() => {
    const completion = context.activities.get(activity.seq);
    context.activities.delete(activity.seq);
    if (!completion) return;
    const of = context.ofActivity(activity.activityId);
    if ('failure' in outcome) completion.reject(context.failureToError(outcome.failure, of));
    else completion.resolve(context.fromResult(outcome.result, of));
  });
}

/** An ActivityTaskStarted or an outcome came for an activity that must be known. */
function activityOf(
  context: WorkflowContext,
  event: HistoryEvent,
  scheduledEventId: string,
): ScheduledActivity {
  const activity = context.activitiesByEvent.get(scheduledEventId);
  if (activity) return activity;
  throw new NondeterminismError(
    `event ${event.eventId} is ${event.eventType} (scheduledEventId ${scheduledEventId}), ` +
      'but the workflow has no such activity open',
    event,
  );
}

export function activityStarted(
  context: WorkflowContext,
  event: HistoryEvent,
  attributes: HistoryEventAttributes['ActivityTaskStarted'],
): void {
  activityOf(context, event, attributes.scheduledEventId);
}

export function activityClosed<N extends ActivityOutcome>(
  context: WorkflowContext,
  event: HistoryEvent,
  name: N,
  attributes: HistoryEventAttributes[N],
): void {
  const activity = activityOf(context, event, attributes.scheduledEventId);
  context.activitiesByEvent.delete(attributes.scheduledEventId);
  const settled =
    activity.state === 'canceled' ||
    (activity.state === 'cancelling' && activity.cancellationType !== 'WAIT_CANCELLATION_COMPLETED');
  activity.state = 'closed';
  if (settled) return;
  if (name === 'ActivityTaskCompleted') {
    const { result } = attributes as HistoryEventAttributes['ActivityTaskCompleted'];
    settle(context, activity, { result });
  } else if (name === 'ActivityTaskCanceled') {
    settle(context, activity, { failure: canceledFailure(activity, attributes) });
  } else {
    const message = name === 'ActivityTaskFailed' ? 'Activity task failed' : 'Activity task timed out';
    const failed = attributes as HistoryEventAttributes['ActivityTaskFailed'];
    settle(context, activity, { failure: failedFailure(activity, message, failed) });
  }
}

function failedFailure(
  activity: ScheduledActivity,
  message: string,
  attributes: HistoryEventAttributes['ActivityTaskFailed'],
): Failure {
  const { scheduledEventId, startedEventId, identity, retryState, failure } = attributes;
  return {
    message,
    cause: failure,
    activityFailureInfo: {
      scheduledEventId,
      startedEventId,
      ...(identity && { identity }),
      activityType: { name: activity.activityType },
      activityId: activity.activityId,
      retryState,
    },
  };
}

function canceledFailure(
  activity: ScheduledActivity,
  attributes: Partial<HistoryEventAttributes['ActivityTaskCanceled']>,
): Failure {
  const { scheduledEventId, startedEventId, identity, details } = attributes;
  return {
    message: 'Activity cancelled',
    cause: { canceledFailureInfo: details ? { details } : {} },
    activityFailureInfo: {
      ...(scheduledEventId && { scheduledEventId, startedEventId }),
      ...(identity && { identity }),
      activityType: { name: activity.activityType },
      activityId: activity.activityId,
      retryState: toWire<'retryState', RetryState>('retryState', 'CANCEL_REQUESTED'),
    },
  };
}
