/** What the schedules of the tests start. */

import { ApplicationFailure, continueAsNew, sleep, workflowInfo } from 'perdure/workflow';

/** Answers with how often it has come, over all runs of its schedule. */
export async function counting(): Promise<number> {
  return ((workflowInfo().lastResult as number | undefined) ?? 0) + 1;
}

/** Runs for so long; a cancellation ends it. */
export async function lasting(ms: number): Promise<string> {
  await sleep(ms);
  return 'slept';
}

/** Fails as often as its schedule has no failure to tell it of. */
export async function failing(): Promise<string> {
  const { lastFailure } = workflowInfo();
  if (!lastFailure) throw ApplicationFailure.nonRetryable('the first time');
  return `after ${lastFailure.message}`;
}

/** Lasts for two runs, of which the second chose its own search attributes. */
export async function continued(ms: number, last = false): Promise<string> {
  await sleep(ms);
  if (!last) await continueAsNew<typeof continued>(ms, true);
  return 'end of the chain';
}
