import { describe, expect, it } from 'vitest';
import { DEFAULT_MAX_PAYLOAD_BYTES } from '../../sdk/common/limits.ts';
import { oweAgain } from '../../src/core/transition.ts';
import {
  applicationFailure,
  completeWorkflow,
  EPOCH,
  HOUR,
  MINUTE,
  payloads,
  requestCancelActivity,
  running,
  SECOND,
  scheduleActivity,
} from './harness.ts';

describe('an activity that succeeds', () => {
  it('leaves scheduled, started and completed in history, the last two together', () => {
    const driver = running(scheduleActivity('1', { input: payloads(100) }));
    driver.claim('1');
    expect(driver.names(5)).toEqual(['ActivityTaskScheduled']);
    driver.complete('1', 'receipt');
    expect(driver.names(5)).toEqual([
      'ActivityTaskScheduled',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
      'WorkflowTaskScheduled',
    ]);
    expect(driver.last('ActivityTaskCompleted')).toMatchObject({
      scheduledEventId: '5',
      startedEventId: '6',
      result: payloads('receipt'),
    });
    expect(driver.run.activities.size + driver.run.activityIds.size).toBe(0);
  });

  it('is dispatched when it is due, and again at ages 1 min, 15 min, then hourly: a Queue that is behind is not sent more', () => {
    const driver = running(scheduleActivity('1'));
    const ages: number[] = [];
    const end = EPOCH + 3 * HOUR;
    while (driver.now <= end) {
      if (driver.effectsOf('DispatchActivityTask').length > 0) ages.push((driver.now - EPOCH) / SECOND);
      driver.now = driver.deadline!;
    }
    expect(ages).toEqual([0, 60, 900, 3_600, 7_200, 10_800]);
  });

  it('is dispatched by every load, and no more once it is claimed by a message', () => {
    const driver = running(scheduleActivity('1'));
    expect(driver.effectsOf('DispatchActivityTask')).toHaveLength(1);
    expect(driver.effectsOf('DispatchActivityTask')).toHaveLength(0);
    driver.reload();
    expect(driver.effectsOf('DispatchActivityTask')).toHaveLength(1);
    driver.claim('1');
    driver.reload();
    expect(driver.effectsOf('DispatchActivityTask')).toHaveLength(0);
  });

  it('uses the queue of its workflow unless it names one', () => {
    const driver = running(scheduleActivity('1'), scheduleActivity('2', { taskQueue: { name: 'other' } }));
    expect(driver.effectsOf('DispatchActivityTask').map((effect) => effect.taskQueue)).toEqual([
      'money',
      'other',
    ]);
  });

  it('may be completed by its id while no attempt runs', () => {
    const driver = running(scheduleActivity('1'));
    driver.send('RespondActivityTaskCompleted', {
      task: { namespace: 'default', workflowId: 'order-1', activityId: '1' },
      result: payloads('by hand'),
      identity: 'a person',
    });
    expect(driver.last('ActivityTaskStarted').identity).toBe('a person');
    expect(driver.last('ActivityTaskCompleted').result).toEqual(payloads('by hand'));
  });

  it('fails for good when its result is too large to be stored', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    const data = 'A'.repeat(Math.ceil((DEFAULT_MAX_PAYLOAD_BYTES + 1) / 3) * 4);
    const task = driver.task('1');
    driver.send('RespondActivityTaskCompleted', { task, result: { payloads: [{ data }] } });
    expect(driver.last('ActivityTaskFailed')).toMatchObject({
      retryState: 'RETRY_STATE_NON_RETRYABLE_FAILURE',
      failure: { serverFailureInfo: { nonRetryable: true } },
    });
    expect(driver.last('ActivityTaskFailed').failure.message).toMatch(/^result: a payload of \d+ bytes/);
  });
});

describe('a claim', () => {
  it('is answered the same when the same claimant asks again, and refused to anybody else', () => {
    const driver = running(scheduleActivity('1'));
    driver.now += SECOND;
    const reply = driver.claim('1', 'message-1');
    expect(reply).toMatchObject({ attempt: 1, scheduledTime: EPOCH, startedTime: EPOCH + SECOND });
    driver.now += SECOND;
    expect(driver.claim('1', 'message-1')).toEqual(reply);
    const task = driver.task('1');
    expect(driver.refusal('RecordActivityTaskStarted', { task, claimant: 'message-2' }).code).toBe(
      'NOT_FOUND',
    );
    expect(driver.transient('ActivityTaskAttemptStarted')).toHaveLength(1);
  });

  it('is refused while the attempt is in backoff', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.fail('1');
    const task = driver.task('1');
    expect(task.attempt).toBe(2);
    expect(driver.refusal('RecordActivityTaskStarted', { task, claimant: 'm' }).code).toBe('NOT_FOUND');
    driver.advance(SECOND);
    expect(driver.send('RecordActivityTaskStarted', { task, claimant: 'm' }).attempt).toBe(2);
  });

  it('by the object owes the call once, again after a load, and no more after a 202', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1', 'object');
    expect(driver.effectsOf('CallActivityTask')).toHaveLength(1);
    driver.advance(30 * SECOND);
    oweAgain(driver.execution);
    expect(driver.effectsOf('CallActivityTask')).toHaveLength(0);
    driver.reload();
    expect(driver.effectsOf('CallActivityTask')).toEqual([
      { kind: 'CallActivityTask', task: driver.task('1'), activityType: 'withdraw', taskQueue: 'money' },
    ]);
    driver.send('AcceptActivityTask', { task: driver.task('1') });
    driver.reload();
    expect(driver.effectsOf('CallActivityTask')).toHaveLength(0);
  });

  it('that is released keeps the attempt and pauses in proportion to its age', () => {
    const driver = running(scheduleActivity('1', { retryPolicy: { maximumAttempts: 1 } }));
    const pauses: number[] = [];
    for (const wait of [0, 4, 40, 3_600]) {
      driver.now = EPOCH + wait * SECOND;
      driver.claim('1');
      driver.send('ReleaseActivityTask', {
        task: driver.task('1'),
        claimant: 'message-1',
        reason: 'refused',
      });
      pauses.push(driver.run.activities.get(5)!.nextDispatchTime - driver.now);
    }
    expect(pauses).toEqual([500, SECOND, 10 * SECOND, 60 * SECOND]);
    expect(driver.task('1').attempt).toBe(1);
    expect(driver.names(5)).toEqual(['ActivityTaskScheduled']);
    expect(driver.effectsOf('DispatchActivityTask')).toHaveLength(0);
    driver.advance(60 * SECOND);
    expect(driver.effectsOf('DispatchActivityTask')).toHaveLength(1);
  });

  it('can only be released by who holds it, and not after the Worker accepted', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1', 'message-1');
    const release = { task: driver.task('1'), reason: 'refused' };
    expect(driver.refusal('ReleaseActivityTask', { ...release, claimant: 'message-2' }).code).toBe(
      'NOT_FOUND',
    );
    driver.send('AcceptActivityTask', { task: release.task });
    driver.send('AcceptActivityTask', { task: release.task });
    expect(driver.refusal('ReleaseActivityTask', { ...release, claimant: 'message-1' }).code).toBe(
      'NOT_FOUND',
    );
    expect(driver.transient('ActivityTaskAttemptAccepted')).toHaveLength(1);
  });
});

describe('an activity that fails', () => {
  it('is tried again, and tells the workflow only about the last failure', () => {
    const driver = running(scheduleActivity('1', { retryPolicy: { maximumAttempts: 2 } }));
    driver.claim('1');
    driver.fail('1', applicationFailure('first'));
    expect(driver.names(5)).toEqual(['ActivityTaskScheduled']);
    driver.advance(SECOND);
    driver.claim('1');
    driver.fail('1', applicationFailure('second'));
    expect(driver.last('ActivityTaskStarted')).toMatchObject({
      attempt: 2,
      lastFailure: { message: 'first' },
    });
    expect(driver.last('ActivityTaskFailed')).toMatchObject({
      failure: { message: 'second' },
      retryState: 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED',
    });
  });

  it('with a type that is not retried, is not', () => {
    const retryPolicy = { nonRetryableErrorTypes: ['InsufficientFunds'] };
    const driver = running(scheduleActivity('1', { retryPolicy }));
    driver.claim('1');
    driver.fail('1', applicationFailure('poor', { type: 'InsufficientFunds' }));
    expect(driver.last('ActivityTaskFailed').retryState).toBe('RETRY_STATE_NON_RETRYABLE_FAILURE');
  });

  it.each([
    'RespondActivityTaskCompleted',
    'RespondActivityTaskFailed',
    'RecordActivityTaskHeartbeat',
  ] as const)('writes nothing for a stale %s of the attempt before', (kind) => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    const task = driver.task('1');
    driver.fail('1');
    driver.advance(SECOND);
    driver.claim('1');
    const written = driver.events().length;
    expect(driver.refusal(kind, { task, failure: applicationFailure('late') }).code).toBe('NOT_FOUND');
    expect(driver.events()).toHaveLength(written);
  });

  it('refuses a second answer', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    const task = driver.task('1');
    driver.complete('1');
    expect(driver.refusal('RespondActivityTaskCompleted', { task }).code).toBe('NOT_FOUND');
    expect(driver.refusal('RespondActivityTaskFailed', { task, failure: { message: 'x' } }).code).toBe(
      'NOT_FOUND',
    );
  });

  it('keeps a failure whose details are too large, without them', () => {
    const driver = running(scheduleActivity('1', { retryPolicy: { maximumAttempts: 1 } }));
    driver.claim('1');
    const details = { payloads: [{ data: 'A'.repeat(24_000_000) }] };
    driver.fail('1', applicationFailure('big', { type: 'Big', details }));
    const { failure } = driver.last('ActivityTaskFailed');
    expect(failure.applicationFailureInfo).toEqual({ type: 'Big' });
    expect(failure.message).toContain('big (details: a payload of 18000000 bytes');
  });
});

describe('cancelling an activity', () => {
  it('that nobody has claimed cancels it at once', () => {
    const driver = running(scheduleActivity('1'));
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5));
    expect(driver.names(9)).toEqual([
      'WorkflowTaskCompleted',
      'ActivityTaskCancelRequested',
      'ActivityTaskCanceled',
      'WorkflowTaskScheduled',
    ]);
    expect(driver.last('ActivityTaskCanceled')).toMatchObject({
      scheduledEventId: '5',
      startedEventId: '0',
      latestCancelRequestedEventId: '10',
      details: payloads('ACTIVITY_ID_NOT_STARTED'),
    });
  });

  it('puts the cancellation behind all events of the task’s commands', () => {
    const driver = running(scheduleActivity('1'));
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5), scheduleActivity('2'));
    expect(driver.names(10).slice(0, 3)).toEqual([
      'ActivityTaskCancelRequested',
      'ActivityTaskScheduled',
      'ActivityTaskCanceled',
    ]);
  });

  it('that is in backoff cancels it at once', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.fail('1');
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5));
    expect(driver.run.activities.size).toBe(0);
  });

  it('that is claimed tells it with its next heartbeat, and takes its answer', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5));
    expect(driver.names()).not.toContain('ActivityTaskCanceled');
    const task = driver.task('1');
    expect(driver.send('RecordActivityTaskHeartbeat', { task })).toEqual({ cancelRequested: true });
    driver.send('RespondActivityTaskCanceled', { task, details: payloads('cleaned up') });
    expect(driver.last('ActivityTaskCanceled')).toMatchObject({
      details: payloads('cleaned up'),
      startedEventId: '11',
      latestCancelRequestedEventId: '10',
    });
  });

  it('may still complete', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5));
    driver.complete('1', 'too late');
    expect(driver.last('ActivityTaskCompleted').result).toEqual(payloads('too late'));
  });

  it('ends the retries', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5));
    driver.fail('1');
    expect(driver.last('ActivityTaskFailed').retryState).toBe('RETRY_STATE_CANCEL_REQUESTED');
  });

  it('cancels a claimed attempt when its claim is released: no Worker has it', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5));
    driver.send('ReleaseActivityTask', { task: driver.task('1'), claimant: 'message-1', reason: 'gone' });
    expect(driver.names()).toContain('ActivityTaskCanceled');
  });

  it('is refused as an answer when nobody asked for it', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    const { code } = driver.refusal('RespondActivityTaskCanceled', { task: driver.task('1') });
    expect(code).toBe('INVALID_ARGUMENT');
  });

  it('of one whose outcome is held back is recorded and changes nothing', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.signal('cancel');
    driver.startTask();
    driver.complete('1', 'done');
    driver.completeTask([requestCancelActivity(5)]);
    expect(driver.names(10)).toEqual([
      'ActivityTaskCancelRequested',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
      'WorkflowTaskScheduled',
    ]);
    expect(driver.last('ActivityTaskCompleted').startedEventId).toBe('11');
  });

  it('fails the workflow task when there is no such activity, or it was asked for before', () => {
    const driver = running(requestCancelActivity(99));
    const cause = 'WORKFLOW_TASK_FAILED_CAUSE_BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES';
    expect(driver.last('WorkflowTaskFailed').cause).toBe(cause);
    const twice = running(scheduleActivity('1'));
    twice.claim('1');
    twice.signal('cancel');
    twice.runTask(requestCancelActivity(5), requestCancelActivity(5));
    expect(twice.last('WorkflowTaskFailed').cause).toBe(cause);
  });
});

describe('scheduling activities', () => {
  it('fails the workflow task for an id that is pending, in this task or from before', () => {
    const cause = 'WORKFLOW_TASK_FAILED_CAUSE_SCHEDULE_ACTIVITY_DUPLICATE_ID';
    expect(running(scheduleActivity('1'), scheduleActivity('1')).last('WorkflowTaskFailed').cause).toBe(
      cause,
    );
    const driver = running(scheduleActivity('1'));
    driver.signal('more');
    driver.runTask(scheduleActivity('1'));
    expect(driver.last('WorkflowTaskFailed').cause).toBe(cause);
  });

  it('allows an id again once its activity has closed', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.complete('1');
    driver.runTask(scheduleActivity('1'));
    expect(driver.task('1').scheduledEventId).toBe(11);
  });

  it('records the policy with the defaults filled in', () => {
    const driver = running(scheduleActivity('1', { retryPolicy: { initialInterval: '2s' } }));
    expect(driver.last('ActivityTaskScheduled').retryPolicy).toEqual({
      initialInterval: '2s',
      backoffCoefficient: 2,
      maximumInterval: '200s',
      maximumAttempts: 0,
      nonRetryableErrorTypes: [],
    });
  });

  it('keeps ten thousand activities apart', () => {
    const count = 10_000;
    const driver = running(...Array.from({ length: count }, (_, i) => scheduleActivity(String(i))));
    const tasks = driver.effectsOf('DispatchActivityTask').map((effect) => effect.task);
    expect(tasks.map((task) => task.scheduledEventId)).toEqual(
      Array.from({ length: count }, (_, i) => i + 5),
    );
    for (const task of tasks) {
      driver.send('RecordActivityTaskStarted', { task, claimant: 'm' });
      driver.send('RespondActivityTaskCompleted', { task });
    }
    expect(driver.run.activities.size).toBe(0);
    driver.runTask(completeWorkflow());
    expect(driver.run.status).toBe('COMPLETED');
  });

  it('waits for a Worker as long as it takes: a minute of releases uses up no attempt', () => {
    const driver = running(scheduleActivity('1', { retryPolicy: { maximumAttempts: 1 } }));
    for (const end = driver.now + MINUTE; driver.now < end; driver.advance(SECOND)) {
      for (const { task } of driver.effectsOf('DispatchActivityTask')) {
        driver.send('RecordActivityTaskStarted', { task, claimant: 'm' });
        driver.send('ReleaseActivityTask', { task, claimant: 'm', reason: 'connection refused' });
      }
    }
    driver.claim('1');
    driver.complete('1');
    expect(driver.last('ActivityTaskStarted').attempt).toBe(1);
  });
});
