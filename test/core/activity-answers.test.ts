/** What activities are told apart by, and what a refusal says: the texts are what somebody reads at night. */

import { describe, expect, it } from 'vitest';
import { type Command, makeCommand } from '../../sdk/common/command.ts';
import { DEFAULT_MAX_PAYLOAD_BYTES } from '../../sdk/common/limits.ts';
import {
  applicationFailure,
  cancelTimer,
  EPOCH,
  payloads,
  requestCancelActivity,
  running,
  SECOND,
  scheduleActivity,
  startTimer,
} from './harness.ts';

const tooLarge = { payloads: [{ data: 'A'.repeat(Math.ceil((DEFAULT_MAX_PAYLOAD_BYTES + 1) / 3) * 4) }] };
const byId = (activityId: string) => ({ namespace: 'default', workflowId: 'order-1', activityId });

describe('a refusal names the attempt and what is wrong with it', () => {
  it('where no activity has the id', () => {
    const driver = running(scheduleActivity('1'));
    const { code, message } = driver.refusal('RespondActivityTaskCompleted', { task: byId('9') });
    expect({ code, message }).toEqual({ code: 'NOT_FOUND', message: 'no activity with the id 9 is pending' });
  });

  it('where the attempt is over', () => {
    const driver = running(scheduleActivity('1'));
    const task = { ...driver.task('1'), attempt: 7 };
    expect(driver.refusal('RecordActivityTaskStarted', { task, claimant: 'm' }).message).toBe(
      'attempt 7 of activity 5 is over, or never was',
    );
  });

  it('where it is not started', () => {
    const driver = running(scheduleActivity('1'));
    expect(driver.refusal('RecordActivityTaskHeartbeat', { task: driver.task('1') }).message).toBe(
      'attempt 1 of activity 1 is not started',
    );
  });

  it('where it is not due', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.fail('1');
    const claim = { task: driver.task('1'), claimant: 'm' };
    expect(driver.refusal('RecordActivityTaskStarted', claim).message).toBe(
      'attempt 2 of activity 5 is not due',
    );
    driver.now += SECOND;
    expect(driver.send('RecordActivityTaskStarted', claim).attempt).toBe(2);
  });

  it('where somebody else has it', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1', 'message-1');
    const task = driver.task('1');
    expect(driver.refusal('RecordActivityTaskStarted', { task, claimant: 'message-2' }).message).toBe(
      'attempt 1 of activity 5 is claimed by somebody else',
    );
    const release = { task, claimant: 'message-2', reason: 'gone' };
    expect(driver.refusal('ReleaseActivityTask', release).message).toBe(
      "attempt 1 of activity 5 is not message-2's to release",
    );
  });

  it('where a cancellation was not asked for', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    expect(driver.refusal('RespondActivityTaskCanceled', { task: driver.task('1') }).message).toBe(
      'task: cancellation of activity 1 was not requested',
    );
  });

  it.each([undefined, null, 'no funds'])('where the failure is %j', (failure) => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    const body = { task: driver.task('1'), failure: failure as never };
    const { code, message } = driver.refusal('RespondActivityTaskFailed', body);
    expect({ code, message }).toEqual({ code: 'INVALID_ARGUMENT', message: 'failure: is required' });
  });

  it('where details are too large to be stored', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    const task = driver.task('1');
    expect(driver.refusal('RecordActivityTaskHeartbeat', { task, details: tooLarge }).message).toMatch(
      /^details: a payload of \d+ bytes/,
    );
    driver.signal('cancel');
    driver.runTask(requestCancelActivity(5));
    expect(driver.refusal('RespondActivityTaskCanceled', { task, details: tooLarge }).message).toMatch(
      /^details: a payload of \d+ bytes/,
    );
  });
});

describe('a command that cannot be taken says which field is wrong', () => {
  const schedule = (options: object): Command => scheduleActivity('1', options);
  it.each<[string, Command[], RegExp]>([
    ['an activity without an id', [scheduleActivity('')], /activityId: /],
    ['one without a type', [schedule({ activityType: undefined })], /activityType\.name: /],
    ['one whose type has no name', [schedule({ activityType: { name: '' } })], /activityType\.name: /],
    [
      'a task queue with too long a name',
      [schedule({ taskQueue: { name: 'q'.repeat(2_000) } })],
      /taskQueue\.name: /,
    ],
    ['a retry policy', [schedule({ retryPolicy: { backoffCoefficient: 0.5 } })], /retryPolicy/],
    ['a priority', [schedule({ priority: { priorityKey: -1 } })], /priority/],
    ['input that is too large', [schedule({ input: tooLarge })], /input: a payload of \d+ bytes/],
    ['a header', [schedule({ header: { fields: { trace: tooLarge.payloads[0] } } })], /header/],
    [
      'an id twice',
      [scheduleActivity('1'), scheduleActivity('1')],
      /an activity with the id 1 is already pending/,
    ],
    ['a cancellation of nothing', [requestCancelActivity(99)], /scheduledEventId: no activity 99 is pending/],
    ['a timer without an id', [startTimer('', '1s')], /timerId: /],
    [
      'a timer without a time',
      [makeCommand('StartTimer', { timerId: 't' } as never)],
      /startToFireTimeout: is required/,
    ],
    ['a timer whose time is none', [startTimer('t', 'soon')], /startToFireTimeout: /],
    ['a timer to cancel without an id', [cancelTimer('')], /timerId: /],
    ['a timer to cancel that there is not', [cancelTimer('t')], /timerId: no timer t is running/],
  ])('%s', (_, commands, text) => {
    const { failure } = running(...commands).last('WorkflowTaskFailed');
    expect(failure?.message).toMatch(text);
  });

  it('a cancellation that was asked for before', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    driver.runTaskAfterSignal(requestCancelActivity(5), requestCancelActivity(5));
    expect(driver.last('WorkflowTaskFailed').failure?.message).toMatch(
      /scheduledEventId: cancellation of 5 was already requested/,
    );
    const later = running(scheduleActivity('1'));
    later.claim('1');
    later.runTaskAfterSignal(requestCancelActivity(5));
    later.runTaskAfterSignal(requestCancelActivity(5));
    expect(later.last('WorkflowTaskFailed').failure?.message).toMatch(/already requested/);
  });
});

describe('what is known of an activity', () => {
  it('is its priority, where it has one', () => {
    const priority = { priorityKey: 2, fairnessKey: 'tenant', fairnessWeight: 3 };
    const driver = running(scheduleActivity('1', { priority }), scheduleActivity('2'));
    expect(driver.run.activities.get(5)).toMatchObject({ priority });
    expect(driver.run.activities.get(6)).not.toHaveProperty('priority');
    const [, , , , one, two] = driver.history();
    expect(one).toMatchObject({ activityTaskScheduledEventAttributes: { priority } });
    expect(two).not.toHaveProperty('activityTaskScheduledEventAttributes.priority');
  });

  it('is who took it: the last of them, also when the attempt is over', () => {
    const driver = running(scheduleActivity('1'));
    const claim = (identity?: string) =>
      driver.send('RecordActivityTaskStarted', {
        task: driver.task('1'),
        claimant: 'm',
        ...(identity && { identity }),
      });
    claim('one@host');
    expect(driver.run.activities.get(5)).toMatchObject({
      claim: { claimant: 'm', time: EPOCH, accepted: false, identity: 'one@host' },
      lastWorkerIdentity: 'one@host',
    });
    driver.fail('1');
    driver.now += SECOND;
    claim();
    expect(driver.run.activities.get(5)?.claim).toEqual({ claimant: 'm', time: driver.now, accepted: false });
    expect(driver.run.activities.get(5)?.lastWorkerIdentity).toBe('one@host');
    driver.complete('1');
    expect(driver.last('ActivityTaskStarted')).not.toHaveProperty('identity');
  });

  it('is how often it was given back: it goes out again for each', () => {
    const driver = running(scheduleActivity('1'));
    const identities: string[] = [];
    for (let n = 0; n < 3; n++) {
      driver.claim('1', 'object');
      driver.send('ReleaseActivityTask', {
        task: driver.task('1'),
        claimant: 'object',
        reason: 'none there',
      });
      identities.push(
        `${driver.run.activities.get(5)?.releases} ${driver.run.activities.get(5)?.releaseReason}`,
      );
      driver.now = driver.run.activities.get(5)!.nextDispatchTime;
      expect(driver.effectsOf('DispatchActivityTask')).toHaveLength(1);
    }
    expect(identities).toEqual(['1 none there', '2 none there', '3 none there']);
    driver.claim('1', 'object');
    expect(driver.run.activities.get(5)).not.toHaveProperty('releaseReason');
  });

  it('is what its commands said of themselves', () => {
    const userMetadata = { summary: payloads('what for').payloads[0]! };
    const withMetadata = (command: Command): Command => ({ ...command, userMetadata });
    const driver = running(withMetadata(scheduleActivity('1')), startTimer('t', '3600s'));
    driver.claim('1');
    driver.runTaskAfterSignal(withMetadata(requestCancelActivity(5)), withMetadata(cancelTimer('t')));
    const told = driver.history().filter((event) => event.userMetadata);
    expect(told.map(({ eventType, userMetadata }) => [eventType, userMetadata])).toEqual([
      ['EVENT_TYPE_ACTIVITY_TASK_SCHEDULED', userMetadata],
      ['EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED', userMetadata],
      ['EVENT_TYPE_TIMER_CANCELED', userMetadata],
    ]);
  });

  it('is what its last heartbeat said, with the failure or without', () => {
    const driver = running(scheduleActivity('1'));
    driver.claim('1');
    const task = driver.task('1');
    const failure = applicationFailure('no funds');
    driver.send('RespondActivityTaskFailed', { task, failure, lastHeartbeatDetails: payloads('half') });
    expect(driver.run.activities.get(5)?.heartbeat).toMatchObject({ attempt: 1, details: payloads('half') });
    driver.now += SECOND;
    driver.claim('1');
    const again = driver.task('1');
    driver.send('RespondActivityTaskFailed', { task: again, failure, lastHeartbeatDetails: tooLarge });
    expect(driver.run.activities.get(5)?.heartbeat).toMatchObject({ attempt: 1, details: payloads('half') });
  });
});

describe('an attempt that ends because it was paused or reset', () => {
  it.each(['ActivityPause', 'ActivityReset'])(
    'with %s is followed by another at once, even where it was the last',
    (type) => {
      const driver = running(scheduleActivity('1', { retryPolicy: { maximumAttempts: 1 } }));
      driver.claim('1');
      driver.fail('1', applicationFailure('gave way', { type }));
      expect(driver.run.activities.get(5)).toMatchObject({ attempt: 2, attemptScheduledTime: EPOCH });
      expect(driver.claim('1').attempt).toBe(2);
    },
  );

  it('with any other type is not', () => {
    const driver = running(scheduleActivity('1', { retryPolicy: { maximumAttempts: 1 } }));
    driver.claim('1');
    driver.fail('1', applicationFailure('gave way', { type: 'ActivityBroke' }));
    expect(driver.last('ActivityTaskFailed').retryState).toBe('RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED');
  });
});
