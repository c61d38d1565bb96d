/** The transfer: what must happen, in order, whatever breaks on the way. */

import { rootCause } from 'perdure/common';
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  log,
  proxyActivities,
  setHandler,
} from 'perdure/workflow';
import type { Activities } from './activities.ts';
import type { PaymentDetails } from './shared.ts';

const { withdraw, deposit, refund, balances } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 500,
    nonRetryableErrorTypes: ['InvalidAccountError', 'InsufficientFundsError'],
  },
});

export const getProgress = defineQuery<string>('getProgress');
export const approve = defineSignal<[approver: string]>('approve');

/** Moves money from one account to the other; when the deposit fails for good, the money goes back. */
export async function moneyTransfer(details: PaymentDetails): Promise<string> {
  const { amount, sourceAccount, targetAccount } = details;
  let progress = 'withdrawing';
  setHandler(getProgress, () => progress);

  const withdrawal = await withdraw(details).catch((error: Error) => {
    throw ApplicationFailure.create({
      type: 'WithdrawalFailed',
      message: `Nothing was moved: ${amount} could not be taken from ${sourceAccount}`,
      cause: error,
    });
  });

  progress = 'depositing';
  try {
    const depositing = await deposit(details);
    progress = 'done';
    return `Transfer complete (transaction IDs: ${withdrawal}, ${depositing})`;
  } catch (depositError) {
    progress = 'refunding';
    const refundId = await giveBack(details, withdrawal, depositError);
    progress = 'refunded';
    throw ApplicationFailure.create({
      type: 'DepositFailed',
      message: `${amount} could not be paid into ${targetAccount} and went back to ${sourceAccount} (transaction ID: ${refundId})`,
      cause: depositError as Error,
    });
  }
}

/** Runs to its end even when the transfer was cancelled: the money is somebody's. */
async function giveBack(details: PaymentDetails, withdrawal: string, depositError: unknown): Promise<string> {
  const { amount, sourceAccount, targetAccount } = details;
  log.warn('The deposit failed, refunding', { targetAccount, reason: rootCause(depositError) });
  try {
    return await CancellationScope.nonCancellable(() => refund(details));
  } catch (refundError) {
    throw ApplicationFailure.create({
      type: 'RefundFailed',
      message:
        `${amount} left ${sourceAccount} (transaction ID: ${withdrawal}) and is in neither account: ` +
        `the deposit to ${targetAccount} failed (${rootCause(depositError)}), and so did the refund`,
      cause: refundError as Error,
    });
  }
}

/** A transfer that somebody must approve within a day. */
export async function approvedTransfer(details: PaymentDetails): Promise<string> {
  let approver: string | undefined;
  setHandler(getProgress, () => 'waiting for approval');
  setHandler(approve, (name) => {
    approver = name;
  });
  if (!(await condition(() => approver !== undefined, '1 day'))) {
    throw ApplicationFailure.create({
      type: 'NotApproved',
      message: 'Nobody approved the transfer within a day',
    });
  }
  log.info('Approved', { approver });
  return moneyTransfer(details);
}

/** What the accounts hold. */
export async function accountBalances(accounts: string[]): Promise<Record<string, number>> {
  return balances(accounts);
}
