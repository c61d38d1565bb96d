/** The night: each account is settled in a workflow of its own, so that one that fails holds nobody up. */

import {
  condition,
  defineSignal,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Night } from './shared.ts';

export interface SettleRequest {
  account: number;
  day: string;
  /** From 1: how often somebody has said that it is worth another try. */
  round: number;
}

export const tryAgain = defineSignal('tryAgain');

const { accountsOf, settle } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});

/** Begins the settlement of all accounts, and leaves them to themselves: the next night does not wait for them. */
export async function nightlyBatch(): Promise<Night> {
  const { searchAttributes, startTime } = workflowInfo();
  // A night that is made up for later is about the day that it was meant for.
  const [time = startTime] = (searchAttributes.TemporalScheduledStartTime ?? []) as Date[];
  const day = time.toISOString().slice(0, 10);
  const accounts = await accountsOf(day);
  await Promise.all(
    accounts.map((account) =>
      startChild(settleAccount, {
        workflowId: `settle-${day}-${account}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [account, day],
      }),
    ),
  );
  return { day, accounts: accounts.length };
}

/** Settles one account. One that cannot be settled waits until somebody says that it can be tried again. */
export async function settleAccount(account: number, day: string): Promise<number> {
  let said = 0;
  setHandler(tryAgain, () => void said++);
  for (let round = 1; ; round++) {
    try {
      return await settle({ account, day, round });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('Not settled: waits for tryAgain', { account, day, round });
      await condition(() => said >= round);
    }
  }
}
