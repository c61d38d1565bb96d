/** Version 3: no run of version 1 is left, so the old path is gone. Runs of version 2 have the note, and it is still expected. */

import { condition, defineSignal, deprecatePatch, proxyActivities, setHandler } from 'perdure/workflow';
import type * as activities from '../activities.ts';

const { checkFraud, charge, ship } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export const packed = defineSignal('packed');

export async function order(id: string): Promise<string> {
  let isPacked = false;
  setHandler(packed, () => {
    isPacked = true;
  });
  deprecatePatch('check-fraud');
  await checkFraud(id);
  await charge(id);
  await condition(() => isPacked);
  return ship(id);
}
