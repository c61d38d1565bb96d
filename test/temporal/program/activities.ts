/** What the order does outside. */

import { activityInfo, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

export async function charge(count: number): Promise<string> {
  const { attempt, activityType } = activityInfo();
  heartbeat({ attempt });
  if (attempt < 2) throw ApplicationFailure.create({ message: 'the bank is closed', type: 'Closed' });
  return `${activityType}d for ${count} at attempt ${attempt}`;
}
