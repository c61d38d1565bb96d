/**
 * An activity that belongs to no workflow: a run at an address that no workflow id can have, whose only events are those
 * of the activity. No workflow task is ever due; the run begins with the activity and is closed as the activity was, in
 * the same transition. Attempts, timeouts, retries and everything else are those of all activities.
 */

import { fromWire, toWire } from '../../sdk/common/enums.ts';
import { attributesOf, type HistoryEvent, historyEventName, isTransient } from '../../sdk/common/history.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import type { Request } from '../../sdk/common/service.ts';
import { cancelUnclaimed } from './activity-attempt.ts';
import { effectiveTimeouts } from './activity-timeouts.ts';
import { checkName } from './check.ts';
import type { Handle } from './noun.ts';
import { start } from './start.ts';
import { isOpen, isStandalone } from './state.ts';
import type { Transition } from './transition.ts';

/** What in a workflow's history names the task that decided it: here nobody did. */
const workflowTaskCompletedEventId = '0';

export const handle: Handle<'StartActivityExecution'> = {
  StartActivityExecution(t, request) {
    const { activityId, activityType, taskQueue, input, header, priority } = request;
    checkName('activityId', activityId);
    checkName('activityType.name', activityType?.name);
    const scheduled = {
      activityId,
      activityType,
      taskQueue: { name: taskQueue?.name, kind: 'TASK_QUEUE_KIND_NORMAL' as const },
      header,
      input,
      ...effectiveTimeouts(request, 0),
      workflowTaskCompletedEventId,
      retryPolicy: withDefaults(request.retryPolicy),
      ...(priority && { priority }),
    };
    const schedule = (started: boolean): void => {
      if (started) t.append('ActivityTaskScheduled', scheduled);
    };
    const { runId, started } = start(t, asWorkflow(request), { andThen: schedule });
    return { runId, started };
  },
};

/** The start of the run: input, header and retry policy are the activity's own. */
function asWorkflow(request: Request<'StartActivityExecution'>): Request<'StartWorkflowExecution'> {
  const { namespace, activityId, activityType, taskQueue, identity, requestId } = request;
  const { searchAttributes, userMetadata, priority } = request;
  const reuse = fromWire('activityIdReusePolicy', request.idReusePolicy);
  const conflict = fromWire('activityIdConflictPolicy', request.idConflictPolicy);
  return {
    kind: 'StartWorkflowExecution',
    namespace,
    workflowId: activityId,
    workflowType: activityType,
    taskQueue,
    identity,
    requestId,
    searchAttributes,
    userMetadata,
    priority,
    ...(reuse && { workflowIdReusePolicy: toWire('workflowIdReusePolicy', reuse) }),
    ...(conflict && { workflowIdConflictPolicy: toWire('workflowIdConflictPolicy', conflict) }),
  };
}

/** After each thing that may have changed it: a cancel request reaches the activity, and its end ends the run. */
export function follow(t: Transition): void {
  const { run } = t.execution;
  if (!isStandalone(t.execution) || !isOpen(run)) return;
  const [pending] = run.activities.values();
  if (pending && run.cancelRequested && pending.cancelRequestedEventId === undefined) {
    const { scheduledEventId } = pending;
    const attributes = { scheduledEventId: String(scheduledEventId), workflowTaskCompletedEventId };
    t.append('ActivityTaskCancelRequested', attributes);
    cancelUnclaimed(t, [scheduledEventId]);
  }
  if (run.activities.size === 0) closeAs(t, lastEvent(t));
}

function lastEvent(t: Transition): HistoryEvent {
  const event = t.appended.at(-1)?.events.findLast((event) => !isTransient(event));
  if (!event || isTransient(event)) throw new Error('The activity has ended, but no event says how');
  return event;
}

/** How it ended, with its payloads, stands in the activity's own event, right before this one. */
function closeAs(t: Transition, ended: HistoryEvent): void {
  const by = { workflowTaskCompletedEventId };
  switch (historyEventName(ended.eventType)) {
    case 'ActivityTaskCompleted':
      t.append('WorkflowExecutionCompleted', by);
      return;
    case 'ActivityTaskFailed': {
      const { retryState = '', failure } = attributesOf(ended, 'ActivityTaskFailed');
      const { message = '' } = failure;
      t.append('WorkflowExecutionFailed', { ...by, failure: { message }, retryState });
      return;
    }
    case 'ActivityTaskTimedOut': {
      const { retryState } = attributesOf(ended, 'ActivityTaskTimedOut');
      t.append('WorkflowExecutionTimedOut', { retryState });
      return;
    }
    case 'ActivityTaskCanceled':
      t.append('WorkflowExecutionCanceled', by);
      return;
    default:
      throw new Error(`No activity ends with ${ended.eventType}`);
  }
}
