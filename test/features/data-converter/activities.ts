import { activityInfo, heartbeat } from 'perdure/activity';
import { ApplicationFailure } from 'perdure/common';

export async function echo<T>(value: T): Promise<T> {
  return value;
}

export async function refuse(what: string): Promise<void> {
  throw ApplicationFailure.nonRetryable(what, 'Refused', 'secret-detail');
}

/** Its second attempt answers with what the first one's heartbeat said. */
export async function beat(): Promise<string> {
  const { attempt, heartbeatDetails } = activityInfo();
  if (attempt > 1) return `${heartbeatDetails}`;
  heartbeat('secret-heartbeat');
  throw new Error('secret-attempt');
}
