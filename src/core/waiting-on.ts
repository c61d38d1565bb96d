/** What holds an open run, and what a closed one failed with, in words that a list filter can ask for. Reads only. */

import type { Failure } from '../../sdk/common/failure.ts';
import type { VisibilityDetails } from '../../sdk/common/service.ts';
import { isHeld } from './activity-timeouts.ts';
import { isOpen, type RunState } from './state.ts';

/** A run may wait for thousands of things; a list shows no more than these of each kind. */
const MAX_NAMED = 50;

function* named(kind: string, names: Iterable<string>): Iterable<string> {
  let count = 0;
  for (const name of new Set(names)) {
    if (count++ === 0) yield kind;
    if (count <= MAX_NAMED) yield `${kind}:${name}`;
  }
}

function waitingOn(run: RunState): string[] {
  const { activities, timers, children, externals, workflowTask } = run;
  const kinds = [
    ...(workflowTask ? ['workflowTask'] : []),
    ...named(
      'activity',
      [...activities.values()].map(({ activityType }) => activityType),
    ),
    ...named('timer', timers.keys()),
    ...named(
      'child',
      [...children.values()].map(({ workflowType }) => workflowType),
    ),
    ...named(
      'externalWorkflow',
      [...externals.values()].map(({ workflowId }) => workflowId),
    ),
  ];
  // Nothing of its own can wake it: only a signal, an update or a cancel request from outside.
  return kinds.length > 0 ? kinds : ['signal'];
}

type Backlog = NonNullable<VisibilityDetails['backlog']>;

/** As of the last event: what becomes due later, and meets no Worker, is told when it is tried. */
function backlogOf(run: RunState): Backlog {
  const waiting = new Map<string, Backlog[number]>();
  for (const pending of run.activities.values()) {
    if (pending.claim || pending.attemptScheduledTime > run.lastEventTime || isHeld(pending, run)) continue;
    const { taskQueue, attemptScheduledTime } = pending;
    const [, , count, since] = waiting.get(taskQueue) ?? [taskQueue, 'activity', 0, attemptScheduledTime];
    waiting.set(taskQueue, [taskQueue, 'activity', count + 1, Math.min(since, attemptScheduledTime)]);
  }
  const { workflowTask: task } = run;
  const waits = task && !task.started && !run.inBackoff && !run.pause;
  const since = task ? Math.max(task.scheduledTime, task.nextAttemptTime) : 0;
  // One that failed waits for its time, not for a Worker.
  const due = waits && !(task.lastFailure && since > run.lastEventTime);
  return [...(due ? [[run.taskQueue, 'workflow', 1, since] as Backlog[number]] : []), ...waiting.values()];
}

/** What memory knows beside the state: nobody is there to take a task of this kind. */
export interface HeldTasks {
  workflowTask?: string;
  activityTask?: string;
}

const pascal = (cause: string): string =>
  cause.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Why it does not go on although something is due, as Temporal's `TemporalReportedProblems` says it, from the first failure on.
 * That nobody takes a task is ours: there a queue is only longer.
 */
function problems({ workflowTask, activities }: RunState, held: HeldTasks): string[] {
  const found: string[] = [];
  const { cause } = workflowTask?.lastFailure ?? {};
  if (cause === 'TIMED_OUT')
    found.push('category=WorkflowTaskTimedOut', 'cause=WorkflowTaskTimedOutCauseStartToClose');
  else if (cause) found.push('category=WorkflowTaskFailed', `cause=WorkflowTaskFailedCause${pascal(cause)}`);
  if (workflowTask?.releaseReason ?? held.workflowTask) found.push('category=WorkflowTaskNotTaken');
  if (held.activityTask ?? [...activities.values()].some(({ releaseReason }) => releaseReason))
    found.push('category=ActivityTaskNotTaken');
  return found;
}

const MAX_MESSAGE = 4_096;

/** From the outermost to the root: `Activity task failed ← no money`. */
function messages(failure: Failure): string[] {
  const found: string[] = [];
  for (let at: Failure | undefined = failure; at; at = at.cause) if (at.message) found.push(at.message);
  return found;
}

/**
 * Without its sequence, which the log gives.
 * @param closedWith what a failed run was closed with, which its history says
 */
export function visibilityDetails(
  run: RunState,
  held: HeldTasks = {},
  closedWith?: Failure,
): Omit<VisibilityDetails, 'sequence'> {
  const { workflowTask } = run;
  const activities = [...run.activities.values()];
  const attempts = activities.map(({ attempt }) => attempt);
  const failures = [
    workflowTask?.lastFailure &&
      (workflowTask.lastFailure.failure?.message ?? workflowTask.lastFailure.cause),
    ...activities.map(({ lastFailure }) => lastFailure?.message),
  ];
  const lastFailure = isOpen(run)
    ? failures.findLast((message) => message !== undefined)
    : closedWith && messages(closedWith).join(' ← ');
  const backlog = isOpen(run) ? backlogOf(run) : [];
  const reported = isOpen(run) ? problems(run, held) : [];
  const reason =
    failures[0] ??
    workflowTask?.releaseReason ??
    held.workflowTask ??
    held.activityTask ??
    activities.find(({ releaseReason }) => releaseReason)?.releaseReason;
  return {
    waitingOn: isOpen(run) ? waitingOn(run) : [],
    pendingActivityAttempts: attempts.reduce((most, attempt) => Math.max(most, attempt), 0),
    ...(lastFailure !== undefined && { lastFailure: lastFailure.slice(0, MAX_MESSAGE) }),
    ...(reported.length > 0 && { problems: reported }),
    ...(reported.length > 0 && reason && { problemReason: reason.slice(0, MAX_MESSAGE) }),
    ...(backlog.length > 0 && { backlog }),
  };
}
