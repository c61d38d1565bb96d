import { expect, it } from 'vitest';
import type { UpdateTaskQueueConfigRequest } from '../../sdk/client/index.ts';
import { engineOf } from './fake-engine.ts';

it('limits of a task queue go to the engine as Temporal has them', async () => {
  const { engine, client } = engineOf({ config: {} });
  const request: UpdateTaskQueueConfigRequest = {
    namespace: 'default',
    taskQueue: 'q',
    updateQueueRateLimit: { rateLimit: { requestsPerSecond: 5 }, reason: 'slow' },
  };
  await client.workflowService.updateTaskQueueConfig(request);
  expect(engine.calls[0]).toMatchObject({
    method: 'POST',
    path: '/api/v1/namespaces/default/task-queues/q/update-config',
    body: { taskQueueType: 'TASK_QUEUE_TYPE_ACTIVITY', updateQueueRateLimit: request.updateQueueRateLimit },
  });
});
