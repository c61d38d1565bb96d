import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  log,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type * as activities from 'activities';
import { errorMessage, getProductById } from 'common';

type State = 'Charging card' | 'Paid' | 'Picked up' | 'Delivered' | 'Refunding';
export interface OrderStatus {
  productId: number;
  state: State;
  deliveredAt?: Date;
}
export const pickedUp = defineSignal('pickedUp');
export const delivered = defineSignal('delivered');
export const getStatus = defineQuery<OrderStatus>('getStatus');
const { chargeCustomer, refundOrder, sendPushNotification } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1m',
  retry: { maximumInterval: '5s', maximumAttempts: 3 },
});
export async function order(productId: number): Promise<State> {
  const product = getProductById(productId);
  if (!product)
    throw ApplicationFailure.create({ message: `Product ${productId} not found`, nonRetryable: true });
  let state: State = 'Charging card';
  let deliveredAt: Date | undefined;
  setHandler(pickedUp, () => {
    if (state === 'Paid') state = 'Picked up';
  });
  setHandler(delivered, () => {
    if (state === 'Picked up') {
      state = 'Delivered';
      deliveredAt = new Date();
    }
  });
  setHandler(getStatus, () => ({ state, deliveredAt, productId }));
  try {
    await chargeCustomer(product);
  } catch (err) {
    const message = `Failed to charge. Error: ${errorMessage(err instanceof ActivityFailure ? err.cause : err)}`;
    await sendPushNotification(message);
    throw ApplicationFailure.create({ message });
  }
  state = 'Paid';
  if (!(await condition(() => state === 'Picked up', '1 hour'))) {
    state = 'Refunding';
    await refundOrder(product);
    throw ApplicationFailure.create({ message: 'Not picked up in time' });
  }
  await sendPushNotification('Picked up');
  if (!(await condition(() => (state as State) === 'Delivered', '1 hour')))
    throw ApplicationFailure.create({ message: 'Not delivered in time' });
  log.info('delivered', { productId });
  return state;
}
