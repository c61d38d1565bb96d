/** Durable timers. */

import { type Duration, waitToNumber } from '../common/duration.ts';
import { assertInContext, type WorkflowContext } from './runtime/context.ts';
import { startTimer } from './runtime/timer.ts';

export interface TimerOptions {
  /** A line about the timer, for people who look at the workflow. */
  summary?: string;
}

/**
 * Waits for a durable timer: the workflow may be out of memory meanwhile.
 * @param ms milliseconds, or text like `'30 days'`; at least 1 ms, which a negative number is too
 * @throws CancelledFailure when the current scope is cancelled
 */
export function sleep(ms: Duration, options?: TimerOptions): Promise<void> {
  return sleepIn(assertInContext('sleep'), sleep, ms, options);
}

/** The sleep of an API function: where the workflow waits is where it called that one. */
export function sleepIn(
  context: WorkflowContext,
  called: (...args: never[]) => unknown,
  ms: Duration,
  options?: TimerOptions,
): Promise<void> {
  const durationMs = Math.max(1, waitToNumber(ms));
  return startTimer(context, durationMs, called, options);
}
