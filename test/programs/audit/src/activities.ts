import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

export async function book(amount: number): Promise<string> {
  const { attempt } = activityInfo();
  if (attempt === 1)
    throw ApplicationFailure.create({ message: 'ledger locked', type: 'Locked', details: [attempt] });
  return `${amount} booked`;
}
