import { describe, expect, it } from 'vitest';
import { type Command, makeCommand } from '../../sdk/common/command.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { oweAgain, workflowTaskState } from '../../src/core/transition.ts';
import {
  completeWorkflow,
  Driver,
  EPOCH,
  MINUTE,
  payloads,
  running,
  SECOND,
  scheduleActivity,
  startTimer,
} from './harness.ts';

function started(): Driver {
  const driver = new Driver();
  driver.start();
  return driver;
}

describe('a workflow task', () => {
  it('is scheduled by the turn of what wakes the run, and owed to a Worker', () => {
    const driver = started();
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
    expect(driver.effectsOf('RunWorkflowTask')).toEqual([
      {
        kind: 'RunWorkflowTask',
        runId: 'run-0',
        workflowType: 'moneyTransfer',
        taskQueue: 'money',
        attempt: 1,
      },
    ]);
  });

  it('shows its Started event to the Worker alone until it completes, with the same attributes and time', () => {
    const driver = started();
    driver.now += 5;
    const reply = driver.startTask();
    expect(driver.names()).toHaveLength(2);
    expect(reply).toMatchObject({ startedEventId: 3, attempt: 1, startToCloseTimeout: 10_000 });
    driver.now += 7;
    driver.completeTask();
    const history = driver.history();
    expect(history.slice(2, 3)).toEqual(reply.virtualEvents);
    expect(history[2]!.eventTime).toBe(new Date(EPOCH + 5).toISOString());
    expect(history[3]!.eventTime).toBe(new Date(EPOCH + 12).toISOString());
    expect(driver.last('WorkflowTaskCompleted')).toMatchObject({
      scheduledEventId: '2',
      startedEventId: '3',
    });
  });

  it('is one for everything that arrives before it starts', () => {
    const driver = started();
    driver.signal('a');
    driver.signal('b');
    expect(driver.names().filter((name) => name === 'WorkflowTaskScheduled')).toHaveLength(1);
    expect(driver.startTask().startedEventId).toBe(5);
  });

  it('is not started twice, and not before there is one', () => {
    const driver = started();
    driver.startTask();
    const request = { runId: 'run-0', identity: 'other' };
    expect(driver.refusal('RecordWorkflowTaskStarted', request).code).toBe('NOT_FOUND');
    driver.completeTask();
    expect(driver.refusal('RecordWorkflowTaskStarted', request).code).toBe('NOT_FOUND');
  });

  it('takes one answer: a second or a stale one is refused', () => {
    const driver = started();
    const { startedEventId } = driver.startTask();
    const answer = { runId: 'run-0', startedEventId, attempt: 1, commands: [] };
    expect(driver.refusal('RespondWorkflowTaskCompleted', { ...answer, attempt: 2 }).code).toBe('NOT_FOUND');
    driver.send('RespondWorkflowTaskCompleted', answer);
    expect(driver.refusal('RespondWorkflowTaskCompleted', answer).code).toBe('NOT_FOUND');
    expect(driver.refusal('RespondWorkflowTaskFailed', { ...answer, cause: 'X' }).code).toBe('NOT_FOUND');
  });

  it('suggests continue-as-new once history is long, and says why', () => {
    const driver = started();
    for (let i = 0; i < 4_100; i++) driver.signal(`s${i}`);
    const [event] = driver.startTask().virtualEvents as [HistoryEvent<'WorkflowTaskStarted'>];
    expect(event.workflowTaskStartedEventAttributes).toMatchObject({
      suggestContinueAsNew: true,
      suggestContinueAsNewReasons: ['SUGGEST_CONTINUE_AS_NEW_REASON_TOO_MANY_HISTORY_EVENTS'],
    });
  });
});

describe('what arrives while a task is started', () => {
  it('is acknowledged at once, and enters history behind the task and its commands, completions last', () => {
    const driver = running(scheduleActivity('1'), startTimer('t', '5s'));
    driver.claim('1');
    driver.signal('go');
    driver.startTask();
    driver.complete('1', 'receipt');
    driver.signal('held');
    driver.advance(5 * SECOND);
    expect(driver.names()).toHaveLength(8);
    driver.completeTask([scheduleActivity('2')]);
    expect(driver.names(9)).toEqual([
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'ActivityTaskScheduled',
      'WorkflowExecutionSignaled',
      'TimerFired',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
      'WorkflowTaskScheduled',
    ]);
    expect(driver.last('ActivityTaskCompleted')).toMatchObject({
      startedEventId: '14',
      result: payloads('receipt'),
    });
    expect(driver.last('WorkflowExecutionSignaled').signalName).toBe('held');
  });

  it('decides at once: an activity that completed takes no second answer', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.signal('go');
    driver.startTask();
    const task = driver.task('1');
    driver.complete('1');
    expect(driver.refusal('RespondActivityTaskFailed', { task, failure: { message: 'x' } }).code).toBe(
      'NOT_FOUND',
    );
  });

  it('survives a load', () => {
    const driver = started();
    driver.startTask();
    driver.signal('held');
    driver.reload();
    driver.releaseTask('the engine restarted');
    expect(driver.names()).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowExecutionSignaled',
    ]);
    expect(driver.startTask()).toMatchObject({ attempt: 1, startedEventId: 4 });
    driver.completeTask();
    expect(driver.last('WorkflowTaskStarted').scheduledEventId).toBe('2');
    expect(driver.run.workflowTask).toBeUndefined();
  });
});

describe('closing a run while something unseen waits', () => {
  it('fails the task with UNHANDLED_COMMAND and asks again at once, so that no signal is lost', () => {
    const driver = started();
    driver.startTask();
    driver.signal('wait');
    driver.completeTask([completeWorkflow()]);
    expect(driver.names(3)).toEqual([
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
    ]);
    expect(driver.last('WorkflowTaskFailed').cause).toBe('WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND');
    expect(driver.run.workflowTask).toMatchObject({ attempt: 1, nextAttemptTime: driver.now });
    driver.runTask(completeWorkflow());
    expect(driver.run.status).toBe('COMPLETED');
  });

  it('does so on a later attempt too, without its backoff', () => {
    const driver = started();
    for (let attempt = 1; attempt <= 4; attempt++) {
      driver.startTask();
      driver.failTask();
      driver.advance(MINUTE);
    }
    driver.startTask();
    driver.signal('wait');
    driver.completeTask([completeWorkflow()]);
    expect(driver.run.workflowTask).toMatchObject({ attempt: 1, nextAttemptTime: driver.now });
    expect(driver.names().at(-2)).toBe('WorkflowExecutionSignaled');
  });

  it('never happens to a task that does not close the run', () => {
    const driver = started();
    driver.startTask();
    driver.signal('wait');
    driver.completeTask([startTimer('1', '1s')]);
    expect(driver.names()).not.toContain('WorkflowTaskFailed');
  });
});

describe('a workflow task that fails', () => {
  it('is in history the first time only, and is retried at once, then after 5, 10, 20, 40, 60, 60 s', () => {
    const driver = started();
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 7; attempt++) {
      expect(driver.startTask().attempt).toBe(attempt);
      driver.failTask('NON_DETERMINISTIC_ERROR', `failure ${attempt}`);
      pauses.push((driver.run.workflowTask!.nextAttemptTime - driver.now) / SECOND);
      driver.now = driver.run.workflowTask!.nextAttemptTime;
    }
    expect(pauses).toEqual([0, 5, 10, 20, 40, 60, 60]);
    expect(driver.names(3)).toEqual(['WorkflowTaskStarted', 'WorkflowTaskFailed']);
    expect(driver.last('WorkflowTaskFailed')).toMatchObject({
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR',
      failure: { message: 'failure 1' },
    });
    expect(driver.run.workflowTask!.lastFailure).toMatchObject({ failure: { message: 'failure 7' } });
  });

  it('takes the cause in both spellings, but does not let a Worker say that something was unhandled', () => {
    const causes = ['', 'UNHANDLED_COMMAND', 'WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR'].map(
      (cause) => {
        const driver = started();
        driver.startTask();
        driver.failTask(cause);
        expect(driver.run.workflowTask!.attempt).toBe(2);
        return driver.last('WorkflowTaskFailed').cause;
      },
    );
    const unhandled = 'WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE';
    expect(causes).toEqual([unhandled, unhandled, 'WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR']);
  });

  it('cannot be started while it is in backoff, and is not owed before', () => {
    const driver = started();
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 1 });
    driver.startTask();
    driver.failTask();
    driver.startTask();
    driver.failTask();
    const request = { runId: 'run-0', identity: 'worker' };
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(0);
    oweAgain(driver.execution);
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(0);
    expect(driver.refusal('RecordWorkflowTaskStarted', request).code).toBe('NOT_FOUND');
    expect(driver.deadline).toBe(EPOCH + 5 * SECOND);
    driver.advance(5 * SECOND);
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
    driver.send('RecordWorkflowTaskStarted', request);
  });

  it('writes the Scheduled and Started events of the attempt that completes, as its Worker saw them', () => {
    const driver = started();
    driver.startTask();
    driver.failTask();
    driver.signal('between');
    const reply = driver.startTask();
    expect(reply).toMatchObject({ startedEventId: 7, attempt: 2 });
    driver.now += 3;
    driver.completeTask();
    expect(driver.history().slice(5, 7)).toEqual(reply.virtualEvents);
    expect(driver.names(3)).toEqual([
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
    ]);
    expect(driver.last('WorkflowTaskScheduled').attempt).toBe(2);
  });

  it('because its Worker did not answer is timed out after the workflow task timeout', () => {
    const driver = started();
    driver.startTask();
    driver.effects();
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 1 });
    expect(driver.deadline).toBe(EPOCH + 10 * SECOND);
    driver.signal('held');
    driver.advance(10 * SECOND);
    expect(driver.names(3)).toEqual([
      'WorkflowTaskStarted',
      'WorkflowTaskTimedOut',
      'WorkflowExecutionSignaled',
    ]);
    expect(driver.last('WorkflowTaskTimedOut').timeoutType).toBe('TIMEOUT_TYPE_START_TO_CLOSE');
    driver.startTask();
    driver.advance(10 * SECOND);
    expect(driver.names()).toHaveLength(5);
    expect(driver.run.workflowTask).toMatchObject({
      attempt: 3,
      nextAttemptTime: driver.now + 5 * SECOND,
      lastFailure: {
        cause: 'TIMED_OUT',
        failure: {
          message: expect.stringMatching(/^no Worker answered within 10s: .* \(run run-0\) blocks$/),
        },
      },
    });
  });

  it('refuses an answer that comes with the timeout', () => {
    const driver = started();
    const { startedEventId } = driver.startTask();
    driver.now += 10 * SECOND;
    const answer = { runId: 'run-0', startedEventId, attempt: 1, commands: [completeWorkflow()] };
    expect(driver.refusal('RespondWorkflowTaskCompleted', answer).code).toBe('NOT_FOUND');
    expect(driver.names().at(-1)).toBe('WorkflowTaskTimedOut');
  });
});

describe('a workflow task that is released', () => {
  it('leaves no trace in history, keeps its attempt, and is owed again with growing pauses', () => {
    const driver = started();
    const pauses: number[] = [];
    for (let i = 0; i < 10; i++) {
      driver.startTask();
      driver.releaseTask();
      pauses.push((driver.run.workflowTask!.nextDispatchTime - driver.now) / SECOND);
    }
    expect(pauses).toEqual([0, 0.5, 1, 2, 4, 8, 16, 32, 60, 60]);
    expect(driver.names()).toHaveLength(2);
    expect(driver.run.workflowTask!.attempt).toBe(1);
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(0);
    driver.walk(59 * SECOND);
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(0);
    driver.advance(SECOND);
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
  });

  it('is owed at once when a Worker appears, and may be started before its pause is over', () => {
    const driver = started();
    for (let i = 0; i < 5; i++) {
      driver.startTask();
      driver.releaseTask();
    }
    oweAgain(driver.execution);
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
    expect(driver.startTask().attempt).toBe(1);
  });

  it('once more, or after its end, changes nothing', () => {
    const driver = started();
    const { startedEventId } = driver.startTask();
    const release = { runId: 'run-0', startedEventId, attempt: 1, reason: 'the engine restarted' };
    driver.send('ReleaseWorkflowTask', release);
    const written = driver.events().length;
    driver.send('ReleaseWorkflowTask', release);
    expect(driver.events()).toHaveLength(written);
  });

  it('is sent again by age when nobody could be asked at all', () => {
    const driver = started();
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
    driver.now += 4_999;
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(0);
    driver.now += 1;
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
  });

  it('was never touched by a load: the shell sees that it is started and releases it', () => {
    const driver = started();
    const reply = driver.startTask();
    driver.reload();
    expect(workflowTaskState(driver.run)?.started).toEqual(reply);
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(0);
    driver.releaseTask('the engine restarted');
    expect(driver.effectsOf('RunWorkflowTask')).toHaveLength(1);
  });
});

describe('a heartbeat of a workflow task', () => {
  /** Answers the task that is started and asks for another one. */
  function heartbeat(driver: Driver, commands: Command[] = []): void {
    const { attempt, started } = driver.run.workflowTask!;
    const { runId } = driver.run;
    const answer = { runId, attempt, startedEventId: started!.startedEventId, commands };
    driver.send('RespondWorkflowTaskCompleted', { ...answer, forceCreateNewWorkflowTask: true });
  }

  it('completes the task and schedules the next one in the same transition', () => {
    const driver = started();
    driver.startTask();
    heartbeat(driver);
    driver.startTask();
    driver.completeTask([completeWorkflow()]);
    expect(driver.names()).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'WorkflowExecutionCompleted',
    ]);
  });

  it('puts what arrived meanwhile before the next task, which is one task for both', () => {
    const driver = started();
    driver.startTask();
    driver.signal('meanwhile');
    heartbeat(driver);
    expect(driver.names().slice(-3)).toEqual([
      'WorkflowTaskCompleted',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
    ]);
  });

  it('goes on for half an hour; the next one times the task out', () => {
    const driver = started();
    const begin = driver.now;
    for (let beats = 0; driver.names().at(-1) !== 'WorkflowTaskTimedOut'; beats++) {
      expect(beats).toBeLessThan(1_000);
      driver.startTask();
      driver.now += 8 * SECOND;
      heartbeat(driver);
    }
    expect(driver.now - begin).toBe(1_808 * SECOND);
    expect(driver.run.workflowTask).toMatchObject({ attempt: 2 });
    // The clock of the heartbeats begins anew.
    driver.startTask();
    driver.now += 8 * SECOND;
    heartbeat(driver);
    expect(driver.names().at(-1)).toBe('WorkflowTaskScheduled');
  });

  it('that has something to say begins the half hour anew', () => {
    const driver = started();
    const marker = makeCommand('RecordMarker', { markerName: 'm' });
    for (let beats = 0; beats < 400; beats++) {
      driver.startTask();
      driver.now += 8 * SECOND;
      heartbeat(driver, beats % 200 === 0 ? [marker] : []);
    }
    expect(driver.names()).not.toContain('WorkflowTaskTimedOut');
  });

  it('of a run that it closes schedules nothing', () => {
    const driver = started();
    driver.startTask();
    heartbeat(driver, [completeWorkflow()]);
    expect(driver.names().at(-1)).toBe('WorkflowExecutionCompleted');
  });
});
