/** One attempt as it is told: to the Worker that carries it out, and of its outcome to the run. */

import { fromTimestampJson, toDurationJson, toTimestampJson } from '../../sdk/common/duration.ts';
import { type ActivityOptionsMs, attributesOf, type HistoryEvent } from '../../sdk/common/history.ts';
import { dispatchIdOf, encodeTaskToken } from '../../sdk/common/ids.ts';
import { mergePriority } from '../../sdk/common/priority.ts';
import type { ActivityTaskRef, ActivityTaskStartedReply, Request } from '../../sdk/common/service.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import type { RunState } from '../core/state.ts';
import type { ActivityCallOutcome, Outside } from './outside.ts';
import { traceOf } from './trace.ts';

/** What a Worker is sent for one attempt: the options are those of now, which an operator may have changed. */
export function activityTask(
  task: ActivityTaskRef,
  claim: ActivityTaskStartedReply,
  event: HistoryEvent,
  of: { pending: ActivityOptionsMs; run: RunState; outside: Outside },
): ActivityTask {
  const { pending, run, outside } = of;
  const engineUrl = outside.engineUrl();
  const scheduled = attributesOf(event, 'ActivityTaskScheduled');
  // What may be absent comes last: behind a spread each field would be defined one by one, twenty times as slowly.
  return {
    taskToken: encodeTaskToken(task),
    dispatchId: dispatchIdOf(task),
    namespace: task.namespace,
    workflowId: task.workflowId,
    runId: task.runId,
    workflowType: run.workflowType,
    activityId: scheduled.activityId,
    activityType: scheduled.activityType.name,
    taskQueue: pending.taskQueue,
    attempt: claim.attempt,
    scheduledTime: toTimestampJson(fromTimestampJson(event.eventTime)),
    currentAttemptScheduledTime: toTimestampJson(claim.currentAttemptScheduledTime),
    startedTime: toTimestampJson(claim.startedTime),
    scheduleToCloseTimeout: toDurationJson(pending.scheduleToCloseTimeout),
    startToCloseTimeout: toDurationJson(pending.startToCloseTimeout),
    heartbeatTimeout: toDurationJson(pending.heartbeatTimeout),
    retryPolicy: pending.retryPolicy,
    priority: mergePriority(run.priority, scheduled.priority),
    ...(engineUrl && { engineUrl }),
    ...(scheduled.input && { input: scheduled.input }),
    ...(scheduled.header && { header: scheduled.header }),
    ...(claim.heartbeatDetails && { heartbeatDetails: claim.heartbeatDetails }),
    ...traceOf(outside, run, task.scheduledEventId, scheduled.header),
  };
}

/** What an outcome asks of the run: the one table for consumers and objects alike. */
export function outcomeRequest(
  task: ActivityTaskRef,
  claimant: string,
  outcome: ActivityCallOutcome,
): Request {
  if ('accepted' in outcome) return { kind: 'AcceptActivityTask', task };
  if ('released' in outcome) return { kind: 'ReleaseActivityTask', task, claimant, reason: outcome.released };
  const { answer } = outcome;
  if ('completed' in answer) return { kind: 'RespondActivityTaskCompleted', task, ...answer.completed };
  if ('failed' in answer) return { kind: 'RespondActivityTaskFailed', task, ...answer.failed };
  return { kind: 'RespondActivityTaskCanceled', task, ...answer.canceled };
}
