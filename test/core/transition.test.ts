import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type HistoryEvent,
  historyEventName,
  historyEvents,
  type LogEvent,
  transientEvents,
} from '../../sdk/common/history.ts';
import { applyLogged, newExecution, nextDeadline, restore, takeEffects } from '../../src/core/transition.ts';
import {
  Driver,
  EPOCH,
  fold,
  MINUTE,
  running,
  SECOND,
  scheduleActivity,
  startTimer,
  stateOf,
} from './harness.ts';
import {
  checkClosedRunsRest,
  checkFold,
  checkHistory,
  checkResets,
  checkRest,
  checkSignals,
  checkState,
  checkUpdates,
  play,
  randomMoves,
} from './random-run.ts';

/** Found once: what is owed was owed since a later time than it had been. */
const unpausedWithinATask: Parameters<typeof play>[0] = [
  ['startTask', 0, 0],
  ['completeTask', 214, 399],
  ['signal', 0, 0],
  ['reload', 0, 0],
  ['childClosed', 0, 0],
  ['canceled', 0, 0],
  ['startTask', 0, 0],
  ['pauseWorkflow', 0, 0],
  ['signaled', 0, 0],
  ['childStartFailed', 0, 0],
  ['accept', 0, 0],
  ['childStartFailed', 0, 0],
  ['start', 1, 0],
  ['claim', 0, 0],
  ['pauseWorkflow', 0, 0],
  ['signal', 0, 0],
  ['childStarted', 0, 0],
  ['written', 0, 0],
  ['pauseWorkflow', 82, 0],
  ['cancelRequested', 0, 0],
  ['claim', 0, 0],
  ['reload', 0, 0],
  ['startTask', 0, 0],
  ['childStartFailed', 0, 0],
  ['advance', 1, 0],
  ['completeTask', 0, 0],
  ['completeTask', 75, 0],
  ['signal', 0, 0],
  ['update', 0, 0],
  ['childStartFailed', 0, 0],
  ['startTask', 0, 0],
  ['claim', 0, 0],
  ['claim', 0, 0],
];

/** Found once: an id whose runs are deleted, and that is started again. */
const startedBehindADeletion: Parameters<typeof play>[0] = [
  ['start', 0, 0],
  ['drift', 755, 0],
  ['delete', 0, 0],
  ['signalWithStart', 0, 0],
  ['startTask', 0, 0],
  ['cancelRequested', 0, 0],
  ['completeTask', 0, 0],
  ['start', 0, 0],
  ['cancelRequested', 0, 0],
  ['failTask', 0, 0],
  ['completeTask', 0, 0],
  ['delete', 0, 621],
  ['signalWithStart', 0, 0],
  ['heartbeat', 0, 0],
  ['effects', 0, 0],
  ['deadline', 0, 0],
  ['claim', 0, 0],
  ['updateOptions', 0, 0],
  ['completeTask', 0, 0],
  ['fail', 0, 0],
  ['childClosed', 0, 0],
  ['claim', 0, 0],
  ['operateActivity', 0, 0],
  ['parentNotified', 0, 0],
  ['claim', 0, 0],
  ['pauseWorkflow', 0, 0],
  ['claim', 0, 0],
  ['drift', 0, 0],
  ['childStartFailed', 0, 0],
  ['update', 0, 0],
  ['startTask', 0, 0],
  ['startTask', 0, 0],
];

/** Found once: the reset of a closed run that still owed its schedule the news. */
const resetOfAScheduledRun: Parameters<typeof play>[0] = [
  ['startTask', 0, 0],
  ['start', 0, 75],
  ['claim', 0, 0],
  ['signal', 0, 0],
  ['fail', 0, 0],
  ['signal', 0, 0],
  ['reload', 0, 0],
  ['operateActivity', 0, 0],
  ['failTask', 0, 0],
  ['startTask', 0, 0],
  ['complete', 0, 0],
  ['cancelRequested', 0, 0],
  ['updateWithStart', 52, 0],
  ['fail', 0, 0],
  ['scheduleNotified', 0, 0],
  ['start', 0, 788],
  ['policyApplied', 0, 0],
  ['claim', 0, 0],
  ['advance', 566, 0],
  ['signal', 0, 0],
  ['reset', 0, 0],
  ['fail', 0, 0],
  ['childStartFailed', 0, 0],
  ['completeTask', 0, 0],
  ['completeTask', 0, 0],
  ['release', 0, 0],
  ['updateOptions', 0, 0],
  ['cancelRequested', 0, 0],
  ['canceled', 0, 0],
  ['claim', 0, 0],
];

/** Mutation tests (test/mutation) repeat these for every mutant, and make do with fewer. */
const runs = (usual: number) => Math.ceil(usual / Number(process.env.PERDURE_FEWER_RUNS ?? 1));

describe('after any sequence of requests', () => {
  it('histories are well formed, and everything resolves at most once', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => checkHistory(play(sequence, () => {}))),
      { numRuns: runs(300) },
    );
  });

  it('a fold of the log gives the live state, overwritten rows coming last', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => checkFold(play(sequence, () => {}))),
      { numRuns: runs(300) },
    );
  });

  it('a fold of the log gives the live state at every point on the way', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => void play(sequence, checkFold)),
      { numRuns: runs(25) },
    );
  });

  it('a snapshot and the rows after it give the live state', () => {
    fc.assert(
      fc.property(randomMoves, fc.nat(100), (sequence, at) => {
        let moves = 0;
        const driver = play(sequence, (d) => {
          if (moves++ === at) d.reload();
        });
        checkFold(driver);
      }),
      { numRuns: runs(150), examples: [[startedBehindADeletion, 0]] },
    );
  });

  it('an open run with something unseen has a workflow task, and nothing is held back without one', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => void play(sequence, checkState)),
      { numRuns: runs(300) },
    );
  });

  it('no acknowledged signal is lost or doubled', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => checkSignals(play(sequence, () => {}))),
      { numRuns: runs(300) },
    );
  });

  it('a reset keeps the beginning to the letter, every signal, and every update that was accepted', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => checkResets(play(sequence, () => {}))),
      { numRuns: runs(300) },
    );
  });

  it('no update that was taken in is lost while its chain of runs goes on', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => void play(sequence, checkUpdates)),
      { numRuns: runs(100) },
    );
  });

  it('closed runs rest', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => checkClosedRunsRest(play(sequence, () => {}))),
      { numRuns: runs(200) },
    );
  });

  it('nothing is due after a tick, once the effects are taken', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => void play(sequence, checkRest)),
      { numRuns: runs(200) },
    );
  });

  it('what is derived after a load is what is derived live: the same deadline, all that is owed', () => {
    fc.assert(
      fc.property(randomMoves, (sequence) => {
        const driver = play(sequence, (d) => void d.effects());
        driver.tick();
        nextDeadline(driver.execution);
        const deadline = driver.execution.derived.deadlines.peek();
        const owed = new Map(driver.execution.derived.owed);
        driver.reload();
        nextDeadline(driver.execution);
        expect(driver.execution.derived.deadlines.peek()).toEqual(deadline);
        expect(new Map(driver.execution.derived.owed)).toEqual(owed);
      }),
      { numRuns: runs(200), examples: [[resetOfAScheduledRun], [unpausedWithinATask]] },
    );
  });
});

describe('the random runs above', () => {
  it('reach every kind of event', () => {
    const seen = new Set<string>();
    for (const sequence of fc.sample(randomMoves, { numRuns: 2_000, seed: 7 })) {
      for (const { events } of play(sequence, () => {}).log) {
        for (const event of events) {
          seen.add('transient' in event ? event.transient : historyEventName(event.eventType)!);
        }
      }
    }
    const all = [...Object.keys(historyEvents), ...Object.keys(transientEvents)];
    expect(all.filter((name) => !seen.has(name))).toEqual([]);
  });
});

describe('a transition', () => {
  it('hands over what time made due even when its request is refused', () => {
    const driver = running(startTimer('1', '5s'));
    driver.now += 5 * SECOND;
    const refusal = driver.refusal('TerminateWorkflowExecution', {
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1', runId: 'another' },
    });
    expect(refusal.code).toBe('NOT_FOUND');
    expect(driver.names(5)).toEqual(['TimerStarted', 'TimerFired', 'WorkflowTaskScheduled']);
    expect(stateOf(fold(driver.log))).toEqual(stateOf(driver.execution));
  });

  it('never lets time go back, whatever the clock does', () => {
    const driver = running();
    driver.now -= MINUTE;
    driver.signal('late');
    expect(driver.history().at(-1)!.eventTime).toBe(new Date(EPOCH).toISOString());
  });

  it('writes the time at which the attempt began into ActivityTaskStarted', () => {
    const driver = running(scheduleActivity('1'));
    driver.now += SECOND;
    driver.claim('1');
    driver.now += 4 * SECOND;
    driver.complete('1');
    const time = (name: string) =>
      Date.parse(driver.history().find((event) => event.eventType === name)!.eventTime) - EPOCH;
    expect(time('EVENT_TYPE_ACTIVITY_TASK_STARTED')).toBe(SECOND);
    expect(time('EVENT_TYPE_ACTIVITY_TASK_COMPLETED')).toBe(5 * SECOND);
  });

  it('of a tick with nothing due writes nothing', () => {
    const driver = running(scheduleActivity('1'));
    const before = driver.log.length;
    driver.tick();
    driver.tick();
    expect(driver.log).toHaveLength(before);
  });

  it('sets an item aside that fails when it is due, and handles the others', () => {
    const driver = running(startTimer('1', '5s'));
    driver.execution.derived.deadlines.set('timer/ghost', EPOCH + SECOND);
    driver.walk(5 * SECOND);
    expect(driver.names()).toContain('TimerFired');
    expect([...driver.execution.derived.quarantined.keys()]).toEqual(['timer/ghost']);
  });

  it('on an id that was never used ticks for nothing', () => {
    const driver = new Driver();
    driver.tick();
    expect(driver.log).toEqual([]);
    expect(takeEffects(driver.execution, driver.now)).toEqual([]);
    expect(nextDeadline(driver.execution)).toBeUndefined();
  });
});

describe('rebuilding', () => {
  const log = () => running(startTimer('1', '5s')).events();

  it('refuses a log with a hole', () => {
    const events = log().filter((event) => !('timerStartedEventAttributes' in event));
    const broken = [...events, ...log().slice(-1)].map((event, i, all) =>
      i === all.length - 1 ? ({ ...event, eventId: '9' } as LogEvent) : event,
    );
    expect(() => applyLogged(newExecution('default', 'order-1'), 0, broken)).toThrow('The log is broken');
  });

  it('refuses a log without its beginning', () => {
    expect(() => applyLogged(newExecution('default', 'order-1'), 0, log().slice(1))).toThrow(
      'The log is broken',
    );
    const transient = log().filter((event) => 'transient' in event);
    expect(() => applyLogged(newExecution('default', 'order-1'), 0, transient)).toThrow('no first event');
  });

  it('refuses events and snapshots of a newer version', () => {
    const event = { eventId: '1', eventTime: '2026-11-02T00:00:00Z', eventType: 'EVENT_TYPE_NEW' };
    const execution = newExecution('default', 'order-1');
    expect(() => applyLogged(execution, 0, [event as unknown as HistoryEvent])).toThrow('EVENT_TYPE_NEW');
    const driver = new Driver();
    driver.start();
    const note = { transient: 'NewNote', time: driver.now, attributes: {} } as unknown as LogEvent;
    expect(() => applyLogged(driver.execution, 0, [note])).toThrow('NewNote: written by a newer version');
    expect(() => restore(execution, { version: 3 })).toThrow('A snapshot of version 3');
  });

  it('of fifty thousand events gives a state that goes on', () => {
    const driver = new Driver();
    driver.start();
    for (let i = 0; i < 5_000; i++) {
      driver.runTask(scheduleActivity('1'));
      driver.claim('1');
      driver.complete('1');
    }
    const execution = fold(driver.log);
    expect(execution.run!.nextEventId).toBeGreaterThan(30_000);
    expect(takeEffects(execution, driver.now).map((effect) => effect.kind)).toContain('RunWorkflowTask');
  });
});
