/**
 * Workflow code that never gives its turn back (`while (true)`) cannot be answered for by code of its own thread. Whoever watches the
 * thread from another one (sdk/worker/block-watch.ts) calls this where the code stands, and then ends it.
 */

import { currentContext } from './context.ts';

/** Under this name on `globalThis`, for a debugger to call. */
export const FAIL_BLOCKED_RUN: unique symbol = Symbol.for('perdure.failBlockedRun') as never;

/** The workflow task of the run was given up because its code held the thread for too long. */
export class WorkflowBlockedError extends Error {
  override readonly name = 'WorkflowBlockedError';
}

/**
 * Fails the task of the run that the calling code belongs to.
 * @returns which run that is; `undefined` for ordinary code, of which nothing is said
 */
function failBlockedRun(seconds: number): string | undefined {
  const context = currentContext();
  if (!context) return undefined;
  const { workflowType, workflowId, runId } = context.info;
  const run = `workflow ${workflowType} (${workflowId}, run ${runId})`;
  context.block(
    new WorkflowBlockedError(
      `The code of ${run} did not give its turn back for ${seconds} s: an endless loop, or work that belongs into an activity.`,
    ),
  );
  return run;
}

Object.defineProperty(globalThis, FAIL_BLOCKED_RUN, { value: failBlockedRun, configurable: true });
