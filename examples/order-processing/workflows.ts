/** An order, from the payment to the customer's door. Queries say how far it is. */

import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  proxyActivities,
  rootCause,
  setHandler,
  sleep,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Order, State, Status } from './shared.ts';

const { charge, refund, reserve, release, ship, track } = proxyActivities<typeof activities>({
  startToCloseTimeout: '30 seconds',
  retry: { maximumInterval: '10 minutes', nonRetryableErrorTypes: ['CardDeclined', 'OutOfStock'] },
});
/** People pack: it takes as long as it takes, but not longer than two days. */
const { pack } = proxyActivities<typeof activities>({
  startToCloseTimeout: '2 hours',
  scheduleToCloseTimeout: '2 days',
});

const HOUR = 3_600_000;
const LOST_AFTER_MS = 30 * 24 * HOUR;

export const getStatus = defineQuery<Status>('status');

export async function processOrder(order: Order): Promise<Status> {
  const status: Status = { state: 'charging', log: [] };
  const enter = (state: State, what: string = state): void => {
    status.state = state;
    status.log.push({ time: Date.now(), what });
  };
  setHandler(getStatus, () => status);

  enter('charging');
  try {
    await charge(order);
  } catch (error) {
    enter('declined', `declined: ${rootCause(error)}`);
    return status;
  }
  try {
    enter('reserving');
    await reserve(order);
    enter('packing');
    await pack(order);
    enter('shipping');
    status.trackingNumber = await ship(order);
    enter('on its way', `on its way as ${status.trackingNumber}`);
    await followParcel(order, status);
    enter('delivered');
  } catch (error) {
    enter('refunding', `refunding: ${rootCause(error)}`);
    // Also for an order that was cancelled.
    await CancellationScope.nonCancellable(async () => {
      await release(order);
      await refund(order);
    });
    enter('refunded');
  }
  return status;
}

/** Asks the carrier until the parcel is there. @throws ApplicationFailure when it is lost */
async function followParcel({ trackEvery = HOUR }: Order, status: Status): Promise<void> {
  for (let waited = 0; waited < LOST_AFTER_MS; waited += trackEvery) {
    const { location, delivered } = await track(status.trackingNumber!);
    if (location !== status.location) status.log.push({ time: Date.now(), what: `in ${location}` });
    status.location = location;
    if (delivered) return;
    await sleep(trackEvery);
  }
  throw ApplicationFailure.create({ message: 'The parcel is lost', type: 'Lost' });
}
