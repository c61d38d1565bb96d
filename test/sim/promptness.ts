/**
 * While nothing goes wrong and no clock was ever wrong, what is due is done at once: timers fire, tasks and attempts reach a Worker within seconds.
 * (That everything is done at last, also after faults, is I54.)
 */

import { fromTimestampJson } from '../../sdk/common/duration.ts';
import { isOpen } from '../../src/core/state.ts';
import { check } from '../checker/violation.ts';
import type { Owner } from './objects.ts';
import type { World } from './world.ts';

/** A timer needs nobody but the object. */
const TIMER_MS = 1_000;
/** What needs a Worker: through directory, Queue and consumer, each of which takes its time. */
const TASK_MS = 10_000;
const DIRECTORY_MS = 60_000;

export function checkPromptness(world: World, owner: Owner): void {
  const { quietSince, clock } = world;
  const { probability, limits, builds } = world.settings;
  if (probability.clockSteps > 0) return;
  const { run } = owner.shadow;
  if (quietSince === undefined || owner.alarmLost || owner.alarmRunning || !isOpen(run)) return;
  // What was due in the base is due when the run is reset; what was due in a pause, when that is over.
  const free = Math.max(run.reset?.time ?? 0, unpausedAt(owner));
  const late = (due: number, bound: number): boolean =>
    due > quietSince && clock > Math.max(due, free) + bound;
  // The directory sets Workers aside that did not answer, and lists them anew every few seconds.
  const taskMs = limits > 0 || builds > 0 ? DIRECTORY_MS : TASK_MS;
  const at = `${owner.workflowId} at ${clock}:`;
  for (const [timerId, { fireTime }] of run.timers) {
    check(!late(fireTime, TIMER_MS), `${at} timer ${timerId} was due at ${fireTime}`);
  }
  if (run.pause) return;
  const { workflowTask: task } = run;
  if (task && !task.started && task.releases === 0) {
    check(!late(task.nextAttemptTime, taskMs), `${at} its workflow task was due at ${task.nextAttemptTime}`);
  }
  // They wait for leave.
  if (limits > 0) return;
  for (const { activityId, attempt, attemptScheduledTime, ...pending } of run.activities.values()) {
    if (pending.claim || pending.releases > 0 || pending.pause) continue;
    const due = attemptScheduledTime;
    check(!late(due, taskMs), `${at} attempt ${attempt} of activity ${activityId} was due at ${due}`);
  }
}

function unpausedAt(owner: Owner): number {
  const unpaused = owner.runs
    .at(-1)
    ?.events.findLast(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED');
  return unpaused ? fromTimestampJson(unpaused.eventTime) : 0;
}
