import {
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { createActivities } from './activities';

interface LockRequest {
  timeoutMs: number;
  initiatorId: string;
}

export const requestLock = defineSignal<[LockRequest]>('request-lock');
export const lockAcquired = defineSignal<[{ releaseSignalName: string }]>('lock-acquired');

const { signalWithStartLock, work } = proxyActivities<ReturnType<typeof createActivities>>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 5 },
});

/** One run per resource; grants its lock to one workflow after another. */
export async function lockWorkflow(requests: LockRequest[] = []): Promise<void> {
  setHandler(requestLock, (request) => {
    requests.push(request);
  });
  let granted = 0;
  while (workflowInfo().historyLength < 2000 && granted < 50) {
    if (!(await condition(() => requests.length > 0, '3s'))) return;
    const { initiatorId, timeoutMs } = requests.shift()!;
    const releaseSignalName = `release-${uuid4()}`;
    let released = false;
    setHandler(defineSignal(releaseSignalName), () => {
      released = true;
    });
    await getExternalWorkflowHandle(initiatorId).signal(lockAcquired, { releaseSignalName });
    granted++;
    await condition(() => released, timeoutMs);
    setHandler(defineSignal(releaseSignalName), undefined);
  }
  await continueAsNew<typeof lockWorkflow>(requests);
}

/** Works on a resource while it has the lock. */
export async function careful(resource: string): Promise<[begin: number, end: number]> {
  let releaseSignalName: string | undefined;
  setHandler(lockAcquired, (lock) => {
    releaseSignalName = lock.releaseSignalName;
  });
  await signalWithStartLock(resource, 10_000);
  if (!(await condition(() => releaseSignalName !== undefined, '2 minutes'))) throw new Error('no lock');
  const begin = Date.now();
  await work(resource);
  const end = Date.now();
  await getExternalWorkflowHandle(`lock-${resource}`).signal(releaseSignalName!);
  return [begin, end];
}
