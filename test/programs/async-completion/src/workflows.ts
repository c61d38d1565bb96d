import {
  ActivityCancellationType,
  type ActivityFailure,
  type ApplicationFailure,
  CancellationScope,
  type CancelledFailure,
  isCancellation,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import type * as acts from './activities';

type A = ReturnType<typeof acts.makeActivities> & { doSomethingAsync: typeof acts.doSomethingAsync };
const { doSomethingAsync, byToken, byId, progress } = proxyActivities<A>({
  startToCloseTimeout: '10s',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});
const { untilCancelled } = proxyActivities<A>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
export async function simple(): Promise<string> {
  return await doSomethingAsync();
}
export async function all(): Promise<unknown[]> {
  const out: unknown[] = [await byToken(false), await byId(), await progress(4)];
  try {
    await byToken(true);
  } catch (e) {
    const c = (e as ActivityFailure).cause as ApplicationFailure;
    out.push([c.type, c.message, c.details, (e as ActivityFailure).retryState]);
  }
  try {
    await CancellationScope.cancellable(async () => {
      const p = untilCancelled();
      await sleep('200ms');
      CancellationScope.current().cancel();
      await p;
    });
  } catch (e) {
    if (!isCancellation(e)) throw e;
    out.push(['cancelled', ((e as ActivityFailure).cause as CancelledFailure).details]);
  }
  return out;
}
