import {
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  scheduleActivity,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { progress, byHand } = proxyActivities<typeof activities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '1s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const waiting = proxyActivities<typeof activities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});
const { getUniqueTaskQueue } = proxyActivities<typeof activities>({ startToCloseTimeout: '1m' });

export async function cancelledFromOutside(stepMs: number): Promise<string> {
  try {
    return await progress(stepMs);
  } catch (err) {
    if (!isCancellation(err)) throw err;
    return CancellationScope.nonCancellable(async () => `cancelled ${workflowInfo().workflowType}`);
  }
}

export async function cancelledFromInside(): Promise<string> {
  const scope = new CancellationScope();
  const running = scope.run(() => waiting.untilCancelled());
  await scheduleActivity<string>('where', [], {
    startToCloseTimeout: '10s',
    taskQueue: workflowInfo().taskQueue,
  });
  scope.cancel();
  return running.then(
    () => 'not cancelled',
    (err) => (isCancellation(err) ? 'cancelled' : String(err)),
  );
}

export async function completedByHand(): Promise<string> {
  return byHand();
}

export async function onOneMachine(): Promise<string[]> {
  const taskQueue = await getUniqueTaskQueue();
  const { where } = proxyActivities<typeof activities>({
    taskQueue,
    startToCloseTimeout: '10s',
    scheduleToStartTimeout: '20s',
  });
  return [await where(), await where()];
}

export async function tooSlow(): Promise<string> {
  const quick = proxyActivities<typeof activities>({
    startToCloseTimeout: '200ms',
    retry: { maximumAttempts: 2 },
  });
  try {
    return await quick.progress(10_000, 1);
  } catch (err) {
    if (err instanceof ActivityFailure && err.cause instanceof TimeoutFailure)
      return err.cause.timeoutType ?? 'none';
    throw err;
  }
}
