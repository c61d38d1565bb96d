/** Version 2: orders are checked for fraud before they are charged. Runs that began without the check go on without it. */

import { condition, defineSignal, patched, proxyActivities, setHandler } from 'perdure/workflow';
import type * as activities from '../activities.ts';

const { checkFraud, charge, ship } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export const packed = defineSignal('packed');

export async function order(id: string): Promise<string> {
  let isPacked = false;
  setHandler(packed, () => {
    isPacked = true;
  });
  // True in new runs, which note it in their history; false while a history without the note is replayed.
  if (patched('check-fraud')) await checkFraud(id);
  await charge(id);
  await condition(() => isPacked);
  return ship(id);
}
