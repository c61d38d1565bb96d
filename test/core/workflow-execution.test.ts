import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { describeRun, visibilityRecord, workflowExecutionInfo } from '../../src/core/describe.ts';
import {
  applicationFailure,
  completeWorkflow,
  Driver,
  EPOCH,
  HOUR,
  payloads,
  running,
  SECOND,
  scheduleActivity,
  startRequest,
  startTimer,
} from './harness.ts';

const workflowExecution = { workflowId: 'order-1' };
const terminate = (driver: Driver, reason = 'enough') =>
  driver.send('TerminateWorkflowExecution', { namespace: 'default', workflowExecution, reason });
const requestCancel = (driver: Driver, requestId?: string) =>
  driver.send('RequestCancelWorkflowExecution', {
    namespace: 'default',
    workflowExecution,
    requestId,
    reason: 'why',
  });

describe('starting', () => {
  it('answers with the run and writes what a replayer needs', () => {
    const driver = new Driver();
    const memo = { fields: { note: payloads('hi').payloads[0]! } };
    expect(driver.start({ input: payloads(1), memo, identity: 'me' })).toEqual({
      runId: 'run-0',
      started: true,
      status: 'WORKFLOW_EXECUTION_STATUS_RUNNING',
    });
    expect(driver.last('WorkflowExecutionStarted')).toEqual({
      workflowType: { name: 'moneyTransfer' },
      taskQueue: { name: 'money', kind: 'TASK_QUEUE_KIND_NORMAL' },
      input: payloads(1),
      workflowExecutionTimeout: '0s',
      workflowRunTimeout: '0s',
      workflowTaskTimeout: '10s',
      originalExecutionRunId: 'run-0',
      firstExecutionRunId: 'run-0',
      identity: 'me',
      attempt: 1,
      memo,
      workflowId: 'order-1',
    });
  });

  it.each([
    [{ workflowExecutionTimeout: '60s' }, ['60s', '60s', '10s']],
    [{ workflowExecutionTimeout: '60s', workflowRunTimeout: '90s' }, ['60s', '60s', '10s']],
    [{ workflowRunTimeout: '5s' }, ['0s', '5s', '5s']],
    [{ workflowTaskTimeout: '600s' }, ['0s', '0s', '120s']],
  ])('bounds the timeouts by each other: %j', (options, [execution, run, task]) => {
    const driver = new Driver();
    driver.start(options);
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({
      workflowExecutionTimeout: execution,
      workflowRunTimeout: run,
      workflowTaskTimeout: task,
    });
  });

  it.each([
    ['workflowType.name', { workflowType: { name: '' } }, 'INVALID_ARGUMENT'],
    ['taskQueue.name', { taskQueue: { name: '' } }, 'INVALID_ARGUMENT'],
    ['workflowId', { workflowId: 'x'.repeat(1_001) }, 'INVALID_ARGUMENT'],
    ['workflowRunTimeout', { workflowRunTimeout: 'soon' }, 'INVALID_ARGUMENT'],
    ['cronSchedule', { cronSchedule: '* * * *' }, 'INVALID_ARGUMENT'],
    ['cronSchedule', { cronSchedule: '0 0 30 2 *' }, 'INVALID_ARGUMENT'],
    ['retryPolicy', { retryPolicy: { backoffCoefficient: 0.5 } }, 'INVALID_ARGUMENT'],
    ['workflowStartDelay', { workflowStartDelay: '1s', cronSchedule: '* * * * *' }, 'INVALID_ARGUMENT'],
    ['input', { input: { payloads: [{ data: 'A'.repeat(22_369_628) }] } }, 'PAYLOAD_TOO_LARGE'],
    ['memo.big', { memo: { fields: { big: { data: 'A'.repeat(22_369_628) } } } }, 'PAYLOAD_TOO_LARGE'],
  ])('is refused for a bad %s, and writes nothing', (field, options, code) => {
    const driver = new Driver();
    const refusal = driver.refusal('StartWorkflowExecution', startRequest(options));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(field);
    expect(driver.log).toEqual([]);
    expect(driver.execution.run).toBeUndefined();
  });

  it('accepts a payload of exactly the limit', () => {
    const driver = new Driver();
    driver.start({ input: { payloads: [{ data: `${'A'.repeat(22_369_622)}==` }] } });
    expect(driver.run.status).toBe('RUNNING');
  });
});

describe('closing', () => {
  it.each([
    ['COMPLETED', completeWorkflow('done'), 'WorkflowExecutionCompleted'],
    [
      'FAILED',
      makeCommand('FailWorkflowExecution', { failure: applicationFailure('no') }),
      'WorkflowExecutionFailed',
    ],
    ['CANCELED', makeCommand('CancelWorkflowExecution', {}), 'WorkflowExecutionCanceled'],
  ])('by its own code: %s', (status, command, event) => {
    const driver = running(scheduleActivity('1'), startTimer('1', '5s'));
    driver.claim('1');
    const task = driver.task('1');
    driver.signal('go');
    driver.now += SECOND;
    driver.runTask(command);
    expect(driver.run).toMatchObject({ status, closeTime: EPOCH + SECOND });
    expect(driver.names().at(-1)).toBe(event);
    expect(driver.refusal('RespondActivityTaskCompleted', { task }).code).toBe('NOT_FOUND');
    driver.effects();
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 2 });
    expect(driver.deadline).toBeUndefined();
    const length = driver.events().length;
    driver.advance(HOUR);
    expect(driver.events()).toHaveLength(length);
    expect(driver.effects()).toEqual([]);
  });

  it('by termination is immediate, whatever is going on', () => {
    const driver = running(startTimer('1', '5s'));
    terminate(driver);
    expect(driver.names(6)).toEqual(['WorkflowExecutionTerminated']);
    expect(driver.last('WorkflowExecutionTerminated').reason).toBe('enough');
    expect(
      driver.refusal('TerminateWorkflowExecution', { namespace: 'default', workflowExecution }).code,
    ).toBe('NOT_FOUND');
  });

  it('by termination while a task is started writes the task, what was held back, then the end', () => {
    const driver = new Driver();
    driver.start();
    driver.startTask();
    driver.signal('held');
    terminate(driver);
    expect(driver.names(3)).toEqual([
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionTerminated',
    ]);
    expect(driver.last('WorkflowTaskFailed').cause).toBe('WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND');
  });

  it('by termination while a later attempt is started leaves no trace of that attempt', () => {
    const driver = new Driver();
    driver.start();
    driver.startTask();
    driver.failTask();
    driver.startTask();
    driver.signal('held');
    terminate(driver);
    expect(driver.names(5)).toEqual(['WorkflowExecutionSignaled', 'WorkflowExecutionTerminated']);
  });

  it.each([
    ['run', { workflowRunTimeout: '30s' }, 'RETRY_POLICY_NOT_SET'],
    // Whatever the retry policy: nothing follows.
    ['execution', { workflowExecutionTimeout: '30s' }, 'TIMEOUT'],
  ])('by the %s timeout needs no workflow task', (_which, options, retryState) => {
    const driver = new Driver();
    driver.start(options);
    driver.runTask(startTimer('1', '30s'), startTimer('2', '31s'));
    driver.walk(30 * SECOND - 1);
    expect(driver.run.status).toBe('RUNNING');
    driver.walk(1);
    expect(driver.run).toMatchObject({ status: 'TIMED_OUT', closeTime: EPOCH + 30 * SECOND });
    expect(driver.names(7)).toEqual(['TimerFired', 'WorkflowExecutionTimedOut']);
    expect(driver.last('WorkflowExecutionTimedOut').retryState).toBe(`RETRY_STATE_${retryState}`);
  });

  it('by timeout while a task is started closes that task first', () => {
    const driver = new Driver();
    driver.start({ workflowRunTimeout: '5s' });
    driver.advance(SECOND);
    driver.startTask();
    driver.advance(4 * SECOND);
    expect(driver.names(3)).toEqual([
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionTimedOut',
    ]);
  });
});

describe('cancellation of a workflow', () => {
  it('is requested once, and wakes the run', () => {
    const driver = running();
    requestCancel(driver);
    requestCancel(driver);
    expect(driver.names(5)).toEqual(['WorkflowExecutionCancelRequested', 'WorkflowTaskScheduled']);
    expect(driver.last('WorkflowExecutionCancelRequested').cause).toBe('why');
  });

  it('that is held back is requested once too', () => {
    const driver = new Driver();
    driver.start();
    driver.startTask();
    requestCancel(driver, 'r1');
    requestCancel(driver, 'r2');
    driver.completeTask();
    expect(driver.names().filter((name) => name === 'WorkflowExecutionCancelRequested')).toHaveLength(1);
  });

  it('by a repeated request is acknowledged even after the run closed', () => {
    const driver = running();
    requestCancel(driver, 'r1');
    driver.runTask(makeCommand('CancelWorkflowExecution', {}));
    requestCancel(driver, 'r1');
    expect(driver.run.status).toBe('CANCELED');
  });

  it('has nothing to do once the run is closed, and is no error; a late copy does not reach the next run', () => {
    const driver = running(completeWorkflow());
    const before = driver.names();
    requestCancel(driver);
    requestCancel(driver, 'r1');
    expect(driver.names()).toEqual(before);
    driver.reload();
    driver.start({ requestId: 'again' });
    requestCancel(driver, 'r1');
    expect(driver.run).toMatchObject({ runId: 'run-1', cancelRequested: false });
  });

  it('names no other run than the newest', () => {
    const driver = running();
    const request = { namespace: 'default', workflowExecution: { workflowId: 'order-1', runId: 'other' } };
    expect(driver.refusal('RequestCancelWorkflowExecution', request).code).toBe('NOT_FOUND');
    expect(new Driver().refusal('RequestCancelWorkflowExecution', request).message).toContain(
      'workflow not found',
    );
  });
});

describe('visibility', () => {
  const record = (driver: Driver) => visibilityRecord(driver.execution, driver.run, driver.now);
  const upsert = (name: string, data: string) =>
    makeCommand('UpsertWorkflowSearchAttributes', {
      searchAttributes: { indexedFields: { [name]: { data } } },
    });

  it('is owed at start and close, and again by age until it is confirmed', () => {
    const driver = running();
    expect(driver.effectsOf('RecordVisibility')).toEqual([
      { kind: 'RecordVisibility', runId: 'run-0', version: 1 },
    ]);
    driver.now += 2 * SECOND;
    expect(driver.effectsOf('RecordVisibility')).toHaveLength(1);
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 1 });
    driver.reload();
    expect(driver.effectsOf('RecordVisibility')).toHaveLength(0);
    terminate(driver);
    expect(driver.effectsOf('RecordVisibility')).toMatchObject([{ version: 2 }]);
    expect(record(driver)).toMatchObject({
      version: 2,
      open: false,
      info: { status: 'WORKFLOW_EXECUTION_STATUS_TERMINATED' },
    });
  });

  it('says when the run is next due, but not when the row itself would be sent again', () => {
    const waiting = running();
    waiting.effects();
    expect(waiting.deadline).toBe(EPOCH + SECOND);
    expect(record(waiting).nextDeadline).toBeUndefined();
    const sleeping = running(startTimer('1', '3600s'));
    sleeping.effects();
    expect(record(sleeping).nextDeadline).toBe(EPOCH + HOUR);
  });

  it('ignores confirmations that are old, doubled, or for no run', () => {
    const driver = running();
    for (const version of [1, 1, 0, 7]) driver.send('RecordVisibilityWritten', { runId: 'run-0', version });
    driver.send('RecordVisibilityWritten', { runId: 'nobody', version: 1 });
    expect(driver.transient('VisibilityRecorded')).toHaveLength(1);
  });

  it('shows search attributes as they are merged, and forgets those set to null', () => {
    const driver = running(upsert('Customer', btoa('"ada"')), upsert('Tier', btoa('"gold"')));
    driver.signal('more');
    driver.runTask(upsert('Tier', btoa('null')), upsert('Customer', btoa('"bob"')));
    expect(record(driver)).toMatchObject({
      version: 5,
      open: true,
      info: { searchAttributes: { indexedFields: { Customer: { data: btoa('"bob"') } } } },
    });
    expect(driver.run.searchAttributes!.indexedFields).not.toHaveProperty('Tier');
  });

  it('is still owed the end of a run when the next one has taken its id', () => {
    const driver = running();
    terminate(driver);
    driver.effects();
    driver.now += SECOND;
    driver.start();
    driver.reload();
    expect(driver.effectsOf('RecordVisibility')).toEqual([
      { kind: 'RecordVisibility', runId: 'run-0', version: 2 },
      { kind: 'RecordVisibility', runId: 'run-1', version: 1 },
    ]);
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 2 });
    expect(driver.execution.olderRuns.size).toBe(0);
    expect(driver.log.at(-1)).toMatchObject({ runNumber: 0, events: [{ transient: 'VisibilityRecorded' }] });
  });
});

describe('describing a run', () => {
  it('shows what is pending, and says in plain words what keeps it from going on', () => {
    const driver = running(scheduleActivity('1'), scheduleActivity('2', { heartbeatTimeout: '5s' }));
    driver.claim('1');
    driver.fail('1', applicationFailure('the bank is closed'));
    driver.claim('2');
    driver.send('RecordActivityTaskHeartbeat', { task: driver.task('2'), details: payloads('half') });
    driver.signal('go');
    driver.startTask();
    driver.failTask('NON_DETERMINISTIC_ERROR', 'no timer here.');
    const reply = describeRun(driver.run, driver.now);
    expect(reply.pendingActivities).toMatchObject([
      {
        activityId: '1',
        state: 'PENDING_ACTIVITY_STATE_SCHEDULED',
        attempt: 2,
        nextAttemptScheduleTime: new Date(EPOCH + SECOND).toISOString(),
        lastAttemptCompleteTime: new Date(EPOCH).toISOString(),
        currentRetryInterval: '1s',
        lastFailure: { message: 'the bank is closed' },
      },
      { activityId: '2', state: 'PENDING_ACTIVITY_STATE_STARTED', heartbeatDetails: payloads('half') },
    ]);
    expect(reply.pendingWorkflowTask).toMatchObject({
      state: 'PENDING_WORKFLOW_TASK_STATE_SCHEDULED',
      attempt: 2,
    });
    expect(reply.problems).toEqual([
      'The workflow task has failed 1 time(s), last with NON_DETERMINISTIC_ERROR: no timer here.',
      `Activity withdraw (id 1) failed: the bank is closed; attempt 2 is due at ${new Date(EPOCH + SECOND).toISOString()}.`,
    ]);
  });

  it('shows a closed run with its duration', () => {
    const driver = running();
    driver.now += 1_500;
    terminate(driver);
    expect(workflowExecutionInfo(driver.run)).toMatchObject({
      execution: { workflowId: 'order-1', runId: 'run-0' },
      status: 'WORKFLOW_EXECUTION_STATUS_TERMINATED',
      historyLength: '5',
      executionDuration: '1.500s',
    });
    expect(describeRun(driver.run, driver.now)).toMatchObject({ pendingActivities: [], problems: [] });
  });
});
