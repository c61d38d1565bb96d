/** Workers that are bound to the engine are listed beside those that are registered. */

import { expect, it } from 'vitest';
import type { ListedWorker } from '../../sdk/common/workers.ts';
import { api } from './support.ts';

it('lists the Workers that are bound, with what they serve, and as pollers of their task queues', async () => {
  const { workers } = (await api.ok('GET', '/workers')) as { workers: ListedWorker[] };
  const plain = workers.find(({ url }) => url === 'service:WORKER_PLAIN');
  expect(plain).toMatchObject({ failedCalls: 0, description: { taskQueues: [{ name: 'plain' }] } });
  expect(Date.parse(plain!.lastSeenTime!)).toBeGreaterThan(0);
  const described = await api.ok('GET', '/task-queues/plain?taskQueueType=2&reportStats=true');
  expect(described).toMatchObject({
    pollers: [{ url: 'service:WORKER_PLAIN' }],
    stats: { approximateBacklogCount: '0', approximateBacklogAge: '0s' },
  });
});
