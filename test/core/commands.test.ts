import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { completeWorkflow, Driver, payloads, scheduleActivity, startTimer } from './harness.ts';

function started(): Driver {
  const driver = new Driver();
  driver.start();
  return driver;
}

describe('bad commands', () => {
  it('fail the task with their cause, and nothing of the task is applied', () => {
    const driver = started();
    driver.runTask(scheduleActivity('1'), startTimer('1', '1s'), scheduleActivity(''));
    expect(driver.names(3)).toEqual(['WorkflowTaskStarted', 'WorkflowTaskFailed']);
    expect(driver.last('WorkflowTaskFailed')).toMatchObject({
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
      failure: { message: 'ScheduleActivityTask: activityId: must be a non-empty string' },
    });
    expect(driver.run.activities.size + driver.run.timers.size).toBe(0);
    expect(driver.run.workflowTask).toMatchObject({ attempt: 2 });
  });

  it.each([
    [
      'a marker without a name',
      makeCommand('RecordMarker', { markerName: '' }),
      'BAD_RECORD_MARKER_ATTRIBUTES',
    ],
    [
      'no search attributes',
      makeCommand('UpsertWorkflowSearchAttributes', { searchAttributes: {} }),
      'BAD_SEARCH_ATTRIBUTES',
    ],
    [
      'a failure that is missing',
      makeCommand('FailWorkflowExecution', {} as never),
      'BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES',
    ],
    [
      'attributes that are missing',
      { commandType: 'COMMAND_TYPE_START_TIMER' } as never,
      'BAD_START_TIMER_ATTRIBUTES',
    ],
    ['an unknown command', { commandType: 'COMMAND_TYPE_FLY' } as never, 'WORKFLOW_WORKER_UNHANDLED_FAILURE'],
    [
      'a payload over the limit',
      makeCommand('CompleteWorkflowExecution', { result: { payloads: [{ data: 'A'.repeat(24_000_000) }] } }),
      'PAYLOADS_TOO_LARGE',
    ],
    [
      'a policy that contradicts itself',
      scheduleActivity('1', { retryPolicy: { initialInterval: '10s', maximumInterval: '1s' } }),
      'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
    ],
  ])('%s', (_what, command, cause) => {
    const driver = started();
    driver.runTask(command);
    expect(driver.last('WorkflowTaskFailed').cause).toBe(`WORKFLOW_TASK_FAILED_CAUSE_${cause}`);
  });

  it('a list that is none is refused', () => {
    const driver = started();
    const { startedEventId } = driver.startTask();
    const answer = { runId: 'run-0', startedEventId, attempt: 1, commands: {} as never };
    expect(driver.refusal('RespondWorkflowTaskCompleted', answer).code).toBe('INVALID_ARGUMENT');
  });
});

describe('the order of commands', () => {
  it('puts the first closing command last, and drops further ones', () => {
    const driver = started();
    driver.runTask(
      completeWorkflow('first'),
      makeCommand('RecordMarker', { markerName: 'core_patch' }),
      makeCommand('CancelWorkflowExecution', {}),
      startTimer('1', '1s'),
    );
    expect(driver.names(5)).toEqual(['MarkerRecorded', 'TimerStarted', 'WorkflowExecutionCompleted']);
    expect(driver.last('WorkflowExecutionCompleted').result).toEqual(payloads('first'));
  });

  it('ties every event to the task that asked for it, with its summary', () => {
    const driver = started();
    const summary = { data: btoa('"wait"') };
    driver.runTask(makeCommand('StartTimer', { timerId: '1', startToFireTimeout: '1s' }, { summary }));
    expect(driver.last('TimerStarted').workflowTaskCompletedEventId).toBe('4');
    expect(driver.history()[4]!.userMetadata).toEqual({ summary });
  });
});
