import { describe, expect, it } from 'vitest';
import { effectiveTimeouts } from '../../src/core/activity-timeouts.ts';
import {
  applicationFailure,
  type Driver,
  EPOCH,
  payloads,
  running,
  SECOND,
  scheduleActivity,
} from './harness.ts';

describe('activity timeouts', () => {
  it.each([
    [{ startToCloseTimeout: '5s' }, 0, ['0s', '0s', '5s', '0s']],
    [{ startToCloseTimeout: '5s' }, 60_000, ['60s', '60s', '5s', '0s']],
    [{ startToCloseTimeout: '90s', heartbeatTimeout: '70s' }, 60_000, ['60s', '60s', '60s', '60s']],
    [{ scheduleToCloseTimeout: '10s' }, 0, ['10s', '10s', '10s', '0s']],
    [
      { scheduleToCloseTimeout: '10s', startToCloseTimeout: '20s', scheduleToStartTimeout: '3s' },
      0,
      ['10s', '3s', '10s', '0s'],
    ],
    [{ startToCloseTimeout: '5s', heartbeatTimeout: '9s' }, 0, ['0s', '0s', '5s', '5s']],
    [
      { scheduleToCloseTimeout: '0.500s', heartbeatTimeout: '1.250s' },
      0,
      ['0.500s', '0.500s', '0.500s', '0.500s'],
    ],
  ])(
    'default as Temporal has it: %j within %i ms',
    (given, runTimeout, [close, start, attempt, heartbeat]) => {
      expect(effectiveTimeouts(given, runTimeout as number)).toEqual({
        scheduleToCloseTimeout: close,
        scheduleToStartTimeout: start,
        startToCloseTimeout: attempt,
        heartbeatTimeout: heartbeat,
      });
    },
  );

  it('must bound an attempt', () => {
    const driver = running(scheduleActivity('1', { startToCloseTimeout: undefined, heartbeatTimeout: '5s' }));
    expect(driver.last('WorkflowTaskFailed')).toMatchObject({
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
      failure: { message: expect.stringContaining('startToCloseTimeout or scheduleToCloseTimeout') },
    });
  });

  it('start-to-close ends the attempt, and the next one follows after the interval', () => {
    const driver = running(scheduleActivity('1', { startToCloseTimeout: '5s' }));
    driver.claim('1');
    driver.advance(5 * SECOND - 1);
    expect(driver.task('1').attempt).toBe(1);
    driver.advance(1);
    const pending = driver.run.activities.get(5)!;
    expect(pending.attempt).toBe(2);
    expect(pending.lastFailure).toMatchObject({
      message: 'activity StartToClose timeout',
      timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' },
    });
    expect(pending.attemptScheduledTime).toBe(EPOCH + 6 * SECOND);
  });

  it('beats a completion that comes at the deadline, also when no tick had come', () => {
    const driver = running(
      scheduleActivity('1', { startToCloseTimeout: '5s', retryPolicy: { maximumAttempts: 1 } }),
    );
    driver.claim('1');
    const task = driver.task('1');
    driver.now += 5 * SECOND;
    expect(driver.refusal('RespondActivityTaskCompleted', { task }).code).toBe('NOT_FOUND');
    expect(driver.last('ActivityTaskTimedOut')).toMatchObject({
      startedEventId: '6',
      retryState: 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED',
    });
    expect(driver.names()).not.toContain('ActivityTaskCompleted');
    expect(driver.run.workflowTask).toBeDefined();
  });

  it('schedule-to-start ends an activity that nobody claims, and is not retried', () => {
    const driver = running(scheduleActivity('1', { scheduleToStartTimeout: '5s' }));
    driver.walk(5 * SECOND);
    expect(driver.last('ActivityTaskTimedOut')).toMatchObject({
      startedEventId: '0',
      retryState: 'RETRY_STATE_NON_RETRYABLE_FAILURE',
      failure: { timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_SCHEDULE_TO_START' } },
    });
    expect(driver.names()).not.toContain('ActivityTaskStarted');
  });

  it('schedule-to-start keeps running over releases', () => {
    const driver = running(scheduleActivity('1', { scheduleToStartTimeout: '20s' }));
    driver.advance(15 * SECOND);
    driver.claim('1');
    driver.advance(10 * SECOND);
    expect(driver.run.activities.size).toBe(1);
    driver.send('ReleaseActivityTask', { task: driver.task('1'), claimant: 'message-1', reason: 'gone' });
    driver.tick();
    expect(driver.last('ActivityTaskTimedOut').failure.message).toBe('activity ScheduleToStart timeout');
  });

  it('schedule-to-start counts anew for each attempt', () => {
    const driver = running(scheduleActivity('1', { scheduleToStartTimeout: '5s' }));
    driver.advance(4 * SECOND);
    driver.claim('1');
    driver.fail('1');
    driver.advance(5 * SECOND);
    expect(driver.run.activities.size).toBe(1);
    driver.advance(SECOND);
    expect(driver.run.activities.size).toBe(0);
  });

  it('schedule-to-close ends all attempts, and names what failed before', () => {
    const driver = running(scheduleActivity('1', { scheduleToCloseTimeout: '10s' }));
    driver.claim('1');
    driver.fail('1', applicationFailure('no funds'));
    driver.advance(SECOND);
    driver.claim('1');
    driver.advance(9 * SECOND);
    expect(driver.last('ActivityTaskTimedOut')).toMatchObject({
      retryState: 'RETRY_STATE_NON_RETRYABLE_FAILURE',
      failure: {
        message: 'activity ScheduleToClose timeout',
        timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_SCHEDULE_TO_CLOSE' },
        cause: { message: 'no funds' },
      },
    });
  });

  it('schedule-to-close says why the Worker that was called did not take the task, and what failed before that', () => {
    const driver = running(scheduleActivity('1', { scheduleToCloseTimeout: '10s' }));
    const release = (reason: string) =>
      driver.send('ReleaseActivityTask', { task: driver.task('1'), claimant: 'message-1', reason });
    driver.claim('1');
    driver.fail('1', applicationFailure('no funds'));
    driver.advance(SECOND);
    driver.claim('1');
    release('https://bank.example answered HTTP 502: first');
    driver.advance(8 * SECOND);
    driver.claim('1');
    release('https://bank.example answered HTTP 500: out of memory');
    driver.advance(SECOND);
    expect(driver.last('ActivityTaskTimedOut').failure).toMatchObject({
      timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_SCHEDULE_TO_CLOSE' },
      cause: {
        message: 'https://bank.example answered HTTP 500: out of memory',
        serverFailureInfo: {},
        cause: { message: 'no funds' },
      },
    });
  });

  it('schedule-to-close says nothing of a Worker that took the task later, and was too slow', () => {
    const driver = running(scheduleActivity('1', { scheduleToCloseTimeout: '10s' }));
    driver.claim('1');
    driver.send('ReleaseActivityTask', { task: driver.task('1'), claimant: 'message-1', reason: 'gone' });
    driver.advance(SECOND);
    driver.claim('1');
    driver.advance(9 * SECOND);
    expect(driver.last('ActivityTaskTimedOut').failure).not.toHaveProperty('cause');
  });

  it('schedule-to-close alone says of what nobody took that it was not started', () => {
    const driver = running(scheduleActivity('1', { scheduleToCloseTimeout: '10s' }));
    driver.advance(10 * SECOND);
    expect(driver.last('ActivityTaskTimedOut')).toMatchObject({
      retryState: 'RETRY_STATE_NON_RETRYABLE_FAILURE',
      failure: { timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_SCHEDULE_TO_START' } },
    });
  });

  it('schedule-to-close allows no attempt that would begin after it', () => {
    const driver = running(
      scheduleActivity('1', { scheduleToCloseTimeout: '10s', retryPolicy: { initialInterval: '20s' } }),
    );
    driver.claim('1');
    driver.fail('1');
    expect(driver.last('ActivityTaskFailed').retryState).toBe('RETRY_STATE_TIMEOUT');
  });

  it('an attempt that times out too late for another becomes a schedule-to-close timeout', () => {
    const driver = running(
      scheduleActivity('1', {
        scheduleToCloseTimeout: '10s',
        startToCloseTimeout: '9s',
        retryPolicy: { initialInterval: '20s' },
      }),
    );
    driver.claim('1');
    driver.advance(9 * SECOND);
    const timedOut = driver.last('ActivityTaskTimedOut');
    expect(timedOut.retryState).toBe('RETRY_STATE_TIMEOUT');
    expect(timedOut.failure).toMatchObject({
      timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_SCHEDULE_TO_CLOSE' },
    });
    // Only an attempt before that one would be its cause.
    expect(timedOut.failure).not.toHaveProperty('cause');
  });
});

describe('heartbeats', () => {
  const beat = (driver: Driver, details?: unknown) =>
    driver.send('RecordActivityTaskHeartbeat', {
      task: driver.task('1'),
      ...(details !== undefined && { details: payloads(details) }),
    });

  it('are told where a timeout ends the activity, beside the attempt before as its cause, which says none', () => {
    const driver = running(
      scheduleActivity('1', { heartbeatTimeout: '2s', retryPolicy: { maximumAttempts: 2 } }),
    );
    driver.claim('1');
    beat(driver, 'first');
    driver.advance(2 * SECOND);
    driver.advance(SECOND);
    driver.claim('1');
    beat(driver, 'second');
    driver.advance(2 * SECOND);
    const { lastFailure } = driver.last('ActivityTaskStarted');
    expect(lastFailure?.timeoutFailureInfo).toEqual({ timeoutType: 'TIMEOUT_TYPE_HEARTBEAT' });
    expect(driver.last('ActivityTaskTimedOut').failure).toMatchObject({
      timeoutFailureInfo: {
        timeoutType: 'TIMEOUT_TYPE_HEARTBEAT',
        lastHeartbeatDetails: payloads('second'),
      },
      cause: lastFailure,
    });
  });

  it('keep the attempt alive; without one it times out', () => {
    const driver = running(scheduleActivity('1', { startToCloseTimeout: '60s', heartbeatTimeout: '5s' }));
    driver.claim('1');
    for (let i = 0; i < 4; i++) {
      driver.advance(4 * SECOND);
      expect(beat(driver, i)).toEqual({ cancelRequested: false });
    }
    driver.advance(5 * SECOND);
    expect(driver.task('1').attempt).toBe(2);
    const { lastFailure, heartbeat } = driver.run.activities.get(5)!;
    expect(lastFailure?.message).toBe('activity Heartbeat timeout');
    expect(heartbeat?.details).toEqual(payloads(3));
  });

  it('hand their last details to the next attempt, also over a load', () => {
    const driver = running(scheduleActivity('1'));
    expect(driver.claim('1')).not.toHaveProperty('heartbeatDetails');
    beat(driver, 'page 1');
    beat(driver, 'page 2');
    driver.fail('1');
    driver.reload();
    driver.advance(SECOND);
    expect(driver.claim('1').heartbeatDetails).toEqual(payloads('page 2'));
  });

  it('are taken from a failure too', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.send('RespondActivityTaskFailed', {
      task: driver.task('1'),
      failure: applicationFailure('x'),
      lastHeartbeatDetails: payloads('page 9'),
    });
    driver.advance(SECOND);
    expect(driver.claim('1').heartbeatDetails).toEqual(payloads('page 9'));
  });

  it('are refused before the claim and after the close', () => {
    const driver = running(scheduleActivity('1'));
    const task = driver.task('1');
    expect(driver.refusal('RecordActivityTaskHeartbeat', { task }).code).toBe('NOT_FOUND');
    driver.claim('1');
    driver.complete('1');
    expect(driver.refusal('RecordActivityTaskHeartbeat', { task }).code).toBe('NOT_FOUND');
  });
});
