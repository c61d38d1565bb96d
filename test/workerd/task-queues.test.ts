/** Task queues with limits, with real objects and Queues. */

import { evictDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it } from 'vitest';
import { directoryOf } from '../../src/effects/directories.ts';
import { limitedTaskQueue } from '../../src/env.ts';
import { until } from '../http-api.ts';
import { api, env, type TestEnv, tablesOf } from './support.ts';

const limited = (taskQueue: string): DurableObjectStub => limitedTaskQueue(env, 'default', taskQueue);

async function configure(taskQueue: string, maxConcurrentTasks?: number): Promise<void> {
  await api.ok('POST', `/task-queues/${taskQueue}/update-config`, {
    taskQueueType: 'TASK_QUEUE_TYPE_ACTIVITY',
    updateQueueConcurrency: maxConcurrentTasks === undefined ? {} : { maxConcurrentTasks },
  });
  // Otherwise it is known within five seconds.
  directoryOf(env, 'default').invalidate();
}

/** Not that of the consumer: a local Queue delivers no second batch while an activity of the first one runs. */
describe.each(['plain', 'direct'])('with limits, the task queue "%s"', (taskQueue) => {
  const worker = env[`WORKER_${taskQueue.toUpperCase()}` as 'WORKER_PLAIN'] as TestEnv['WORKER_PLAIN'];
  const ids = [1, 2, 3, 4].map((n) => `limited-${taskQueue}-${n}`);
  const running = async (): Promise<string[]> => {
    const executions = await Promise.all(ids.map((id) => worker.executionsOf(id)));
    return ids.filter((_, i) => executions[i]!.length > 0);
  };
  afterEach(() => configure(taskQueue));

  it('lets no more activities run at a time than it may, also when its object is gone in between', async () => {
    await configure(taskQueue, 2);
    for (const workflowId of ids)
      await api.start({ workflowId, workflowType: 'held', args: [workflowId], taskQueue });
    const first = await until('two activities', async () => {
      const some = await running();
      return some.length >= 2 && some;
    });
    expect(first.length).toBe(2);
    await evictDurableObject(limited(taskQueue));
    await worker.release(first[0]!);
    const next = await until('the third one', async () => {
      const some = await running();
      return some.length >= 3 && some;
    });
    expect(next.length).toBe(3);
    for (const id of ids) await worker.release(id);
    await Promise.all(ids.map((id) => api.result(id)));
    for (const id of ids) expect((await worker.executionsOf(id)).length).toBe(1);
  });
});

it('without limits a task queue has no object', async () => {
  await api.start({
    workflowId: 'unlimited',
    workflowType: 'several',
    args: ['unlimited', 2],
    taskQueue: 'plain',
  });
  await api.result('unlimited');
  expect(await tablesOf(limited('nobody'))).toEqual([]);
});
