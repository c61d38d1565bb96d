import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  log,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { createAccount, addAddress, addBankAccount } = proxyActivities<typeof activities>({
  startToCloseTimeout: '5 seconds',
  retry: { maximumAttempts: 3, initialInterval: '100ms', nonRetryableErrorTypes: ['NoSuchAccount'] },
});
const { clearAddress, deleteAccount } = proxyLocalActivities<typeof activities>({
  startToCloseTimeout: '5s',
});

interface Compensation {
  message: string;
  fn: () => Promise<unknown>;
}

/** Opens an account step by step; takes the steps back, last first, when one fails. */
export async function openAccount(id: string, accountType: string): Promise<string> {
  const compensations: Compensation[] = [];
  try {
    compensations.unshift({ message: 'deleting the account', fn: () => deleteAccount(id) });
    await createAccount(id);
    compensations.unshift({ message: 'clearing the address', fn: () => clearAddress(id) });
    await addAddress(id);
    await addBankAccount(id, accountType);
    return `opened ${id}`;
  } catch (err) {
    if (err instanceof ActivityFailure && err.cause instanceof ApplicationFailure) {
      log.error(err.cause.message, { type: err.cause.type });
    }
    await CancellationScope.nonCancellable(async () => {
      for (const { message, fn } of compensations) {
        log.info(message);
        await fn();
      }
    });
    throw err;
  }
}
