import { afterEach, expect, it, vi } from 'vitest';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import { SDK_HEADER, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { consume, type TaskPointer } from '../../src/effects/consumer.ts';
import type { Env } from '../../src/env.ts';
import { activityTask } from '../worker/support.ts';

const url = 'https://workers.example.com';
const headers = { [SDK_HEADER]: 'fake/1' };
const taskQueue = 'q';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A Queue's batch, an object that has every attempt to give, and a Worker at a URL that answers when it is told to. */
function world(namespace: string, messages: number) {
  const claimed: number[] = [];
  const acked: string[] = [];
  /** In the order of their beginning, which is not that of their messages: tokens are sealed side by side. */
  const calls: Array<() => void> = [];
  const execution = {
    claimActivityTask: async ({ scheduledEventId }: ActivityTaskRef) => {
      claimed.push(scheduledEventId);
      return activityTask({ dispatchId: `run-1/${scheduledEventId}/1` });
    },
    reportActivityTask: async () => ({ ok: undefined }),
    activityTaskWaits: async () => undefined,
  };
  const workers = [{ url }];
  const routing = async () => ({ workers, deployments: [], limits: {} });
  const env = {
    PERDURE_ENGINE_SECRET: 's'.repeat(32),
    TASK_QUEUES: '{"*": {"caller": "consumer"}}',
    NAMESPACE: { getByName: () => ({ routing }) },
    WORKFLOW_EXECUTION: { getByName: () => execution },
    VISIBILITY: { getByName: () => ({ addMetrics: async () => undefined }) },
  } as unknown as Env;
  const description = {
    identity: 'w',
    sdk: { name: 'fake', version: '1' },
    taskQueues: [{ name: taskQueue, workflowTypes: [], activityTypes: ['pay'] }],
  };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (to) => {
    if (String(to).endsWith(workerPaths.describe)) return Response.json(description, { headers });
    await new Promise<void>((resolve) => calls.push(resolve));
    return Response.json({ completed: {} }, { headers });
  });
  const message = (n: number) => {
    const task = { namespace, workflowId: 'w', runId: 'run-1', scheduledEventId: n + 5, attempt: 1 };
    const body: TaskPointer = { v: 1, task, activityType: 'pay', taskQueue };
    return { id: `m${n}`, body, attempts: 1, ack: () => acked.push(`m${n}`), retry: () => undefined };
  };
  const batch = { queue: 'tasks', messages: Array.from({ length: messages }, (_, n) => message(n)) };
  const consumed = consume(batch as unknown as MessageBatch, env, () => undefined);
  return { claimed, acked, calls, consumed };
}

it('claims no more attempts than there are connections to carry them out: a call that waits for one has begun, for its timeouts', async () => {
  const { claimed, acked, calls, consumed } = world('connections', 10);
  await vi.waitFor(() => expect(calls).toHaveLength(6));
  expect(claimed).toHaveLength(6);
  calls[3]!();
  await vi.waitFor(() => expect(calls).toHaveLength(7));
  expect([claimed.length, acked.length]).toEqual([7, 1]);
  for (let n = 0; n < 10; n++) {
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(n));
    calls[n]!();
  }
  await consumed;
  expect(acked).toHaveLength(10);
});
