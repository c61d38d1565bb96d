/** Pauses of workflows and activities, resets of activities, other options for them. */

import { describe, expect, it } from 'vitest';
import {
  applicationFailure,
  completeWorkflow,
  continueAsNew,
  type Driver,
  fold,
  HOUR,
  MINUTE,
  payloads,
  running,
  SECOND,
  scheduleActivity,
  startTimer,
  stateOf,
} from './harness.ts';

const execution = { workflowId: 'order-1' };
const on = { namespace: 'default', execution, id: 'pay' };
const workflow = { namespace: 'default', workflowId: 'order-1', identity: 'operator', reason: 'wait' };
const dispatches = (driver: Driver) => driver.effectsOf('DispatchActivityTask').map(({ task }) => task);
const pay = (driver: Driver) => driver.run.activities.get(driver.run.activityIds.get('pay')!)!;
const checkFold = (driver: Driver) => expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));

describe('an attempt that has leave to begin', () => {
  it('cannot be claimed when its leave has lapsed', () => {
    const driver = running(scheduleActivity('pay'));
    const claim = { task: driver.task('pay'), claimant: 'm' };
    expect(driver.refusal('RecordActivityTaskStarted', { ...claim, notAfter: driver.now - 1 }).code).toBe(
      'NOT_FOUND',
    );
    driver.send('RecordActivityTaskStarted', { ...claim, notAfter: driver.now });
    expect(pay(driver).claim).toBeDefined();
  });
});

describe('an activity whose task queue is changed while an attempt runs', () => {
  it('finishes the attempt where it was claimed, and has the next one elsewhere, also after a load', () => {
    const driver = running(scheduleActivity('pay'));
    driver.effects();
    driver.send('RecordActivityTaskStarted', { task: driver.task('pay'), claimant: 'object' });
    const before = pay(driver).taskQueue;
    driver.send('UpdateActivityOptions', { ...on, activityOptions: { taskQueue: { name: 'other' } } });
    driver.reload();
    expect(driver.effectsOf('CallActivityTask').map(({ taskQueue }) => taskQueue)).toEqual([before]);
    driver.fail('pay', applicationFailure('again'));
    driver.walk(MINUTE);
    driver.reload();
    expect(driver.effectsOf('DispatchActivityTask').map(({ taskQueue }) => taskQueue)).toEqual(['other']);
    checkFold(driver);
  });
});

describe('an activity that is paused', () => {
  it('is not dispatched, and cannot be claimed, until it is unpaused', () => {
    const driver = running(scheduleActivity('pay'));
    driver.send('PauseActivity', { ...on, identity: 'operator', reason: 'wait' });
    expect(dispatches(driver)).toEqual([]);
    expect(
      driver.refusal('RecordActivityTaskStarted', { task: driver.task('pay'), claimant: 'm' }).code,
    ).toBe('NOT_FOUND');
    expect(pay(driver).pause).toMatchObject({ identity: 'operator', reason: 'wait' });
    driver.walk(HOUR);
    expect(dispatches(driver)).toEqual([]);
    driver.send('UnpauseActivity', on);
    expect(dispatches(driver)).toHaveLength(1);
    checkFold(driver);
    driver.claim('pay');
    driver.complete('pay');
    expect(driver.names()).toContain('ActivityTaskCompleted');
  });

  it('does not time out for want of a Worker meanwhile, but as a whole', () => {
    const driver = running(
      scheduleActivity('pay', { scheduleToStartTimeout: '10s', scheduleToCloseTimeout: '90s' }),
    );
    driver.send('PauseActivity', on);
    driver.walk(MINUTE);
    expect(driver.names()).not.toContain('ActivityTaskTimedOut');
    driver.walk(MINUTE);
    expect(driver.names()).toContain('ActivityTaskTimedOut');
  });

  it('lets the attempt go on that runs, tells it, and follows one that gives way with another, even where it was the last', () => {
    const driver = running(scheduleActivity('pay', { retryPolicy: { maximumAttempts: 1 } }));
    driver.claim('pay');
    driver.send('PauseActivity', on);
    const task = driver.task('pay');
    expect(driver.send('RecordActivityTaskHeartbeat', { task })).toMatchObject({ activityPaused: true });
    driver.fail('pay', applicationFailure('paused', { type: 'ActivityPause' }));
    expect(dispatches(driver)).toEqual([]);
    driver.send('UnpauseActivity', on);
    expect(dispatches(driver)).toHaveLength(1);
    expect(driver.claim('pay').attempt).toBe(2);
    expect(driver.refusal('RespondActivityTaskCompleted', { task }).code).toBe('NOT_FOUND');
    checkFold(driver);
  });
});

describe('an activity that is reset', () => {
  it('is retried now, with attempts that count from 1, and takes no answer of an older attempt 1', () => {
    const driver = running(
      scheduleActivity('pay', { retryPolicy: { initialInterval: '3600s', maximumAttempts: 2 } }),
    );
    driver.claim('pay');
    const first = driver.task('pay');
    driver.fail('pay');
    driver.effects();
    driver.send('ResetActivity', on);
    expect(dispatches(driver)).toHaveLength(1);
    expect(driver.claim('pay').attempt).toBe(1);
    expect(driver.refusal('RespondActivityTaskCompleted', { task: first }).code).toBe('NOT_FOUND');
    driver.fail('pay');
    expect(driver.run.activityIds.has('pay')).toBe(true);
    driver.walk(HOUR);
    driver.claim('pay');
    driver.fail('pay');
    expect(driver.names()).toContain('ActivityTaskFailed');
    expect(driver.last('ActivityTaskStarted').attempt).toBe(2);
    checkFold(driver);
  });

  it('lets the attempt go on that runs, counts it as the first, and follows it with another', () => {
    const driver = running(scheduleActivity('pay', { retryPolicy: { maximumAttempts: 2 } }));
    driver.claim('pay');
    driver.fail('pay');
    driver.walk(SECOND);
    expect(driver.claim('pay').attempt).toBe(2);
    driver.send('ResetActivity', { ...on, resetHeartbeat: true });
    expect(driver.send('RecordActivityTaskHeartbeat', { task: driver.task('pay') })).toMatchObject({
      activityReset: true,
    });
    driver.fail('pay');
    driver.walk(SECOND);
    expect(driver.claim('pay').attempt).toBe(2);
    driver.fail('pay');
    expect(driver.last('ActivityTaskStarted').attempt).toBe(2);
    expect(driver.names()).toContain('ActivityTaskFailed');
    checkFold(driver);
  });

  it('stays paused when an attempt of it runs, which is told of both', () => {
    const driver = running(scheduleActivity('pay'));
    driver.claim('pay');
    driver.send('PauseActivity', on);
    driver.send('ResetActivity', on);
    const told = driver.send('RecordActivityTaskHeartbeat', { task: driver.task('pay') });
    expect(told).toMatchObject({ activityPaused: true, activityReset: true });
    driver.fail('pay', applicationFailure('gave way', { type: 'ActivityReset' }));
    expect(pay(driver).pause).toBeDefined();
    checkFold(driver);
  });

  it('forgets its heartbeat for good, though the row of it is there still', () => {
    const driver = running(scheduleActivity('pay'));
    driver.claim('pay');
    const task = driver.task('pay');
    driver.send('RecordActivityTaskHeartbeat', { task, details: payloads('here') });
    driver.send('ReleaseActivityTask', { task, claimant: 'message-1', reason: 'refused' });
    driver.send('ResetActivity', { ...on, resetHeartbeat: true });
    checkFold(driver);
    expect(driver.claim('pay').heartbeatDetails).toBeUndefined();
  });

  it('stays paused only when it is to', () => {
    const driver = running(scheduleActivity('pay'));
    driver.send('PauseActivity', on);
    driver.send('ResetActivity', { ...on, keepPaused: true });
    expect(pay(driver).pause).toBeDefined();
    driver.send('ResetActivity', on);
    expect(pay(driver).pause).toBeUndefined();
  });
});

describe('the options of an activity', () => {
  it('are changed, and restored', () => {
    const driver = running(scheduleActivity('pay'));
    const before = dispatches(driver);
    const { activityOptions } = driver.send('UpdateActivityOptions', {
      ...on,
      activityOptions: {
        taskQueue: { name: 'other' },
        startToCloseTimeout: '5s',
        retryPolicy: { maximumAttempts: 7 },
      },
    });
    expect(activityOptions).toMatchObject({
      taskQueue: { name: 'other' },
      startToCloseTimeout: '5s',
      retryPolicy: { maximumAttempts: 7, backoffCoefficient: 2 },
    });
    const [dispatch] = driver.effectsOf('DispatchActivityTask');
    expect(dispatch?.taskQueue).toBe('other');
    // What travels through the old task queue is stale.
    expect(driver.refusal('RecordActivityTaskStarted', { task: before[0]!, claimant: 'm' }).code).toBe(
      'NOT_FOUND',
    );
    expect(driver.claim('pay').attempt).toBe(1);
    driver.send('UpdateActivityOptions', { ...on, restoreOriginal: true });
    expect(pay(driver)).toMatchObject({ taskQueue: 'money', startToCloseTimeout: 60 * SECOND });
    checkFold(driver);
  });

  it('must make sense, and name an activity that is pending', () => {
    const driver = running(scheduleActivity('pay'));
    const refused = (fields: object) => driver.refusal('UpdateActivityOptions', { ...on, ...fields }).code;
    expect(refused({ activityOptions: { startToCloseTimeout: '0s' } })).toBe('INVALID_ARGUMENT');
    expect(refused({ activityOptions: { retryPolicy: { backoffCoefficient: 0.5 } } })).toBe(
      'INVALID_ARGUMENT',
    );
    expect(refused({ id: 'nobody' })).toBe('NOT_FOUND');
    expect(refused({ id: undefined })).toBe('INVALID_ARGUMENT');
    expect(refused({ type: 'withdraw' })).toBe('INVALID_ARGUMENT');
  });
});

describe('a workflow that is paused', () => {
  it('takes everything in, and runs neither code nor activities until it is unpaused', () => {
    const driver = running(scheduleActivity('pay'), startTimer('t', '1s'));
    driver.send('PauseWorkflowExecution', workflow);
    expect(driver.effectsOf('DispatchActivityTask')).toEqual([]);
    driver.signal('go');
    driver.update('u-1');
    driver.walk(MINUTE);
    expect(driver.names()).toContain('TimerFired');
    expect(driver.effectsOf('RunWorkflowTask')).toEqual([]);
    expect(driver.names().at(-1)).not.toBe('WorkflowTaskScheduled');
    driver.send('UnpauseWorkflowExecution', workflow);
    expect(driver.effects().map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['RunWorkflowTask', 'DispatchActivityTask']),
    );
    checkFold(driver);
    driver.runTask(completeWorkflow());
    expect(driver.run.status).toBe('COMPLETED');
  });

  it('ends the task that a Worker has, and may be closed by it', () => {
    const driver = running();
    driver.signal('go');
    driver.startTask();
    driver.send('PauseWorkflowExecution', workflow);
    driver.completeTask([scheduleActivity('pay')]);
    expect(driver.names().at(-1)).toBe('WorkflowExecutionPaused');
    expect(dispatches(driver)).toEqual([]);
    driver.send('UnpauseWorkflowExecution', workflow);
    driver.signal('end');
    driver.startTask();
    driver.send('PauseWorkflowExecution', workflow);
    driver.completeTask([completeWorkflow()]);
    expect(driver.run.status).toBe('COMPLETED');
    checkFold(driver);
  });

  it('stays paused when the task that a Worker has goes on as a new run', () => {
    const driver = running();
    driver.signal('again');
    driver.startTask();
    driver.send('PauseWorkflowExecution', { ...workflow, reason: 'look at it' });
    driver.completeTask([continueAsNew()]);
    expect(driver.run).toMatchObject({ runNumber: 1, pause: { reason: 'look at it' } });
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowExecutionPaused']);
    expect(driver.effectsOf('RunWorkflowTask')).toEqual([]);
    checkFold(driver);
    driver.send('UnpauseWorkflowExecution', workflow);
    driver.runTask(completeWorkflow());
    expect(driver.run.status).toBe('COMPLETED');
  });

  it('is paused once, and a repeat of the request is no second one', () => {
    const driver = running();
    driver.send('PauseWorkflowExecution', { ...workflow, requestId: 'q' });
    driver.send('PauseWorkflowExecution', { ...workflow, requestId: 'q' });
    expect(driver.refusal('PauseWorkflowExecution', workflow).code).toBe('FAILED_PRECONDITION');
    driver.send('UnpauseWorkflowExecution', workflow);
    expect(driver.refusal('UnpauseWorkflowExecution', workflow).code).toBe('FAILED_PRECONDITION');
  });
});
