/** What a commit tells the metrics: attempts that began and ended, and how long that took. Looks at nothing else. */

import { attributesOf, type HistoryEvent, isTransient, type LogEvent } from '../../sdk/common/history.ts';
import type { Execution } from '../core/state.ts';
import type { Measures } from '../observability/measures.ts';
import { readEvent } from './log.ts';
import type { ExecutionStore } from './store.ts';

interface Attempt {
  taskQueue: string;
  activityType: string;
  /** Unknown when the object was loaded since. */
  startedTime?: number;
}

/** Events that end an activity, and the outcome of its last attempt. */
const ends: Record<string, string> = {
  EVENT_TYPE_ACTIVITY_TASK_COMPLETED: 'completed',
  EVENT_TYPE_ACTIVITY_TASK_FAILED: 'failed',
  EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: 'timed_out',
  EVENT_TYPE_ACTIVITY_TASK_CANCELED: 'canceled',
};
const taskEnds: Record<string, string> = {
  EVENT_TYPE_WORKFLOW_TASK_COMPLETED: 'completed',
  EVENT_TYPE_WORKFLOW_TASK_FAILED: 'failed',
  EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT: 'timed_out',
};

export class TurnMeasures {
  readonly #measures: Measures;
  readonly #store: ExecutionStore;
  readonly #attempts = new Map<number, Attempt>();

  constructor(measures: Measures, store: ExecutionStore) {
    this.#measures = measures;
    this.#store = store;
  }

  /** @param events of the newest run */
  committed({ run, runNumber }: Execution, events: readonly LogEvent[], now: number): void {
    if (!run) return;
    for (const event of events) {
      if (isTransient(event)) {
        if (event.transient === 'ActivityTaskAttemptStarted') {
          const { scheduledEventId } = event.attributes;
          const pending = run.activities.get(scheduledEventId);
          if (!pending) continue;
          const { taskQueue, activityType, attemptScheduledTime } = pending;
          this.#attempts.set(scheduledEventId, { taskQueue, activityType, startedTime: event.time });
          const waited = (event.time - attemptScheduledTime) / 1_000;
          this.#measures.observe('perdure_activity_schedule_to_start_seconds', [taskQueue], waited);
        } else if (event.transient === 'ActivityTaskAttemptFailed') {
          const { scheduledEventId, failure } = event.attributes;
          const outcome = failure?.timeoutFailureInfo ? 'timed_out' : 'failed';
          this.#over(runNumber, scheduledEventId, outcome, now);
        } else if (event.transient === 'WorkflowTaskAttemptFailed')
          this.#measures.count('perdure_workflow_tasks_total', [run.taskQueue, 'failed']);
      } else this.#history(event, runNumber, run.taskQueue, now);
    }
  }

  /** Memory was dropped. */
  dropped(): void {
    this.#attempts.clear();
  }

  #history(event: HistoryEvent, runNumber: number, taskQueue: string, now: number): void {
    const { eventType } = event;
    const outcome = ends[eventType];
    const taskOutcome = taskEnds[eventType];
    if (eventType === 'EVENT_TYPE_TIMER_FIRED')
      this.#measures.count('perdure_timers_fired_total', [taskQueue]);
    if (taskOutcome) this.#measures.count('perdure_workflow_tasks_total', [taskQueue, taskOutcome]);
    if (!outcome) return;
    const [, attributes] = Object.entries(event).find(([key]) => key.endsWith('EventAttributes')) ?? [];
    this.#over(
      runNumber,
      Number((attributes as { scheduledEventId: string }).scheduledEventId),
      outcome,
      now,
    );
  }

  #over(runNumber: number, scheduledEventId: number, outcome: string, now: number): void {
    const attempt = this.#attempts.get(scheduledEventId) ?? this.#read(runNumber, scheduledEventId);
    this.#attempts.delete(scheduledEventId);
    if (!attempt) return;
    const { taskQueue, activityType, startedTime } = attempt;
    this.#measures.count('perdure_activity_attempts_total', [taskQueue, activityType, outcome]);
    if (startedTime !== undefined)
      this.#measures.observe(
        'perdure_activity_attempt_seconds',
        [taskQueue, activityType],
        (now - startedTime) / 1_000,
      );
  }

  /** The attempt began before the object was loaded. */
  #read(runNumber: number, scheduledEventId: number): Attempt | undefined {
    const event = readEvent(this.#store, runNumber, scheduledEventId);
    if (!event) return undefined;
    const { taskQueue, activityType } = attributesOf(event, 'ActivityTaskScheduled');
    return { taskQueue: taskQueue.name, activityType: activityType.name };
  }
}
