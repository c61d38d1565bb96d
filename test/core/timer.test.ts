import { describe, expect, it } from 'vitest';
import { toTimestampJson } from '../../sdk/common/duration.ts';
import { describeRun } from '../../src/core/describe.ts';
import {
  cancelTimer,
  completeWorkflow,
  EPOCH,
  HOUR,
  MINUTE,
  running,
  SECOND,
  startTimer,
} from './harness.ts';

describe('timer', () => {
  it('fires when its time has come, not before, and wakes the workflow', () => {
    const driver = running(startTimer('1', '10s'));
    expect(driver.deadline).toBe(EPOCH); // visibility is owed
    driver.effects();
    driver.advance(9_999);
    expect(driver.names()).not.toContain('TimerFired');
    driver.advance(1);
    expect(driver.names(5)).toEqual(['TimerStarted', 'TimerFired', 'WorkflowTaskScheduled']);
    expect(driver.last('TimerFired')).toEqual({ timerId: '1', startedEventId: '5' });
    expect(driver.run.timers.size).toBe(0);
  });

  it('fires late timers in the order of their due times, equal ones in the order of their starts', () => {
    const driver = running(
      startTimer('slow', '30s'),
      startTimer('tie-first', '20s'),
      startTimer('tie-second', '20s'),
      startTimer('quick', '1s'),
    );
    driver.advance(HOUR);
    const fired = driver
      .history()
      .flatMap((e) => ('timerFiredEventAttributes' in e ? [e.timerFiredEventAttributes.timerId] : []));
    expect(fired).toEqual(['quick', 'tie-first', 'tie-second', 'slow']);
    expect(driver.names().filter((name) => name === 'WorkflowTaskScheduled')).toHaveLength(2);
  });

  it('is described with its time until it has fired, the earliest first', () => {
    const driver = running(startTimer('slow', '30s'), startTimer('quick', '1s'));
    const described = () =>
      describeRun(driver.run, driver.now).pendingTimers.map(({ timerId, fireTime }) => [timerId, fireTime]);
    const quick = ['quick', toTimestampJson(driver.now + SECOND)];
    const slow = ['slow', toTimestampJson(driver.now + 30 * SECOND)];
    expect(described()).toEqual([quick, slow]);
    driver.effects();
    driver.advance(SECOND);
    expect(described()).toEqual([slow]);
    driver.runTask(completeWorkflow());
    expect(described()).toEqual([]);
  });

  it('does not fire once canceled', () => {
    const driver = running(startTimer('1', '10s'));
    driver.signal('stop');
    driver.runTask(cancelTimer('1'));
    driver.walk(MINUTE);
    expect(driver.names()).not.toContain('TimerFired');
    expect(driver.last('TimerCanceled')).toMatchObject({ timerId: '1', startedEventId: '5' });
  });

  it('fails the workflow task when a timer with the same id is running, and applies none of its commands', () => {
    const driver = running(startTimer('1', '10s'));
    driver.signal('again');
    driver.runTask(startTimer('2', '10s'), startTimer('1', '10s'));
    expect(driver.last('WorkflowTaskFailed')).toMatchObject({
      cause: 'WORKFLOW_TASK_FAILED_CAUSE_START_TIMER_DUPLICATE_ID',
      failure: { message: 'StartTimer: timer 1 is already running' },
    });
    expect([...driver.run.timers.keys()]).toEqual(['1']);
  });

  it('fails the workflow task when two commands of one task start the same timer', () => {
    const driver = running();
    driver.signal('go');
    driver.runTask(startTimer('1', '10s'), startTimer('1', '20s'));
    expect(driver.last('WorkflowTaskFailed').cause).toBe(
      'WORKFLOW_TASK_FAILED_CAUSE_START_TIMER_DUPLICATE_ID',
    );
    expect(driver.run.timers.size).toBe(0);
  });

  it('allows one task to start, cancel and start again the same timer', () => {
    const driver = running(startTimer('1', '10s'), cancelTimer('1'), startTimer('1', '20s'));
    expect(driver.names(5)).toEqual(['TimerStarted', 'TimerCanceled', 'TimerStarted']);
    driver.advance(10 * SECOND);
    expect(driver.names()).not.toContain('TimerFired');
    driver.advance(10 * SECOND);
    expect(driver.last('TimerFired').startedEventId).toBe('7');
  });

  it.each([
    ['an unknown timer', cancelTimer('nobody'), 'BAD_CANCEL_TIMER_ATTRIBUTES'],
    ['no id', startTimer('', '1s'), 'BAD_START_TIMER_ATTRIBUTES'],
    ['no duration', startTimer('1', ''), 'BAD_START_TIMER_ATTRIBUTES'],
    ['a duration that is none', startTimer('1', '-1s'), 'BAD_START_TIMER_ATTRIBUTES'],
  ])('fails the workflow task for %s', (_what, command, cause) => {
    const driver = running(command);
    expect(driver.last('WorkflowTaskFailed').cause).toBe(`WORKFLOW_TASK_FAILED_CAUSE_${cause}`);
  });

  it('accepts any id, also one that names a property of every object', () => {
    const driver = running(startTimer('__proto__', '1s'), startTimer('constructor', '2s'));
    driver.reload();
    driver.advance(MINUTE);
    expect(driver.names().filter((name) => name === 'TimerFired')).toHaveLength(2);
  });

  it('holds a firing back while a task is started, and lets that task cancel it', () => {
    const driver = running(startTimer('1', '5s'));
    driver.signal('stop');
    driver.startTask();
    driver.now += 5 * SECOND;
    // The same instant: the timer is due, and the answer cancels it and ends the run.
    driver.completeTask([cancelTimer('1'), completeWorkflow('stopped')]);
    expect(driver.transient('EventHeldBack')).toHaveLength(1);
    expect(driver.names(9)).toEqual(['WorkflowTaskCompleted', 'TimerCanceled', 'WorkflowExecutionCompleted']);
  });

  it('does not take a canceled new timer for the held-back firing of its namesake', () => {
    const driver = running(startTimer('1', '5s'));
    driver.signal('go');
    driver.startTask();
    driver.now += 5 * SECOND;
    driver.completeTask([startTimer('1', '60s'), cancelTimer('1'), completeWorkflow()]);
    expect(driver.last('WorkflowTaskFailed').cause).toBe('WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND');
    expect(driver.last('TimerFired').startedEventId).toBe('5');
  });

  it('tells a fired timer from one that was started again under its id', () => {
    const driver = running(startTimer('1', '5s'));
    driver.signal('go');
    driver.startTask();
    driver.advance(5 * SECOND);
    driver.completeTask([startTimer('1', '60s')]);
    expect(driver.last('TimerFired').startedEventId).toBe('5');
    expect(driver.run.timers.get('1')!.startedEventId).toBe(
      Number(driver.last('WorkflowTaskCompleted').startedEventId) + 2,
    );
  });

  it('keeps ten thousand timers apart', () => {
    const count = 10_000;
    const commands = Array.from({ length: count }, (_, i) => startTimer(String(i), `${(i % 100) + 1}s`));
    const driver = running(...commands);
    driver.walk(100 * SECOND);
    expect(driver.names().filter((name) => name === 'TimerFired')).toHaveLength(count);
    expect(driver.run.timers.size).toBe(0);
  });

  it('reaches beyond any alarm: a timer of thirty years', () => {
    const driver = running(startTimer('1', '946728000s'));
    driver.effects();
    driver.send('RecordVisibilityWritten', { runId: driver.run.runId, version: 1 });
    expect(driver.deadline).toBe(EPOCH + 946_728_000_000);
  });
});
