/** What the workflow has done in the world. An activity may run more than once; the bank makes that harmless. */

import { sleep } from 'perdure/activity';
import type { Bank } from './bank.ts';
import type { PaymentDetails } from './shared.ts';

/** @param delayMs how long each movement of money takes, so that there is time to break something */
export function createActivities(bank: Bank, delayMs = 0) {
  async function withdraw({ sourceAccount, amount, referenceId }: PaymentDetails): Promise<string> {
    await sleep(delayMs);
    return bank.withdraw(sourceAccount, amount, referenceId);
  }

  async function deposit({ targetAccount, amount, referenceId }: PaymentDetails): Promise<string> {
    await sleep(delayMs);
    return bank.deposit(targetAccount, amount, referenceId);
  }

  async function refund({ sourceAccount, amount, referenceId }: PaymentDetails): Promise<string> {
    await sleep(delayMs);
    return bank.refund(sourceAccount, amount, referenceId);
  }

  return {
    withdraw,
    // For an outage, put the first of these two lines into a comment instead of the second.
    deposit,
    // deposit: depositThatFails,
    refund,
    balances: (accounts: string[]) => bank.balances(accounts),
  };
}

export async function depositThatFails({ targetAccount }: PaymentDetails): Promise<string> {
  throw new Error(`The bank of ${targetAccount} takes no deposits right now`);
}

export type Activities = ReturnType<typeof createActivities>;
