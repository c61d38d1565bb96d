import { describe, expect, it } from 'vitest';
import type { Failure } from '../../sdk/common/failure.ts';
import { type RetryPolicyJson, withDefaults } from '../../sdk/common/retry-policy.ts';
import { checkRetryPolicy } from '../../src/core/check.ts';
import { decideRetry, isRetryable } from '../../src/core/retry.ts';
import { applicationFailure, Driver, EPOCH, MINUTE, SECOND, scheduleActivity } from './harness.ts';

/** Seconds after the schedule at which attempts of an activity that always fails at once are dispatched. */
function attemptTimes(retryPolicy: RetryPolicyJson | undefined, forMs: number): number[] {
  const driver = new Driver();
  driver.start();
  driver.runTask(scheduleActivity('1', { retryPolicy }));
  const times: number[] = [];
  const end = driver.now + forMs;
  while (driver.run.activities.size > 0 && driver.now <= end) {
    for (const { task } of driver.effectsOf('DispatchActivityTask')) {
      times.push((driver.now - EPOCH) / SECOND);
      driver.send('RecordActivityTaskStarted', { task, claimant: 'message' });
      driver.send('RespondActivityTaskFailed', { task, failure: applicationFailure('down') });
    }
    driver.effects();
    if (driver.deadline === undefined) break;
    driver.now = driver.deadline;
    driver.tick();
  }
  return times;
}

describe('retry timelines', () => {
  it('makes attempts at 0, 1, 3, 7 and 15 s by default', () => {
    expect(attemptTimes(undefined, 20 * SECOND)).toEqual([0, 1, 3, 7, 15]);
  });

  it('doubles the interval up to five minutes, ten attempts in all', () => {
    const policy = {
      initialInterval: '1s',
      backoffCoefficient: 2,
      maximumInterval: '300s',
      maximumAttempts: 10,
    };
    expect(attemptTimes(policy, 60 * MINUTE)).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511]);
    const twelve = attemptTimes({ ...policy, maximumAttempts: 12 }, 60 * MINUTE);
    const gaps = twelve.map((time, i) => time - (twelve[i - 1] ?? 0)).slice(1);
    expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it('grows by half with coefficient 1.5, at most five minutes, twenty attempts in all', () => {
    const times = attemptTimes(
      { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '300s', maximumAttempts: 20 },
      24 * 60 * MINUTE,
    );
    const gaps = times.map((time, i) => Math.round((time - (times[i - 1] ?? 0)) * 1_000)).slice(1);
    expect(gaps).toEqual([
      1_000, 1_500, 2_250, 3_375, 5_063, 7_594, 11_391, 17_086, 25_629, 38_443, 57_665, 86_498, 129_746,
      194_620, 291_929, 300_000, 300_000, 300_000, 300_000,
    ]);
  });

  it('takes an interval of zero for one that is not set, as Temporal’s protocol means it', () => {
    for (const nothing of ['0s', '0.000s', '0.0001s']) {
      const policy = { initialInterval: nothing, maximumInterval: nothing, backoffCoefficient: 0 };
      expect(attemptTimes(policy, 20 * SECOND)).toEqual([0, 1, 3, 7, 15]);
    }
  });

  it('makes one attempt when the policy allows one', () => {
    expect(attemptTimes({ maximumAttempts: 1 }, 60 * MINUTE)).toEqual([0]);
  });
});

const timeout = (timeoutType: string): Failure => ({
  message: 'timed out',
  timeoutFailureInfo: { timeoutType: `TIMEOUT_TYPE_${timeoutType}` },
});

describe('a retry policy', () => {
  it('that makes no sense is refused, except where only one attempt is made: then nothing else counts', () => {
    const backwards = { initialInterval: '10s', maximumInterval: '5s', backoffCoefficient: 0.5 };
    expect(() => checkRetryPolicy('retryPolicy', backwards)).toThrow('retryPolicy.backoffCoefficient');
    expect(() => checkRetryPolicy('retryPolicy', { ...backwards, backoffCoefficient: 2 })).toThrow(
      'maximumInterval',
    );
    expect(() => checkRetryPolicy('retryPolicy', { maximumAttempts: -1 })).toThrow('maximumAttempts');
    expect(() => checkRetryPolicy('retryPolicy', { ...backwards, maximumAttempts: 1 })).not.toThrow();
  });
});

describe('what is retried', () => {
  it.each<[string, Failure, string[], boolean]>([
    ['an application failure', applicationFailure('x', { type: 'Down' }), [], true],
    ['a failure of no kind', { message: 'x' }, [], true],
    ['a non-retryable application failure', applicationFailure('x', { nonRetryable: true }), [], false],
    [
      'a type the policy lists',
      applicationFailure('x', { type: 'InvalidAccount' }),
      ['InvalidAccount'],
      false,
    ],
    ['a type the policy does not list', applicationFailure('x', { type: 'Down' }), ['InvalidAccount'], true],
    ['a cancellation', { canceledFailureInfo: {} }, [], false],
    ['a termination', { terminatedFailureInfo: {} }, [], false],
    ['a server failure', { serverFailureInfo: {} }, [], true],
    ['a non-retryable server failure', { serverFailureInfo: { nonRetryable: true } }, [], false],
    ['a start-to-close timeout', timeout('START_TO_CLOSE'), [], true],
    ['a heartbeat timeout', timeout('HEARTBEAT'), [], true],
    ['a schedule-to-start timeout', timeout('SCHEDULE_TO_START'), [], false],
    ['a schedule-to-close timeout', timeout('SCHEDULE_TO_CLOSE'), [], false],
    ['a listed start-to-close timeout', timeout('START_TO_CLOSE'), ['TemporalTimeout:StartToClose'], false],
    ['a listed heartbeat timeout', timeout('HEARTBEAT'), ['TemporalTimeout:Heartbeat'], false],
    ['a timeout when the other one is listed', timeout('HEARTBEAT'), ['TemporalTimeout:StartToClose'], true],
  ])('%s', (_what, failure, types, retryable) => {
    expect(isRetryable(failure, types)).toBe(retryable);
  });
});

describe('the retry decision', () => {
  const policy = withDefaults({ initialInterval: '1s', maximumInterval: '10s', maximumAttempts: 3 });
  const failed = { policy, attempt: 1, failure: applicationFailure('x'), now: 1_000 };

  it('gives the delay to the next attempt', () => {
    expect(decideRetry(failed)).toEqual({ delay: 1_000 });
    expect(decideRetry({ ...failed, attempt: 2 })).toEqual({ delay: 2_000 });
  });

  it('stops at the maximum number of attempts', () => {
    expect(decideRetry({ ...failed, attempt: 3 })).toEqual({ retryState: 'MAXIMUM_ATTEMPTS_REACHED' });
  });

  it('prefers the delay that the failure names, within the maximum interval', () => {
    const named = (nextRetryDelay: string) => applicationFailure('x', { nextRetryDelay });
    expect(decideRetry({ ...failed, failure: named('7s') })).toEqual({ delay: 7_000 });
    expect(decideRetry({ ...failed, failure: named('7000s') })).toEqual({ delay: 10_000 });
    expect(decideRetry({ ...failed, failure: named('7s'), attempt: 3 })).toEqual({
      retryState: 'MAXIMUM_ATTEMPTS_REACHED',
    });
  });

  it('does not begin an attempt after the expiration, but exactly at it', () => {
    expect(decideRetry({ ...failed, expirationTime: 2_000 })).toEqual({ delay: 1_000 });
    expect(decideRetry({ ...failed, expirationTime: 1_999 })).toEqual({ retryState: 'TIMEOUT' });
  });

  it('stays finite after any number of attempts', () => {
    const endless = { ...policy, maximumAttempts: 0 };
    expect(decideRetry({ ...failed, policy: endless, attempt: 100_000 })).toEqual({ delay: 10_000 });
  });
});
