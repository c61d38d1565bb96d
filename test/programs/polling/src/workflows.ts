import {
  ChildWorkflowCancellationType,
  continueAsNew,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { createActivities } from './activities';

type Activities = ReturnType<typeof createActivities>;

const slow = proxyActivities<Activities>({
  startToCloseTimeout: '2 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1 },
});
const quick = proxyActivities<Activities>({ startToCloseTimeout: '60s', heartbeatTimeout: '2s' });
const once = proxyActivities<Activities>({ startToCloseTimeout: '4s', retry: { maximumAttempts: 1 } });

export async function infrequentPolling(): Promise<string> {
  return slow.infrequently();
}

export async function frequentPolling(): Promise<string> {
  return quick.frequently(100);
}

/** A child polls, and begins anew from time to time, so that its history stays small. */
export async function periodicPolling(): Promise<string> {
  return executeChild(pollingChild, {
    args: [1, 0],
    workflowId: `${workflowInfo().workflowId}/child`,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}

export async function pollingChild(intervalSeconds: number, round: number): Promise<string> {
  for (let i = 0; i < 2; i++) {
    try {
      return `${await once.infrequently()} in round ${round}`;
    } catch {
      await sleep(intervalSeconds * 1000);
    }
  }
  return continueAsNew<typeof pollingChild>(intervalSeconds, round + 1);
}
