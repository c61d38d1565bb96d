import { describe, expect, it } from 'vitest';
import { completeWorkflow, continueAsNew, Driver, payloads, startRequest } from './harness.ts';

const [id] = payloads('nightly').payloads;
const scheduled = { searchAttributes: { indexedFields: { TemporalScheduledById: id! } } };

function started(more: object = scheduled): Driver {
  const driver = new Driver();
  driver.send('StartWorkflowExecution', startRequest(more));
  return driver;
}

describe('a start by a schedule', () => {
  it('that was refused stays refused: a late copy does not begin, behind the schedule, what it skipped', () => {
    const driver = started();
    const late = startRequest({ ...scheduled, requestId: 'schedule/nightly/1/2' });
    expect(driver.refusal('StartWorkflowExecution', late).code).toBe('ALREADY_EXISTS');
    driver.runTask(completeWorkflow());
    driver.reload();
    expect(driver.refusal('StartWorkflowExecution', late).code).toBe('ALREADY_EXISTS');
  });
});

describe('a run that a schedule started', () => {
  it('owes the schedule the news of its close until it was told', () => {
    const driver = started();
    expect(driver.effectsOf('NotifySchedule')).toEqual([]);
    driver.runTask(completeWorkflow());
    const effect = { kind: 'NotifySchedule', runId: 'run-0', scheduleId: 'nightly' };
    expect(driver.effectsOf('NotifySchedule')).toEqual([effect]);
    driver.reload();
    expect(driver.effectsOf('NotifySchedule')).toEqual([effect]);
    driver.send('RecordScheduleNotified', { runId: 'run-0' });
    driver.send('RecordScheduleNotified', { runId: 'run-0' });
    expect(driver.transient('ScheduleNotified')).toHaveLength(1);
    driver.reload();
    expect(driver.effectsOf('NotifySchedule')).toEqual([]);
  });

  it('owes it nothing while its chain goes on, and then whatever search attributes its runs chose', () => {
    const driver = started();
    const own = { indexedFields: { Color: payloads('red').payloads[0]! } };
    driver.runTask(continueAsNew({ searchAttributes: own }));
    expect(driver.effectsOf('NotifySchedule')).toEqual([]);
    driver.runTask(completeWorkflow());
    expect(driver.effectsOf('NotifySchedule')).toMatchObject([{ runId: 'run-1', scheduleId: 'nightly' }]);
  });

  it('begins with what the runs before it came to', () => {
    const driver = started({
      ...scheduled,
      lastCompletionResult: payloads(7),
      continuedFailure: { message: 'lost' },
    });
    expect(driver.last('WorkflowExecutionStarted')).toMatchObject({
      lastCompletionResult: payloads(7),
      continuedFailure: { message: 'lost' },
    });
  });

  it('an attribute that cannot be read names no schedule', () => {
    const driver = started({ searchAttributes: { indexedFields: { TemporalScheduledById: { data: '?' } } } });
    driver.runTask(completeWorkflow());
    expect(driver.effectsOf('NotifySchedule')).toEqual([]);
  });
});
