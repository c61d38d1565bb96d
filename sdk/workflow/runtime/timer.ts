/**
 * Timers of a run.
 *   unsent   → recorded   its TimerStarted came
 *   unsent   → dropped    cancelled in the task that started it: neither command is sent
 *   recorded → cancelling CancelTimer is issued → canceled (its TimerCanceled came)
 *   recorded → fired
 * Cancelling settles the promise at once; firing does so when the task that follows is run.
 */

import { toDurationJson } from '../../common/duration.ts';
import type { HistoryEvent, HistoryEventAttributes } from '../../common/history.ts';
import type { CancellationScope } from '../cancellation-scope.ts';
import type { TimerInput } from '../interceptors.ts';
import type { TimerOptions } from '../timers.ts';
import { currentScope, type WorkflowContext } from './context.ts';
import { outbound } from './intercept.ts';
import { NondeterminismError, type PendingCommand } from './match.ts';
import { captureStack, type WaitingStack } from './stack-trace.ts';

/** Starts a timer in the current scope, through the interceptors. `below` is the API function that was called. */
export function startTimer(
  context: WorkflowContext,
  durationMs: number,
  below: (...args: never[]) => unknown,
  options: TimerOptions = {},
): Promise<void> {
  context.assertWritable('start a timer');
  const seq = context.nextSeq.timer++;
  const waiting = captureStack(context, below);
  const start = outbound(context, 'startTimer', (input) =>
    newTimer(context, currentScope() ?? context.rootScope, input, waiting),
  );
  return start({ durationMs, seq, options });
}

/** Rejects with the scope's cancellation. */
function newTimer(
  context: WorkflowContext,
  scope: CancellationScope,
  { durationMs, seq, options }: TimerInput,
  waiting: WaitingStack,
): Promise<void> {
  const summary = options?.summary;
  return new Promise((resolve, reject) => {
    if (scope.consideredCancelled) {
      scope.cancelRequested.catch(reject);
      return;
    }
    let startedEventId: string | undefined;
    const timerId = String(seq);
    const forget = (): void => void context.timersByEvent.delete(startedEventId!);
    const cancel = (error: Error, start: PendingCommand): void => {
      // Not open any more: it fired.
      if (!context.timers.delete(seq)) return;
      if (startedEventId === undefined) start.dropped = true;
      else context.commands.push('CancelTimer', { timerId }, { onRecorded: forget });
      reject(error);
    };
    if (scope.cancellable) scope.cancelRequested.catch((error) => cancel(error, start));
    const start = context.commands.push(
      'StartTimer',
      { timerId, startToFireTimeout: toDurationJson(durationMs) },
      {
        ...(summary !== undefined && { userMetadata: { summary: context.toPayload(summary) } }),
        onRecorded: (event) => {
          context.timersByEvent.set(event.eventId, seq);
          startedEventId = event.eventId;
        },
      },
    );
    context.timers.set(seq, { resolve, reject, waiting });
  });
}

/** A timer's TimerFired came: its promise is settled when the task is run, unless it is cancelled before. */
export function timerFired(
  context: WorkflowContext,
  event: HistoryEvent,
  attributes: HistoryEventAttributes['TimerFired'],
): void {
  const { startedEventId, timerId } = attributes;
  const seq = context.timersByEvent.get(startedEventId);
  if (seq === undefined || String(seq) !== timerId) {
    throw new NondeterminismError(
      `event ${event.eventId} is ${event.eventType} (timerId ${timerId}, startedEventId ${startedEventId}), ` +
        'but the workflow has no such timer open',
      event,
    );
  }
  context.timersByEvent.delete(startedEventId);
  context.resolutions.push(() => {
    const timer = context.timers.get(seq);
    context.timers.delete(seq);
    timer?.resolve();
  });
}
