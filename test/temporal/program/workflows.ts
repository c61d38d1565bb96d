/** An order that is paid for, approved by a person and shipped. */

import { ApplicationFailure } from '@temporalio/common';
import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  log,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities.ts';

const { charge } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3, initialInterval: '1 second' },
});

export const approve = defineSignal<[string]>('approve');
export const state = defineQuery<string>('state');
export const addItem = defineUpdate<number, [string]>('addItem');

export async function shipment(items: string[]): Promise<string> {
  await sleep('1 day');
  return `shipped ${items.join(' and ')}`;
}

export async function order(item: string): Promise<string[]> {
  const items = [item];
  let approver: string | undefined;
  setHandler(approve, (name) => {
    approver = name;
  });
  setHandler(state, () => (approver ? `approved by ${approver}` : 'waiting'));
  setHandler(addItem, (added) => items.push(added), {
    validator: (added) => {
      if (added === '') throw new Error('an item has a name');
    },
  });
  if (!(await condition(() => approver !== undefined, '30 days'))) {
    throw ApplicationFailure.nonRetryable('nobody approved', 'NotApproved');
  }
  log.info('approved', { approver });
  const receipt = await charge(items.length);
  const shipped = await executeChild(shipment, {
    args: [items],
    workflowId: `${workflowInfo().workflowId}-shipment`,
  });
  return [receipt, shipped];
}
