import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { makeHTTPRequest, cancellableFetch, fakeProgress } = proxyActivities<typeof activities>({
  retry: { initialInterval: '50 milliseconds', maximumAttempts: 2 },
  startToCloseTimeout: '10 seconds',
  heartbeatTimeout: '5s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const { doSomethingAsync } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export async function httpWorkflow(url: string): Promise<string> {
  return `The answer is ${await makeHTTPRequest(url)}`;
}

export async function asyncActivityWorkflow(): Promise<string> {
  return await doSomethingAsync();
}

export async function cancelled(url: string): Promise<string> {
  try {
    await CancellationScope.cancellable(async () => {
      const fetching = cancellableFetch(url);
      await Promise.race([fetching, sleep(1000)]);
      CancellationScope.current().cancel();
      await fetching;
    });
  } catch (err) {
    if (isCancellation(err)) return 'cancelled';
    throw err;
  }
  return 'fetched';
}

export async function progress(): Promise<void> {
  await fakeProgress(10);
}
