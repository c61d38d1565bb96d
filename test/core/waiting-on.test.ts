import { describe, expect, it } from 'vitest';
import { newRun, type PendingActivity, type RunState } from '../../src/core/state.ts';
import { visibilityDetails } from '../../src/core/waiting-on.ts';

const activity = (activityType: string, attempt: number, message?: string) =>
  ({
    activityType,
    attempt,
    taskQueue: 'q',
    attemptScheduledTime: 0,
    ...(message && { lastFailure: { message } }),
  }) as PendingActivity;

function run(change: (run: RunState) => void): RunState {
  const made = newRun(0);
  change(made);
  return made;
}

describe('what holds a run', () => {
  it('is named by kind and by name, each once', () => {
    const details = visibilityDetails(
      run(({ activities, timers, children }) => {
        activities.set(5, activity('charge', 3, 'no money')).set(6, activity('charge', 1));
        timers.set('t1', { startedEventId: 7, fireTime: 1 });
        children.set(8, { workflowType: 'ship' } as never);
      }),
    );
    expect(details).toEqual({
      waitingOn: ['activity', 'activity:charge', 'timer', 'timer:t1', 'child', 'child:ship'],
      pendingActivityAttempts: 3,
      lastFailure: 'no money',
      backlog: [['q', 'activity', 2, 0]],
    });
  });

  it('counts a task to the backlog while it is due and nobody has it', () => {
    const backlogOf = (change: (run: RunState) => void) => visibilityDetails(run(change)).backlog;
    expect(backlogOf(() => undefined)).toBeUndefined();
    const claimed = { ...activity('charge', 1), claim: { claimant: 'x', time: 0 } } as PendingActivity;
    const later = { ...activity('charge', 2), attemptScheduledTime: 1 };
    const other = { ...activity('pack', 1), taskQueue: 'other' };
    const pending = backlogOf(({ activities }) => {
      activities.set(5, claimed).set(6, later).set(7, other).set(8, activity('charge', 1));
    });
    expect(pending).toEqual([
      ['other', 'activity', 1, 0],
      ['q', 'activity', 1, 0],
    ]);
    const waiting = backlogOf((made) => {
      made.taskQueue = 'q';
      made.workflowTask = { attempt: 1, scheduledTime: 3, nextAttemptTime: 7 } as never;
    });
    expect(waiting).toEqual([['q', 'workflow', 1, 7]]);
    const backsOff = backlogOf((made) => {
      made.workflowTask = { attempt: 2, scheduledTime: 3, nextAttemptTime: 7, lastFailure: {} } as never;
    });
    expect(backsOff).toBeUndefined();
    const closed = backlogOf((made) => {
      made.status = 'COMPLETED';
      made.activities.set(5, activity('charge', 1));
    });
    expect(closed).toBeUndefined();
  });

  it('is a signal when nothing of its own can wake it, and nothing once it is closed', () => {
    expect(visibilityDetails(run(() => undefined)).waitingOn).toEqual(['signal']);
    const closed = run((made) => {
      made.status = 'COMPLETED';
    });
    expect(visibilityDetails(closed).waitingOn).toEqual([]);
  });

  it('names no more timers than a list can show', () => {
    const { waitingOn } = visibilityDetails(
      run(({ timers }) => {
        for (let i = 0; i < 10_000; i++) timers.set(`t${i}`, { startedEventId: i, fireTime: 1 });
      }),
    );
    expect(waitingOn).toHaveLength(51);
  });

  it("is a problem, in Temporal's words, as soon as a workflow task has failed or nobody takes a task", () => {
    const failing = run((made) => {
      made.workflowTask = {
        attempt: 2,
        lastFailure: { cause: 'NON_DETERMINISTIC_ERROR', failure: { message: 'no such activity' } },
      } as never;
    });
    expect(visibilityDetails(failing)).toMatchObject({
      problems: ['category=WorkflowTaskFailed', 'cause=WorkflowTaskFailedCauseNonDeterministicError'],
      problemReason: 'no such activity',
    });
    const alone = run((made) => {
      made.workflowTask = { attempt: 1, releaseReason: 'no Worker' } as never;
      made.activities.set(5, { ...activity('charge', 1), releaseReason: 'refused' } as never);
    });
    expect(visibilityDetails(alone)).toMatchObject({
      problems: ['category=WorkflowTaskNotTaken', 'category=ActivityTaskNotTaken'],
      problemReason: 'no Worker',
    });
    const unserved = run((made) => {
      made.workflowTask = { attempt: 1 } as never;
    });
    expect(visibilityDetails(unserved, { workflowTask: 'no Worker serves q' })).toMatchObject({
      problems: ['category=WorkflowTaskNotTaken'],
      problemReason: 'no Worker serves q',
    });
    alone.status = 'COMPLETED';
    expect(visibilityDetails(alone).problems).toBeUndefined();
  });

  it('is, once the run has failed, its failure down to the root, and no failure of an activity that it left', () => {
    const failed = run((made) => {
      made.status = 'FAILED';
      made.activities.set(5, activity('charge', 3, 'no money'));
    });
    const failure = {
      message: 'Activity task failed',
      cause: { message: '', cause: { message: 'no card' } },
    };
    expect(visibilityDetails(failed, {}, failure).lastFailure).toBe('Activity task failed ← no card');
    expect(visibilityDetails(failed).lastFailure).toBeUndefined();
  });
});
