import { describe, expect, it } from 'vitest';
import { activityAddress } from '../../sdk/common/ids.ts';
import type { StartActivityExecutionRequest } from '../../sdk/common/service.ts';
import { applyLogged, newExecution } from '../../src/core/transition.ts';
import {
  applicationFailure,
  Driver,
  EPOCH,
  MINUTE,
  payloads,
  SECOND,
  startRequest,
  stateOf,
} from './harness.ts';

const request = (options: Partial<StartActivityExecutionRequest> = {}): StartActivityExecutionRequest => ({
  namespace: 'default',
  activityId: 'a1',
  activityType: { name: 'withdraw' },
  taskQueue: { name: 'money' },
  startToCloseTimeout: '60s',
  ...options,
});

function idle(): Driver {
  const driver = new Driver();
  driver.execution = newExecution('default', activityAddress('a1'));
  return driver;
}
function started(options: Partial<StartActivityExecutionRequest> = {}): Driver {
  const driver = idle();
  driver.send('StartActivityExecution', request(options));
  return driver;
}
const once = { retryPolicy: { maximumAttempts: 1 } };

/** Nothing that is written of it asks for workflow code, and all of it makes the same state again. */
function expectSound(driver: Driver): void {
  expect(driver.names()).not.toContain('WorkflowTaskScheduled');
  const execution = newExecution('default', activityAddress('a1'));
  for (const { runNumber, events } of driver.log) applyLogged(execution, runNumber, events);
  const stored = stateOf(driver.execution) as { run?: object };
  expect(stateOf(execution)).toMatchObject({ run: { ...stored.run, historySizeBytes: 0 } });
}

describe('an activity that belongs to no workflow', () => {
  it('is dispatched by its start, and closes with its completion', () => {
    const driver = started({ input: payloads(100) });
    expect(driver.effectsOf('RunWorkflowTask')).toEqual([]);
    driver.claim('a1');
    driver.complete('a1', 'receipt');
    expect(driver.run.status).toBe('COMPLETED');
    expect(driver.names()).toEqual([
      'WorkflowExecutionStarted',
      'ActivityTaskScheduled',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
      'WorkflowExecutionCompleted',
    ]);
    expect(driver.last('ActivityTaskCompleted')).toMatchObject({ result: payloads('receipt') });
    expectSound(driver);
  });

  it('asks for its dispatch right away, with its input', () => {
    const driver = started({ input: payloads(100) });
    const [dispatch] = driver.effectsOf('DispatchActivityTask');
    expect(dispatch).toMatchObject({ activityType: 'withdraw', taskQueue: 'money' });
    expect(driver.last('ActivityTaskScheduled')).toMatchObject({ input: payloads(100), activityId: 'a1' });
  });

  it('is retried by its policy, across a reload, and fails with its last attempt', () => {
    const driver = started({ retryPolicy: { maximumAttempts: 2, initialInterval: '5s' } });
    driver.claim('a1');
    driver.fail('a1');
    driver.reload();
    expect(driver.run.status).toBe('RUNNING');
    driver.advance(5 * SECOND);
    driver.claim('a1');
    driver.fail('a1', applicationFailure('still no funds'));
    expect(driver.run.status).toBe('FAILED');
    expect(driver.last('WorkflowExecutionFailed')).toMatchObject({
      retryState: 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED',
    });
    expectSound(driver);
  });

  it('is timed out by the timeouts of activities', () => {
    const driver = started(once);
    driver.claim('a1');
    driver.walk(MINUTE);
    expect(driver.run.status).toBe('TIMED_OUT');
    expect(driver.run.closeTime).toBe(EPOCH + MINUTE);
    expectSound(driver);
  });

  it('that was timed out in the same turn takes no answer any more', () => {
    const driver = started(once);
    driver.claim('a1');
    const task = driver.task('a1');
    driver.now += MINUTE;
    expect(driver.refusal('RespondActivityTaskCompleted', { task }).code).toBe('NOT_FOUND');
    expect(driver.run.status).toBe('TIMED_OUT');
  });

  it('is canceled at once while no Worker has it', () => {
    const driver = started();
    driver.cancel();
    expect(driver.run.status).toBe('CANCELED');
    expect(driver.names(3)).toEqual([
      'WorkflowExecutionCancelRequested',
      'ActivityTaskCancelRequested',
      'ActivityTaskCanceled',
      'WorkflowExecutionCanceled',
    ]);
    expectSound(driver);
  });

  it('learns of its cancellation from a heartbeat, and is canceled when it says so', () => {
    const driver = started();
    driver.claim('a1');
    const task = driver.task('a1');
    driver.cancel();
    driver.cancel();
    expect(driver.send('RecordActivityTaskHeartbeat', { task })).toMatchObject({ cancelRequested: true });
    expect(driver.run.status).toBe('RUNNING');
    driver.send('RespondActivityTaskCanceled', { task, details: payloads('undone') });
    expect(driver.run.status).toBe('CANCELED');
    expect(driver.last('ActivityTaskCanceled')).toMatchObject({ details: payloads('undone') });
    expectSound(driver);
  });

  it('is terminated, after which its Worker is refused', () => {
    const driver = started();
    driver.claim('a1');
    const task = driver.task('a1');
    const workflowExecution = { workflowId: activityAddress('a1') };
    driver.send('TerminateWorkflowExecution', { namespace: 'default', workflowExecution, reason: 'enough' });
    expect(driver.run.status).toBe('TERMINATED');
    expect(driver.refusal('RespondActivityTaskCompleted', { task }).code).toBe('NOT_FOUND');
    expectSound(driver);
  });

  it('is completed by its id, though no Worker has it', () => {
    const driver = started();
    const task = { namespace: 'default', workflowId: activityAddress('a1'), activityId: 'a1' };
    driver.send('RespondActivityTaskCompleted', { task, result: payloads('by hand') });
    expect(driver.run.status).toBe('COMPLETED');
    expectSound(driver);
  });
});

describe('starting an activity whose id was used', () => {
  it('is refused while it runs, naming the run, and repeated for the same request id', () => {
    const driver = started({ requestId: 'first' });
    const refusal = driver.refusal('StartActivityExecution', request({ requestId: 'second' }));
    expect(refusal).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(refusal.details).toMatchObject([{ startRequestId: 'first', runId: 'run-0' }]);
    expect(refusal.message).toContain('ActivityId: a1');
    const again = driver.send('StartActivityExecution', request({ requestId: 'first' }));
    expect(again).toEqual({ runId: 'run-0', started: true });
  });

  it('finds the running one if it asks for that', () => {
    const driver = started();
    const idConflictPolicy = 'ACTIVITY_ID_CONFLICT_POLICY_USE_EXISTING';
    const found = driver.send('StartActivityExecution', request({ idConflictPolicy }));
    expect(found).toEqual({ runId: 'run-0', started: false });
    expect(driver.run.activities.size).toBe(1);
  });

  it('begins another run once it is closed, unless the reuse policy forbids it', () => {
    const driver = started();
    driver.claim('a1');
    driver.complete('a1');
    const failedOnly = { idReusePolicy: 'ACTIVITY_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY' };
    expect(driver.refusal('StartActivityExecution', request(failedOnly)).code).toBe('ALREADY_EXISTS');
    expect(driver.send('StartActivityExecution', request())).toEqual({ runId: 'run-1', started: true });
    driver.cancel();
    expect(driver.send('StartActivityExecution', request(failedOnly)).runId).toBe('run-2');
  });

  it('needs a timeout that bounds an attempt', () => {
    const none = request({ startToCloseTimeout: '0s' });
    expect(idle().refusal('StartActivityExecution', none).code).toBe('INVALID_ARGUMENT');
  });
});

it('no workflow starts at the address of an activity', () => {
  const workflow = startRequest({ workflowId: activityAddress('a1') });
  expect(idle().refusal('StartWorkflowExecution', workflow).message).toContain('address of an activity');
});
