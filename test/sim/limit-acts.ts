/** Work on task queues with limits, and operators who change these. */

import type { Request, StartWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import type { UpdateTaskQueueConfigRequest } from '../../sdk/common/task-queues.ts';
import { askObject } from './api.ts';
import type { Doing } from './operators.ts';
import type { Random } from './random.ts';
import { NAMESPACE } from './world.ts';

export const LIMITED_QUEUES = ['main', 'side'] as const;
export type LimitedQueue = (typeof LIMITED_QUEUES)[number];

/** Tenants, and what their activities say of their shares. */
export const fairnessWeights: Readonly<Record<string, number>> = { a: 1, b: 3, c: 0.5 };

/** @param calm such limits as everything comes to its end with */
export function drawLimits(
  random: Random,
  taskQueue: LimitedQueue,
  calm: boolean,
): UpdateTaskQueueConfigRequest {
  const rates = calm ? [0.5, 2, 30] : [0, 0.5, 2, 30];
  const rate = (share: number) =>
    random.chance(share) ? { rateLimit: { requestsPerSecond: random.pick(rates) } } : {};
  return {
    namespace: NAMESPACE,
    taskQueue,
    updateQueueRateLimit: rate(0.4),
    updateFairnessKeyRateLimitDefault: rate(0.3),
    updateQueueConcurrency: random.chance(0.6) ? { maxConcurrentTasks: random.between(1, 4) } : {},
    ...(random.chance(0.3) && { setFairnessWeightOverrides: { a: 2 } }),
  };
}

/** Many activities at once, of one tenant. */
export async function rush(
  { ports, persist }: Doing,
  start: StartWorkflowExecutionRequest & { requestId: string },
): Promise<void> {
  const { random, coverage } = ports.world;
  coverage.count('limits', 'rush');
  const fairnessKey = random.pick(Object.keys(fairnessWeights));
  const request: Request<'StartWorkflowExecution'> = {
    kind: 'StartWorkflowExecution',
    ...start,
    priority: {
      fairnessKey,
      fairnessWeight: fairnessWeights[fairnessKey]!,
      ...(random.chance(0.5) && { priorityKey: random.between(1, 5) }),
    },
  };
  const { runId } = await persist(start.workflowId, request);
  ports.ledger.started(start.workflowId, runId);
}

/** As the API: the namespace has it, and who waits is told of it, if that succeeds. */
export async function changeLimits({ ports, untilKnown }: Doing): Promise<void> {
  const { world, namespace, taskQueue } = ports;
  const queue = world.random.pick(LIMITED_QUEUES);
  world.coverage.count('limits', 'change');
  await untilKnown(() =>
    askObject(world, `limits of ${queue}`, async () => {
      // One that comes after the last fault must not hold everybody up for ever.
      const request = drawLimits(world.random, queue, !world.faultsOn);
      const { limits } = namespace.taskQueues.update(request);
      if (world.fault('callLost')) return;
      await taskQueue(queue)
        .configure(limits)
        .catch(() => undefined);
    }),
  );
}
