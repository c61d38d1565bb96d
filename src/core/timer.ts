/**
 * Timers. TimerStarted → TimerFired (by time) | TimerCanceled (by command) | dropped when the run closes.
 * A firing that is held back can still be canceled by the workflow task that did not know of it: history then has
 * TimerCanceled alone.
 */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { checkDuration, checkName } from './check.ts';
import { type Apply, BadCommand, type CommandBatch, type Deadline, type Execute } from './noun.ts';
import { type Execution, type RunState, touch } from './state.ts';
import type { Transition } from './transition.ts';

export const apply: Apply<'TimerStarted' | 'TimerFired' | 'TimerCanceled'> = {
  TimerStarted(run, { timerId, startToFireTimeout }, { execution, eventId, time }) {
    const fireTime = time + checkDuration('startToFireTimeout', startToFireTimeout);
    run.timers.set(timerId, { startedEventId: eventId, fireTime });
    touch(execution, 'timer', timerId);
  },
  TimerFired(run, { timerId, startedEventId }, { execution }) {
    resolve(run, timerId, Number(startedEventId));
    touch(execution, 'timer', timerId);
  },
  TimerCanceled(run, { timerId, startedEventId }, { execution }) {
    resolve(run, timerId, Number(startedEventId));
    touch(execution, 'timer', timerId);
  },
};

/** The same id may name a timer that has fired (held back) and one started since: the event id tells them apart. */
function resolve(run: RunState, timerId: string, startedEventId: number): void {
  if (run.firedTimers.get(timerId) === startedEventId) run.firedTimers.delete(timerId);
  else run.timers.delete(timerId);
}

/** The firing is held back: the timer is over, but a command may still cancel it. */
export function holdBack(execution: Execution, run: RunState, timerId: string, startedEventId: number): void {
  run.timers.delete(timerId);
  run.firedTimers.set(timerId, startedEventId);
  touch(execution, 'timer', timerId);
}

const exists = (run: RunState, timerId: string, batch: CommandBatch): boolean => {
  const change = batch.timers.get(timerId);
  return change ? change === 'started' : run.timers.has(timerId);
};

export const execute: Execute<'StartTimer' | 'CancelTimer'> = {
  StartTimer: {
    badCause: 'BAD_START_TIMER_ATTRIBUTES',
    check(run, { timerId, startToFireTimeout }, batch) {
      checkName('timerId', timerId);
      if (!startToFireTimeout) throw invalidArgument('startToFireTimeout: is required');
      checkDuration('startToFireTimeout', startToFireTimeout);
      if (exists(run, timerId, batch)) {
        throw new BadCommand('START_TIMER_DUPLICATE_ID', `StartTimer: timer ${timerId} is already running`);
      }
      batch.timers.set(timerId, 'started');
    },
    record(t, { timerId, startToFireTimeout }, { workflowTaskCompletedEventId, userMetadata }) {
      const attributes = { timerId, startToFireTimeout, workflowTaskCompletedEventId };
      t.append('TimerStarted', attributes, { userMetadata });
    },
  },
  CancelTimer: {
    badCause: 'BAD_CANCEL_TIMER_ATTRIBUTES',
    check(run, { timerId }, batch) {
      checkName('timerId', timerId);
      if (exists(run, timerId, batch)) batch.timers.set(timerId, 'canceled');
      else if (run.firedTimers.has(timerId) && !batch.canceledFirings.has(timerId))
        batch.canceledFirings.add(timerId);
      else throw invalidArgument(`timerId: no timer ${timerId} is running`);
    },
    record(t, { timerId }, { workflowTaskCompletedEventId, userMetadata }) {
      const started = t.run.timers.get(timerId)?.startedEventId ?? t.run.firedTimers.get(timerId);
      const attributes = { timerId, startedEventId: String(started), workflowTaskCompletedEventId };
      t.append('TimerCanceled', attributes, { userMetadata });
    },
  },
};

export function* items(execution: Execution): Iterable<string> {
  if (execution.run) yield* execution.run.timers.keys();
}

export function deadlines(execution: Execution, timerId: string): Deadline | undefined {
  const timer = execution.run?.timers.get(timerId);
  return timer && { time: timer.fireTime, order: timer.startedEventId };
}

export function tick(t: Transition, timerId: string): void {
  const { startedEventId } = t.run.timers.get(timerId)!;
  t.append('TimerFired', { timerId, startedEventId: String(startedEventId) });
}
