/** An order that somebody has to approve: first the team is asked, then its manager, and at last nobody any more. */

import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from 'perdure/workflow';
import type * as activities from './activities.ts';
import {
  type Decision,
  MANAGER_PATIENCE,
  type Order,
  type OrderStatus,
  type Outcome,
  SMALL_AMOUNT,
  TEAM_PATIENCE,
} from './shared.ts';

const { askForApproval, ship, tellCustomer } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** Sent by the webhook. The first decision counts. */
export const decide = defineSignal<[Decision]>('decide');
export const orderStatus = defineQuery<OrderStatus>('orderStatus');

export async function approveOrder(order: Order): Promise<Outcome> {
  const status: OrderStatus = { waitingFor: 'nobody' };
  setHandler(decide, (decision) => {
    status.decision ??= decision;
  });
  setHandler(orderStatus, () => status);

  if (order.amount > SMALL_AMOUNT) {
    for (const [who, patience] of [
      ['team', TEAM_PATIENCE],
      ['manager', MANAGER_PATIENCE],
    ] as const) {
      if (status.decision) break;
      status.waitingFor = who;
      await askForApproval(order, who);
      await condition(() => status.decision !== undefined, patience);
    }
    status.waitingFor = 'nobody';
  }

  const outcome = outcomeOf(order, status);
  if (outcome === 'approved') await ship(order);
  await tellCustomer(order, outcome);
  return outcome;
}

function outcomeOf({ amount }: Order, { decision }: OrderStatus): Outcome {
  if (amount <= SMALL_AMOUNT) return 'approved';
  if (!decision) return 'expired';
  return decision.approved ? 'approved' : 'rejected';
}
