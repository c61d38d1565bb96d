import { ApplicationFailure } from '@temporalio/activity';

export async function createAccount(id: string): Promise<void> {
  console.log('create', id);
}
export async function addAddress(id: string): Promise<void> {
  console.log('address', id);
}
export async function addBankAccount(id: string, accountType: string): Promise<void> {
  if (accountType !== 'Business') {
    throw ApplicationFailure.create({
      message: `no ${accountType} accounts`,
      type: 'UnsupportedAccount',
      nonRetryable: true,
      details: [{ id }],
    });
  }
}
export async function clearAddress(id: string): Promise<void> {
  console.log('clear address', id);
}
export async function deleteAccount(id: string): Promise<string> {
  return `deleted ${id}`;
}
