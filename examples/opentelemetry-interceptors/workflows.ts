/** An order: it is charged, and a child ships it once it is paid. No line of it is about tracing. */

import {
  condition,
  defineSignal,
  executeChild,
  proxyActivities,
  setHandler,
  workflowInfo,
} from 'perdure/workflow';
import type * as activities from './activities.ts';

const { charge, ship } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

/** The customer has confirmed the order. */
export const confirm = defineSignal('confirm');

export async function order(item: string): Promise<string> {
  let confirmed = false;
  setHandler(confirm, () => {
    confirmed = true;
  });
  const receipt = await charge(item);
  await condition(() => confirmed);
  const { workflowId } = workflowInfo();
  const parcel = await executeChild(shipping, { workflowId: `${workflowId}/shipping`, args: [item] });
  return `${receipt}, ${parcel}`;
}

export async function shipping(item: string): Promise<string> {
  return ship(item);
}
