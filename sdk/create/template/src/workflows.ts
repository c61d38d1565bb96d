/** Workflows say what happens in which order. They survive crashes and deploys, so they must be deterministic. */

import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from 'perdure/workflow';
import type * as activities from './activities.ts';

const { greet } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 5 },
});

export const approve = defineSignal('approve');
export const approved = defineQuery<boolean>('approved');

/** Greets when somebody has approved it, or after thirty days. */
export async function greeting(name: string): Promise<string> {
  let isApproved = false;
  setHandler(approve, () => {
    isApproved = true;
  });
  setHandler(approved, () => isApproved);
  await condition(() => isApproved, '30 days');
  return greet(name);
}
