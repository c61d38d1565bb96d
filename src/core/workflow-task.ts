/**
 * The workflow task: how workflow code is asked what to do next.
 *   due → started (a Worker has it) → completed | failed | timed out → due again as the next attempt
 *    ↑         ↲ released (no Worker was reached): same attempt, no trace in history
 * The first attempt's Scheduled event is written at once, because it marks what woke the run. Everything else about
 * an attempt is virtual until it closes: Started for the first, Scheduled and Started for later ones, which leave no
 * trace in history when they fail. A task that only an update asks for is speculative: all of it is virtual, and when it
 * is answered with nothing that lasts (the update is rejected) it never was. A Worker with local activities that outlast a task
 * asks for the next one as it completes this one: a heartbeat. While a task is started, what arrives is held back and enters history at its close.
 */

import { type EpochMs, toDurationJson, toTimestampJson } from '../../sdk/common/duration.ts';
import { fromWire, toWire, type WorkflowTaskFailedCause } from '../../sdk/common/enums.ts';
import { invalidArgument, notFound } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import {
  type HistoryEvent,
  type HistoryEventAttributes,
  makeHistoryEvent,
} from '../../sdk/common/history.ts';
import type { WorkflowTaskStartedReply } from '../../sdk/common/service.ts';
import { cancelUnclaimed } from './activity-attempt.ts';
import { requireOpen } from './check.ts';
import { reasonsToContinueAsNew } from './continue-as-new-reasons.ts';
import type { Owed } from './effect.ts';
import { flush, losesUnseen } from './held-back.ts';
import type { Apply, Deadline, Handle, Place } from './noun.ts';
import { deriveSpeculative, due, isMissing, leavesNoTrace } from './speculative.ts';
import {
  type Execution,
  isOpen,
  isStandalone,
  type PendingWorkflowTask,
  type RunState,
  type StartedWorkflowTask,
  touch,
} from './state.ts';
import { HEARTBEAT_LIMIT, releasePause, retryPause } from './task-times.ts';
import type { Transition } from './transition.ts';
import { rejectUnanswered } from './update.ts';
import { deliverable } from './update-limits.ts';
import { completedBy, pinKey, requirePin, versionedBy } from './versioning.ts';

type WorkflowTaskEvents =
  | 'WorkflowTaskScheduled'
  | 'WorkflowTaskStarted'
  | 'WorkflowTaskCompleted'
  | 'WorkflowTaskTimedOut'
  | 'WorkflowTaskFailed'
  | 'WorkflowTaskAttemptStarted'
  | 'WorkflowTaskAttemptReleased'
  | 'WorkflowTaskAttemptFailed'
  | 'WorkflowTaskAttemptDropped'
  | 'WorkflowTaskHeartbeatContinued';

export const apply: Apply<WorkflowTaskEvents> = {
  WorkflowTaskScheduled(run, { attempt }, { execution, eventId, time }) {
    // A later attempt's Scheduled event is written when its task closes: the task is already there.
    run.workflowTask ??= due(attempt, time, time);
    run.workflowTask.scheduledEventId = eventId;
    run.inBackoff = false;
    touch(execution, 'workflowTask');
  },
  WorkflowTaskStarted() {},
  WorkflowTaskCompleted(run, attributes, place) {
    completedBy(run, attributes, place);
    delete run.workflowTask;
    run.heldBack = [];
    run.unseen = false;
    deriveSpeculative(run, place);
  },
  WorkflowTaskAttemptDropped(run, _attributes, place) {
    delete run.workflowTask;
    run.heldBack = [];
    deriveSpeculative(run, place);
  },
  WorkflowTaskHeartbeatContinued(run, { originalScheduledTime }, { time }) {
    run.workflowTask = due(1, time, originalScheduledTime);
  },
  WorkflowTaskTimedOut(run, _attributes, place) {
    retry(run, place, { cause: 'TIMED_OUT', nextAttemptTime: place.time });
  },
  WorkflowTaskFailed(run, { cause, failure }, place) {
    const short = cause.slice(toWire('workflowTaskFailedCause', '').length);
    retry(run, place, { cause: short, failure, nextAttemptTime: place.time });
  },
  WorkflowTaskAttemptStarted(run, { attempt: _, ...by }, { execution, time }) {
    const task = run.workflowTask!;
    const scheduledEventId = task.scheduledEventId ?? run.nextEventId;
    const startedEventId = Math.max(scheduledEventId + 1, run.nextEventId);
    const { historySizeBytes } = run;
    const updates = deliverable(run.updates);
    const updateCount = run.updates.accepted.size + run.updates.completed.size;
    task.started = {
      time,
      scheduledEventId,
      startedEventId,
      historySizeBytes,
      updates,
      updateCount,
      ...by,
    };
    delete task.releaseReason;
    touch(execution, 'workflowTask');
  },
  WorkflowTaskAttemptReleased(run, { reason }, { execution, time }) {
    const task = run.workflowTask!;
    delete task.started;
    task.releases++;
    task.releaseReason = reason;
    task.nextDispatchTime = time + releasePause(task.releases);
    run.heldBack = [];
    touch(execution, 'workflowTask');
  },
  WorkflowTaskAttemptFailed(run, failed, place) {
    retry(run, place, failed);
  },
};

/** After these an ordinary first attempt follows (from the waking rule), without any pause: there is history to see. */
const begunAnew = ['UNHANDLED_COMMAND', 'RESET_WORKFLOW'];

/** The task failed: the next attempt is due at `nextAttemptTime`. */
function retry(
  run: RunState,
  place: Place,
  failed: { cause: string; failure?: Failure; nextAttemptTime: EpochMs },
): void {
  const { attempt } = run.workflowTask!;
  const { cause, failure, nextAttemptTime } = failed;
  delete run.workflowTask;
  if (cause === 'RESET_WORKFLOW') run.unseen = true;
  if (!begunAnew.includes(cause)) {
    const lastFailure = { cause, ...(failure && { failure }) };
    const time = Math.max(nextAttemptTime, place.time);
    run.workflowTask = { ...due(attempt + 1, time, time), lastFailure };
  }
  run.heldBack = [];
  deriveSpeculative(run, place);
}

/** A signal does not wait for the delay that the start asked for; retries and cron keep theirs. */
export function endDelay(t: Transition): void {
  if (t.run.delayedStart) endBackoff(t);
}

/** An update waits for no backoff, not even for that of a retry or of cron: somebody waits for its answer. */
export function endBackoff(t: Transition): void {
  if (t.run.inBackoff) schedule(t);
}

/** The waking rule: what workflow code has not seen asks for a task. */
export function wake(t: Transition): void {
  const { run } = t.execution;
  if (isStandalone(t.execution)) return; // there is no workflow code to see anything
  if (isOpen(run) && !run.pause && run.unseen && isMissing(run)) schedule(t);
}

/** A first attempt is due. */
function schedule(t: Transition): void {
  t.append('WorkflowTaskScheduled', scheduledAttributes(t.run, 1));
}

function scheduledAttributes(
  run: RunState,
  attempt: number,
): HistoryEventAttributes['WorkflowTaskScheduled'] {
  return {
    taskQueue: { name: run.taskQueue, kind: 'TASK_QUEUE_KIND_NORMAL' },
    startToCloseTimeout: toDurationJson(run.workflowTaskTimeout),
    attempt,
  };
}

function startedAttributes(started: StartedWorkflowTask): HistoryEventAttributes['WorkflowTaskStarted'] {
  const { scheduledEventId, identity, historySizeBytes, targetChanged } = started;
  const reasons = reasonsToContinueAsNew(started);
  return {
    scheduledEventId: String(scheduledEventId),
    identity,
    ...(reasons.length > 0 && { suggestContinueAsNew: true, suggestContinueAsNewReasons: reasons }),
    ...(targetChanged && { targetWorkerDeploymentVersionChanged: true }),
    historySizeBytes: String(historySizeBytes),
  };
}

/** What a Worker and describe need to know of the pending task; its virtual events follow the durable history. */
export function workflowTaskState(
  run: RunState,
): { task: PendingWorkflowTask; started?: WorkflowTaskStartedReply } | undefined {
  const { workflowTask: task } = run;
  if (!task) return undefined;
  return task.started ? { task, started: startedReply(run, task, task.started) } : { task };
}

function startedReply(
  run: RunState,
  task: PendingWorkflowTask,
  started: StartedWorkflowTask,
): WorkflowTaskStartedReply {
  const { scheduledEventId, startedEventId } = started;
  const time = toTimestampJson(started.time);
  const scheduled = scheduledAttributes(run, task.attempt);
  const virtualEvents: HistoryEvent[] = [
    makeHistoryEvent('WorkflowTaskStarted', startedEventId, time, startedAttributes(started)),
  ];
  if (task.scheduledEventId === undefined) {
    virtualEvents.unshift(makeHistoryEvent('WorkflowTaskScheduled', scheduledEventId, time, scheduled));
  }
  return {
    runId: run.runId,
    workflowType: run.workflowType,
    taskQueue: run.taskQueue,
    attempt: task.attempt,
    startedEventId,
    startToCloseTimeout: run.workflowTaskTimeout,
    virtualEvents,
    updates: started.updates.flatMap((updateId) => run.updates.admitted.get(updateId) ?? []),
  };
}

type Answer = { runId: string; startedEventId: number; attempt: number };
type OpenTask = PendingWorkflowTask & { started: StartedWorkflowTask };

/** Is the task with a Worker now, as the attempt that is named? Anything else is stale. */
function isAnsweredBy(task: PendingWorkflowTask | undefined, answer: Answer): task is OpenTask {
  const started = task?.started;
  return (
    started !== undefined &&
    started.startedEventId === answer.startedEventId &&
    task?.attempt === answer.attempt
  );
}

function answeredTask(t: Transition, answer: Answer): OpenTask {
  const { workflowTask: task } = requireOpen(t.execution, answer);
  if (isAnsweredBy(task, answer)) return task;
  throw notFound(
    `workflow task ${answer.startedEventId}, attempt ${answer.attempt}, is not started (any more)`,
  );
}

export const handle: Handle<
  | 'RecordWorkflowTaskStarted'
  | 'RespondWorkflowTaskCompleted'
  | 'RespondWorkflowTaskFailed'
  | 'ReleaseWorkflowTask'
> = {
  RecordWorkflowTaskStarted(t, { kind: _, runId, ...by }) {
    const run = requireOpen(t.execution, { runId });
    const task = run.workflowTask;
    if (!task || task.started || run.pause || task.nextAttemptTime > t.now) {
      throw notFound(`no workflow task of run ${runId} is due`);
    }
    requirePin(run, by.deploymentVersion);
    t.note('WorkflowTaskAttemptStarted', { attempt: task.attempt, ...by });
    return startedReply(run, task, task.started!);
  },

  RespondWorkflowTaskCompleted(t, request) {
    const task = answeredTask(t, request);
    if (!Array.isArray(request.commands)) throw invalidArgument('commands: must be a list');
    const checked = t.check(request.commands);
    if (checked.bad) {
      const { failedCause, message } = checked.bad;
      return failTask(t, failedCause, { message, source: 'Server' }, request.identity);
    }
    if (checked.closes && losesUnseen(t.run, checked.batch)) {
      const message = 'something arrived while the workflow was closing: it is asked again, to see it';
      return failTask(t, 'UNHANDLED_COMMAND', { message, source: 'Server' }, request.identity);
    }
    const { run } = t;
    const { heldBack } = run;
    const { updates } = task.started;
    const { forceCreateNewWorkflowTask: forced, identity } = request;
    const heartbeat = forced && checked.commands.length === 0;
    if (heartbeat && t.now - task.originalScheduledTime > HEARTBEAT_LIMIT) {
      timeOut(t, task);
      return;
    }
    if (!forced && leavesNoTrace(run, task, checked.commands)) {
      for (const command of checked.commands) t.execute(command, '');
      rejectUnanswered(t, updates);
      t.note('WorkflowTaskAttemptDropped', {});
      flush(t, heldBack);
      return;
    }
    const { sdkMetadata } = request;
    const by = { identity, sdkMetadata, ...versionedBy(task.started, request) };
    const completedEventId = t.append('WorkflowTaskCompleted', { ...appendStarted(t, task), ...by });
    for (const command of checked.commands) t.execute(command, String(completedEventId));
    if (!isOpen(run)) return;
    rejectUnanswered(t, updates);
    flush(t, heldBack);
    cancelUnclaimed(t, checked.batch.cancelRequestedActivities);
    if (!forced || !isMissing(run)) return;
    const { originalScheduledTime } = task;
    if (heartbeat) t.note('WorkflowTaskHeartbeatContinued', { originalScheduledTime });
    schedule(t);
  },

  RespondWorkflowTaskFailed(t, request) {
    answeredTask(t, request);
    const cause = fromWire<WorkflowTaskFailedCause>('workflowTaskFailedCause', request.cause);
    // Whether something went unseen is for the engine to say: it is retried without a pause.
    const own = cause === undefined || cause === 'UNHANDLED_COMMAND';
    failTask(t, own ? 'WORKFLOW_WORKER_UNHANDLED_FAILURE' : cause, request.failure, request.identity);
  },

  // Says only that the attempt is not with a Worker; if it is over anyway, that is true already.
  ReleaseWorkflowTask(t, request) {
    const { run } = t.execution;
    if (run?.runId !== request.runId || !isAnsweredBy(run.workflowTask, request)) return;
    const { heldBack } = run;
    t.note('WorkflowTaskAttemptReleased', { reason: request.reason });
    flush(t, heldBack);
  },
};

/** Makes the task's virtual events durable, with the time they had when the Worker got them. */
function appendStarted(t: Transition, task: OpenTask): { scheduledEventId: string; startedEventId: string } {
  const { started, attempt } = task;
  const { time } = started;
  if (task.scheduledEventId === undefined) {
    t.append('WorkflowTaskScheduled', scheduledAttributes(t.run, attempt), { time });
  }
  const startedEventId = t.append('WorkflowTaskStarted', startedAttributes(started), { time });
  return { scheduledEventId: String(started.scheduledEventId), startedEventId: String(startedEventId) };
}

function failTask(t: Transition, cause: WorkflowTaskFailedCause, failure?: Failure, identity?: string): void {
  const { workflowTask, heldBack } = t.run;
  const task = workflowTask as OpenTask;
  if (task.attempt === 1) {
    const wireCause = toWire('workflowTaskFailedCause', cause);
    t.append('WorkflowTaskFailed', { ...appendStarted(t, task), cause: wireCause, failure, identity });
  } else {
    const nextAttemptTime = t.now + retryPause(task.attempt);
    t.note('WorkflowTaskAttemptFailed', { cause, failure, nextAttemptTime });
  }
  flush(t, heldBack);
}

/** Before the run is closed from outside: the task that a Worker has is over, and what was held back enters history. */
export function forceClose(t: Transition): void {
  if (t.run.workflowTask?.started) failTask(t, 'FORCE_CLOSE_COMMAND');
}

export function* items(execution: Execution): Iterable<string> {
  if (execution.run?.workflowTask || execution.run?.inBackoff) yield '';
}

export function deadlines(execution: Execution): Deadline | undefined {
  const { run } = execution;
  if (run?.inBackoff) return { time: run.executionTime, order: 0 };
  const started = run?.workflowTask?.started;
  return started && { time: started.time + run!.workflowTaskTimeout, order: 0 };
}

export function tick(t: Transition): void {
  if (t.run.inBackoff) {
    schedule(t);
    return;
  }
  timeOut(t, t.run.workflowTask as OpenTask);
}

function timeOut(t: Transition, task: OpenTask): void {
  const { heldBack, workflowTaskTimeout } = t.run;
  const timeoutType = toWire('timeoutType', 'START_TO_CLOSE');
  if (task.attempt === 1) {
    t.append('WorkflowTaskTimedOut', { ...appendStarted(t, task), timeoutType });
  } else {
    const message =
      `no Worker answered within ${toDurationJson(workflowTaskTimeout)}: the Workers of the task queue are gone or overloaded, ` +
      `or the code of workflow ${t.run.workflowType} (run ${t.run.runId}) blocks`;
    const failure = { message, source: 'Server', timeoutFailureInfo: { timeoutType } };
    const nextAttemptTime = t.now + retryPause(task.attempt);
    t.note('WorkflowTaskAttemptFailed', { cause: 'TIMED_OUT', failure, nextAttemptTime });
  }
  flush(t, heldBack);
}

export function effects(execution: Execution): Owed | undefined {
  const { run } = execution;
  const task = run?.workflowTask;
  if (!run || !task || task.started || run.pause) return undefined;
  const { runId, workflowType, taskQueue } = run;
  const { attempt, scheduledEventId, releases, nextAttemptTime: since, nextDispatchTime: notBefore } = task;
  return {
    effect: { kind: 'RunWorkflowTask', runId, workflowType, taskQueue, attempt },
    identity: `${runId}/${scheduledEventId ?? 'virtual'}/${attempt}/${releases}${pinKey(run)}`,
    since,
    notBefore,
    resend: 'called',
    order: 0,
  };
}
