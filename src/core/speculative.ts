/**
 * Speculative workflow tasks: those that nothing but an update asks for. Nothing of them is in history, not even that
 * they are due, until something durable comes of them; if nothing does, they never were.
 */

import type { Command } from '../../sdk/common/command.ts';
import type { EpochMs } from '../../sdk/common/duration.ts';
import type { Place } from './noun.ts';
import { type PendingWorkflowTask, type RunState, touch } from './state.ts';

/** A task that may be started from now on. */
export function due(
  attempt: number,
  scheduledTime: EpochMs,
  originalScheduledTime: EpochMs,
): PendingWorkflowTask {
  return {
    attempt,
    scheduledTime,
    originalScheduledTime,
    nextAttemptTime: scheduledTime,
    nextDispatchTime: scheduledTime,
    releases: 0,
  };
}

/** Nothing of it is in history, and nobody works on it. */
function isSpeculative({ attempt, scheduledEventId, started }: PendingWorkflowTask): boolean {
  return attempt === 1 && scheduledEventId === undefined && !started;
}

/** Called by `apply` of what changes the pending task or the admitted updates: while there are such, a task is due. */
export function deriveSpeculative(
  run: RunState,
  { execution, time }: Pick<Place, 'execution' | 'time'>,
): void {
  const { workflowTask: task, updates } = run;
  if (updates.admitted.size > 0) {
    if (!task && !run.inBackoff) run.workflowTask = due(1, time, time);
  } else if (task && isSpeculative(task)) {
    delete run.workflowTask;
  }
  touch(execution, 'workflowTask');
}

/** May something unseen ask for a task? A speculative one becomes an ordinary one by it. */
export function isMissing({ workflowTask: task, inBackoff }: RunState): boolean {
  return !inBackoff && (!task || isSpeculative(task));
}

/** A speculative task that was answered with rejections alone. */
export function leavesNoTrace(run: RunState, task: PendingWorkflowTask, commands: Command[]): boolean {
  if (task.attempt > 1 || task.scheduledEventId !== undefined || run.unseen) return false;
  return commands.every(
    (command) =>
      'protocolMessageCommandAttributes' in command &&
      'rejection' in command.protocolMessageCommandAttributes.message,
  );
}
