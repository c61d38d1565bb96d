/** Version 4: no run of version 2 is left. What remains is as if it had never been otherwise. */

import { condition, defineSignal, proxyActivities, setHandler } from 'perdure/workflow';
import type * as activities from '../activities.ts';

const { checkFraud, charge, ship } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export const packed = defineSignal('packed');

export async function order(id: string): Promise<string> {
  let isPacked = false;
  setHandler(packed, () => {
    isPacked = true;
  });
  await checkFraud(id);
  await charge(id);
  await condition(() => isPacked);
  return ship(id);
}
