/** Waiting until something is true of the workflow's own state. */

import type { Duration } from '../common/duration.ts';
import { CancellationScope } from './cancellation-scope.ts';
import { patched } from './patching.ts';
import { assertInContext } from './runtime/context.ts';
import { captureStack } from './runtime/stack-trace.ts';
import { sleepIn, type TimerOptions } from './timers.ts';

/** Runs that began when a timeout of 0 meant "no timeout" keep that meaning; Temporal's name for that patch. */
const ZERO_TIMEOUT_PATCH = '__sdk_internal_patch_number:1';

/**
 * Waits until `fn` gives `true`, or for `timeout`. `fn` is called after every event that the workflow sees, and must only read.
 * @returns with a timeout: whether `fn` gave `true` in time
 */
export function condition(fn: () => boolean, timeout: Duration, options?: TimerOptions): Promise<boolean>;
export function condition(fn: () => boolean): Promise<void>;
export async function condition(
  fn: () => boolean,
  timeout?: Duration,
  options?: TimerOptions,
): Promise<void | boolean> {
  const context = assertInContext('condition');
  if (timeout === 0 && !patched(ZERO_TIMEOUT_PATCH)) return waitFor(fn);
  if (timeout === undefined || timeout === null) return waitFor(fn);
  return CancellationScope.cancellable(async () => {
    try {
      const late = sleepIn(context, condition, timeout, options).then(() => false);
      return await Promise.race([late, waitFor(fn).then(() => true)]);
    } finally {
      CancellationScope.current().cancel();
    }
  });
}

function waitFor(fn: () => boolean): Promise<void> {
  const context = assertInContext('condition');
  context.assertWritable('wait for a condition');
  return new Promise((resolve, reject) => {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) {
      scope.cancelRequested.catch(reject);
      return;
    }
    const seq = context.nextSeq.condition++;
    if (scope.cancellable) {
      scope.cancelRequested.catch((error) => {
        context.conditions.delete(seq);
        reject(error);
      });
    }
    if (fn()) resolve();
    else context.conditions.set(seq, { fn, resolve, waiting: captureStack(context, condition) });
  });
}
