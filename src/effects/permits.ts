/** Leave to dispatch, as the object of a workflow asks for it. */

import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { PermitAnswer, PermitRequest, TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import { type Env, limitedTaskQueue, now } from '../env.ts';
import type { OperationCounter } from '../execution/operation-counter.ts';
import type { Outside } from '../execution/outside.ts';
import type { WorkerDirectory } from '../matching/directory.ts';

interface TaskQueueRpc {
  ask(request: PermitRequest, limits: TaskQueueLimits): Promise<PermitAnswer>;
  giveBack(task: ActivityTaskRef, asked: number): Promise<void>;
}

export function permitsPort(
  env: Env,
  namespace: string,
  directory: WorkerDirectory,
  operations: OperationCounter,
): NonNullable<Outside['permits']> {
  const object = (taskQueue: string): TaskQueueRpc => {
    operations.objectRequests++;
    return limitedTaskQueue(env, namespace, taskQueue) as unknown as TaskQueueRpc;
  };
  return {
    peek: (taskQueue) => directory.limitsOf(taskQueue) !== undefined,
    look: async (taskQueue) => {
      // Should the namespace not answer, what is known counts: a limit holds nobody up for want of news.
      await directory.described().catch(() => undefined);
      return directory.limitsOf(taskQueue) !== undefined;
    },
    ask: async (taskQueue, request) => {
      const limits = directory.limitsOf(taskQueue);
      return limits ? object(taskQueue).ask(request, limits) : { granted: now(env) };
    },
    giveBack: (taskQueue, task, asked) => object(taskQueue).giveBack(task, asked),
  };
}
