/** Chains: continue-as-new, the retry policy of a workflow, cron, and the backoff before a first task. */

import { describe, expect, it } from 'vitest';
import { type CommandAttributes, makeCommand } from '../../sdk/common/command.ts';
import type { StartWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import { describeRun } from '../../src/core/describe.ts';
import {
  cancelTimer,
  completeWorkflow,
  continueAsNew,
  Driver,
  EPOCH,
  failWorkflow,
  fold,
  HOUR,
  MINUTE,
  payloads,
  running,
  SECOND,
  startRequest,
  startTimer,
  stateOf,
} from './harness.ts';

const fields = (value: unknown) => ({ fields: { f: payloads(value).payloads[0]! } });
const started = (options: Partial<StartWorkflowExecutionRequest> = {}): Driver => {
  const driver = new Driver();
  driver.start(options);
  return driver;
};
/** Starts of runs, in seconds after the first: when their first task is due. */
const dueTimes = (
  driver: Driver,
  forMs: number,
  command: () => ReturnType<typeof failWorkflow>,
): number[] => {
  const times: number[] = [];
  for (const end = driver.now + forMs; driver.now <= end; ) {
    if (driver.run.workflowTask) {
      times.push((driver.now - EPOCH) / SECOND);
      driver.runTask(command());
    }
    driver.effects();
    if (driver.deadline === undefined || driver.deadline > end) break;
    driver.now = Math.max(driver.now, driver.deadline);
    driver.tick();
  }
  return times;
};

describe('continuing as new', () => {
  it('closes the run and begins the next one in the same part of the log', () => {
    const driver = started({
      input: payloads(1),
      memo: fields('memo'),
      workflowRunTimeout: '60s',
      identity: 'me',
    });
    driver.now += SECOND;
    const parts = driver.log.length;
    driver.runTask(continueAsNew({ input: payloads(2), header: fields('header') }));
    expect(driver.log.length).toBe(parts + 3);
    expect(driver.history(0).at(-1)).toMatchObject({
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
      workflowExecutionContinuedAsNewEventAttributes: {
        newExecutionRunId: 'run-1',
        workflowType: { name: 'moneyTransfer' },
        taskQueue: { name: 'money' },
        input: payloads(2),
        workflowRunTimeout: '60s',
        workflowTaskTimeout: '10s',
        initiator: 'CONTINUE_AS_NEW_INITIATOR_WORKFLOW',
        memo: fields('memo'),
        workflowTaskCompletedEventId: '4',
      },
    });
    expect(driver.last('WorkflowExecutionStarted')).toEqual({
      workflowType: { name: 'moneyTransfer' },
      taskQueue: { name: 'money', kind: 'TASK_QUEUE_KIND_NORMAL' },
      input: payloads(2),
      workflowExecutionTimeout: '0s',
      workflowRunTimeout: '60s',
      workflowTaskTimeout: '10s',
      continuedExecutionRunId: 'run-0',
      initiator: 'CONTINUE_AS_NEW_INITIATOR_WORKFLOW',
      originalExecutionRunId: 'run-1',
      firstExecutionRunId: 'run-0',
      attempt: 1,
      memo: fields('memo'),
      header: fields('header'),
      workflowId: 'order-1',
    });
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
    expect(driver.execution.olderRuns.get(0)).toMatchObject({
      status: 'CONTINUED_AS_NEW',
      newExecutionRunId: 'run-1',
    });
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('takes what the command says, and otherwise what the run had', () => {
    const driver = started({ memo: fields('old'), searchAttributes: { indexedFields: fields(1).fields } });
    driver.runTask(
      continueAsNew({
        workflowType: { name: 'other' },
        taskQueue: { name: 'elsewhere' },
        workflowRunTimeout: '9s',
        workflowTaskTimeout: '3s',
        memo: fields('new'),
        retryPolicy: { maximumAttempts: 2 },
      }),
    );
    expect(driver.run).toMatchObject({
      workflowType: 'other',
      taskQueue: 'elsewhere',
      workflowRunTimeout: 9_000,
      workflowTaskTimeout: 3_000,
      memo: fields('new'),
      searchAttributes: { indexedFields: fields(1).fields },
      retryPolicy: { maximumAttempts: 2, initialInterval: '1s' },
    });
  });

  it('keeps the first run of the chain and the end of the execution timeout', () => {
    const driver = started({ workflowExecutionTimeout: '100s' });
    driver.runTask(continueAsNew());
    driver.advance(50 * SECOND);
    driver.runTask(continueAsNew());
    expect(driver.run).toMatchObject({
      runId: 'run-2',
      firstExecutionRunId: 'run-0',
      continuedExecutionRunId: 'run-1',
    });
    driver.walk(50 * SECOND);
    expect(driver.run.status).toBe('TIMED_OUT');
    expect(driver.run.runId).toBe('run-2');
    expect(driver.run.closeTime).toBe(EPOCH + 100 * SECOND);
  });

  it('is done again when something has arrived that the workflow has not seen', () => {
    const driver = running();
    driver.signal('a');
    driver.startTask();
    driver.signal('b');
    driver.completeTask([continueAsNew()]);
    expect(driver.run.runId).toBe('run-0');
    expect(driver.last('WorkflowTaskFailed').cause).toBe('WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND');
    driver.runTask(continueAsNew());
    expect(driver.run.runId).toBe('run-1');
  });

  it('leaves a firing behind whose timer the same task canceled', () => {
    const driver = running(startTimer('1', '5s'));
    driver.signal('go');
    driver.startTask();
    driver.advance(5 * SECOND);
    driver.completeTask([cancelTimer('1'), continueAsNew()]);
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
  });

  it('keeps request ids: a repeat is for the run that it reached', () => {
    const driver = started({ requestId: 'start' });
    driver.signal('s', 'signal');
    driver.runTask(continueAsNew());
    driver.signal('s', 'signal');
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
    expect(driver.start({ requestId: 'start' })).toMatchObject({ runId: 'run-0', started: true });
    expect(driver.refusal('StartWorkflowExecution', startRequest()).code).toBe('ALREADY_EXISTS');
  });

  it('can wait before its first task, and a signal does not shorten that', () => {
    const driver = running();
    driver.runTaskAfterSignal(continueAsNew({ backoffStartInterval: '10s' }));
    driver.signal('early');
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowExecutionSignaled']);
    driver.walk(10 * SECOND);
    expect(driver.names().at(-1)).toBe('WorkflowTaskScheduled');
  });

  it('is told apart in visibility, and both runs get there', () => {
    const driver = running();
    driver.effects();
    driver.send('RecordVisibilityWritten', { runId: 'run-0', version: 1 });
    driver.runTaskAfterSignal(continueAsNew());
    expect(
      driver
        .effectsOf('RecordVisibility')
        .map(({ runId }) => runId)
        .sort(),
    ).toEqual(['run-0', 'run-1']);
  });

  it.each<[Partial<CommandAttributes['ContinueAsNewWorkflowExecution']>, string]>([
    [{ workflowRunTimeout: 'x' }, 'workflowRunTimeout'],
    [{ retryPolicy: { maximumAttempts: -1 } }, 'retryPolicy'],
    [{ workflowType: { name: 'x'.repeat(1_001) } }, 'workflowType'],
  ])('fails the task when it cannot be: %j', (options, field) => {
    const driver = running(continueAsNew(options));
    expect(driver.last('WorkflowTaskFailed')).toMatchObject({
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_BAD_CONTINUE_AS_NEW_ATTRIBUTES',
      failure: { message: expect.stringContaining(field) },
    });
  });

  it('lets the ids of its chain be named by a cancel or terminate request', () => {
    const driver = running();
    driver.runTaskAfterSignal(continueAsNew());
    const which = { namespace: 'default', workflowExecution: { workflowId: 'order-1' } };
    const other = { ...which, firstExecutionRunId: 'run-1' };
    expect(driver.refusal('RequestCancelWorkflowExecution', other).code).toBe('NOT_FOUND');
    expect(driver.refusal('TerminateWorkflowExecution', other).code).toBe('NOT_FOUND');
    driver.send('RequestCancelWorkflowExecution', { ...which, firstExecutionRunId: 'run-0' });
    driver.send('TerminateWorkflowExecution', { ...which, firstExecutionRunId: 'run-0' });
    expect(driver.run.status).toBe('TERMINATED');
  });
});

describe('a retry policy', () => {
  const retried = (driver: Driver) => driver.run.runId !== 'run-0';

  it('lets a failed workflow begin again with what it began with, after growing pauses', () => {
    const driver = started({
      input: payloads(1),
      header: fields('h'),
      retryPolicy: { initialInterval: '1s', maximumInterval: '5s' },
    });
    expect(dueTimes(driver, 20 * SECOND, failWorkflow)).toEqual([0, 1, 3, 7, 12, 17]);
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({
      attempt: 7,
      input: payloads(1),
      header: fields('h'),
      initiator: 'CONTINUE_AS_NEW_INITIATOR_RETRY',
      continuedFailure: { message: 'no' },
      firstWorkflowTaskBackoff: '5s',
      firstExecutionRunId: 'run-0',
      continuedExecutionRunId: 'run-5',
      retryPolicy: {
        initialInterval: '1s',
        backoffCoefficient: 2,
        maximumInterval: '5s',
        maximumAttempts: 0,
      },
    });
    expect(driver.history(5).at(-1)).toMatchObject({
      workflowExecutionFailedEventAttributes: {
        retryState: 'RETRY_STATE_IN_PROGRESS',
        newExecutionRunId: 'run-6',
      },
    });
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it.each<[string, Partial<StartWorkflowExecutionRequest>, Parameters<typeof failWorkflow>[1]]>([
    ['RETRY_POLICY_NOT_SET', {}, {}],
    ['NON_RETRYABLE_FAILURE', { retryPolicy: {} }, { nonRetryable: true }],
    ['NON_RETRYABLE_FAILURE', { retryPolicy: { nonRetryableErrorTypes: ['Bad'] } }, { type: 'Bad' }],
    ['MAXIMUM_ATTEMPTS_REACHED', { retryPolicy: { maximumAttempts: 1 } }, {}],
    ['TIMEOUT', { retryPolicy: { initialInterval: '10s' }, workflowExecutionTimeout: '9s' }, {}],
  ])('that is at its end says why: %s', (retryState, options, info) => {
    const driver = started(options);
    driver.runTask(failWorkflow('no', info));
    expect(retried(driver)).toBe(false);
    expect(driver.last('WorkflowExecutionFailed').retryState).toBe(`RETRY_STATE_${retryState}`);
    expect(driver.last('WorkflowExecutionFailed').newExecutionRunId).toBeUndefined();
  });

  it('gives way to the delay that a failure asks for', () => {
    const driver = started({ retryPolicy: { initialInterval: '1s' } });
    driver.runTask(failWorkflow('no', { nextRetryDelay: '7s' }));
    expect(driver.last('WorkflowExecutionStarted').firstWorkflowTaskBackoff).toBe('7s');
  });

  it('lets a run that takes too long begin again; the pause is not part of its time', () => {
    const driver = started({
      workflowRunTimeout: '10s',
      retryPolicy: { initialInterval: '4s', maximumAttempts: 2 },
    });
    driver.walk(13 * SECOND);
    expect(driver.history(0).at(-1)).toMatchObject({
      workflowExecutionTimedOutEventAttributes: {
        retryState: 'RETRY_STATE_IN_PROGRESS',
        newExecutionRunId: 'run-1',
      },
    });
    expect(driver.run.workflowTask).toBeUndefined();
    expect(describeRun(driver.run, driver.now).workflowExecutionInfo).toMatchObject({
      startTime: new Date(EPOCH + 10 * SECOND).toISOString(),
      executionTime: new Date(EPOCH + 14 * SECOND).toISOString(),
    });
    driver.walk(10 * SECOND);
    expect(driver.run.status).toBe('RUNNING');
    driver.walk(SECOND);
    expect(driver.run).toMatchObject({ runId: 'run-1', status: 'TIMED_OUT', closeTime: EPOCH + 24 * SECOND });
  });

  it('ends with the execution timeout', () => {
    const driver = started({ workflowExecutionTimeout: '5s', retryPolicy: {} });
    driver.walk(5 * SECOND);
    expect(driver.run).toMatchObject({ runId: 'run-0', status: 'TIMED_OUT' });
    expect(driver.last('WorkflowExecutionTimedOut').retryState).toBe('RETRY_STATE_TIMEOUT');
  });

  it('has no say in completion, cancellation and termination', () => {
    const ends: Array<(driver: Driver) => void> = [
      (driver) => driver.runTask(completeWorkflow()),
      (driver) =>
        driver.send('TerminateWorkflowExecution', {
          namespace: 'default',
          workflowExecution: { workflowId: 'order-1' },
        }),
    ];
    for (const end of ends) {
      const driver = started({ retryPolicy: {} });
      end(driver);
      expect(retried(driver)).toBe(false);
    }
  });

  it('goes on to the runs that continue as new, from the first attempt on', () => {
    const driver = started({ retryPolicy: { maximumAttempts: 2 } });
    driver.runTask(failWorkflow());
    driver.walk(SECOND);
    driver.runTask(continueAsNew({ input: payloads('next') }));
    expect(driver.run).toMatchObject({ attempt: 1, retryPolicy: { maximumAttempts: 2 } });
    driver.runTask(failWorkflow());
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({ attempt: 2, input: payloads('next') });
  });
});

it.each([
  ['retried', { retryPolicy: {} }, failWorkflow],
  ['repeated by cron', { cronSchedule: '* * * * *' }, completeWorkflow],
] as const)('a run that is %s begins with the memo and search attributes of the start', (_, options, end) => {
  const given = {
    memo: fields('memo'),
    searchAttributes: { indexedFields: { Given: payloads(1).payloads[0]! } },
  };
  const driver = started({ ...options, ...given });
  driver.walk(60 * SECOND);
  driver.runTask(
    makeCommand('ModifyWorkflowProperties', { upsertedMemo: fields('more') }),
    makeCommand('UpsertWorkflowSearchAttributes', {
      searchAttributes: { indexedFields: { Own: payloads(2).payloads[0]! } },
    }),
    end(),
  );
  expect(driver.run.runId).toBe('run-1');
  expect(driver.last('WorkflowExecutionStarted')).toMatchObject(given);
  expect(driver.run.memo).toEqual(given.memo);
  expect(driver.run.searchAttributes).toEqual(given.searchAttributes);
  expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
});

describe('a cron schedule', () => {
  it('lets the first run wait for its time, and each other follow the one before', () => {
    const driver = started({ cronSchedule: '*/5 * * * *', input: payloads(1) });
    expect(driver.names()).toEqual(['WorkflowExecutionStarted']);
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({
      cronSchedule: '*/5 * * * *',
      firstWorkflowTaskBackoff: '300s',
      initiator: 'CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE',
    });
    expect(dueTimes(driver, 16 * MINUTE, () => completeWorkflow('tick'))).toEqual([300, 600, 900]);
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({
      input: payloads(1),
      lastCompletionResult: payloads('tick'),
      attempt: 1,
      firstExecutionRunId: 'run-0',
      continuedExecutionRunId: 'run-2',
    });
    expect(driver.history(0).at(-1)).toMatchObject({
      workflowExecutionCompletedEventAttributes: { newExecutionRunId: 'run-1', result: payloads('tick') },
    });
  });

  it('comes again after a failure, with the last result and the failure', () => {
    const driver = started({ cronSchedule: '@every 60s' });
    driver.walk(MINUTE);
    driver.runTask(completeWorkflow('good'));
    driver.walk(MINUTE);
    driver.runTask(failWorkflow());
    expect(driver.history(1).at(-1)).toMatchObject({
      workflowExecutionFailedEventAttributes: {
        retryState: 'RETRY_STATE_RETRY_POLICY_NOT_SET',
        newExecutionRunId: 'run-2',
      },
    });
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({
      lastCompletionResult: payloads('good'),
      continuedFailure: { message: 'no' },
    });
  });

  it('comes only after the retries', () => {
    const driver = started({
      cronSchedule: '* * * * *',
      retryPolicy: { initialInterval: '1s', maximumAttempts: 3 },
    });
    expect(dueTimes(driver, 125 * SECOND, failWorkflow)).toEqual([60, 61, 63, 120, 121, 123]);
  });

  it('passes over the times that a run has missed', () => {
    const driver = started({ cronSchedule: '@every 60s' });
    driver.walk(MINUTE);
    driver.now += 150 * SECOND;
    driver.runTask(completeWorkflow());
    expect(driver.run.executionTime).toBe(EPOCH + 4 * MINUTE);
  });

  it('ends with the execution timeout, and with cancellation', () => {
    const driver = started({ cronSchedule: '@every 60s', workflowExecutionTimeout: '90s' });
    driver.walk(MINUTE);
    driver.runTask(completeWorkflow());
    expect(driver.run).toMatchObject({ runId: 'run-0', status: 'COMPLETED' });
  });

  it('is not hurried by signals, not even by those of a signal-with-start', () => {
    const driver = new Driver();
    const request = { ...startRequest({ cronSchedule: '0 * * * *' }), signalName: 'a' };
    driver.send('SignalWithStartWorkflowExecution', request);
    driver.send('SignalWithStartWorkflowExecution', { ...request, signalName: 'b' });
    driver.signal('c');
    driver.reload();
    expect(driver.names()).not.toContain('WorkflowTaskScheduled');
    expect(driver.run.workflowTask).toBeUndefined();
    driver.walk(HOUR);
    expect(driver.names()).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
    ]);
  });

  it('is hurried by an update, which somebody waits for', () => {
    const driver = started({ cronSchedule: '0 * * * *' });
    driver.update('u');
    driver.reload();
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
    expect(driver.startTask().updates).toHaveLength(1);
  });
});

describe('a delayed start', () => {
  it('waits', () => {
    const driver = started({ workflowStartDelay: '30s' });
    expect(driver.effectsOf('RunWorkflowTask')).toEqual([]);
    driver.walk(30 * SECOND);
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
  });

  it('is over with the first signal, but for the one that it comes with', () => {
    const driver = new Driver();
    const request = { ...startRequest({ workflowStartDelay: '30s' }), signalName: 'own' };
    driver.send('SignalWithStartWorkflowExecution', request);
    expect(driver.names()).toEqual(['WorkflowExecutionStarted', 'WorkflowExecutionSignaled']);
    driver.signal('another');
    expect(driver.names().at(-1)).toBe('WorkflowTaskScheduled');
    driver.runTask();
    driver.walk(MINUTE);
    expect(driver.names().filter((name) => name === 'WorkflowTaskScheduled')).toHaveLength(1);
  });
});
