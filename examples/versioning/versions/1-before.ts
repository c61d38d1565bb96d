/** Version 1: an order is charged and, when somebody has packed it, shipped. */

import { condition, defineSignal, proxyActivities, setHandler } from 'perdure/workflow';
import type * as activities from '../activities.ts';

const { charge, ship } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export const packed = defineSignal('packed');

export async function order(id: string): Promise<string> {
  let isPacked = false;
  setHandler(packed, () => {
    isPacked = true;
  });
  await charge(id);
  await condition(() => isPacked);
  return ship(id);
}
