import { describe, expect, it, vi } from 'vitest';
import { SDK_HEADER } from '../../sdk/common/worker-protocol.ts';
import { activityWorker } from '../../src/effects/activity-call.ts';
import { workflowWorker } from '../../src/effects/workers.ts';
import { WorkerDirectory } from '../../src/matching/directory.ts';
import type { WorkerTarget } from '../../src/matching/worker-target.ts';
import { activityTask } from '../worker/support.ts';

/** A Worker that describes itself and then never answers; its calls end only by their signal. */
function hanging() {
  const description = {
    identity: 'w',
    sdk: { name: 'fake', version: '1' },
    taskQueues: [{ name: 'q', workflowTypes: ['order'], activityTypes: ['pay'] }],
  };
  const target: WorkerTarget = {
    id: 'w',
    fetch: async (path, init) => {
      if (path.endsWith('describe'))
        return Response.json(description, { headers: { [SDK_HEADER]: 'fake/1' } });
      return new Promise((_, reject) => {
        // Platforms differ in what an aborted call rejects with.
        init!.signal!.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
    },
  };
  const directory = new WorkerDirectory({
    list: async () => ({ workers: [target], deployments: [] }),
    sighted: async () => undefined,
    clock: () => Date.now(),
  });
  return { target, directory };
}

describe('a Worker that never answers', () => {
  it('is still used after an activity that overran its time: slow is not down', async () => {
    vi.useFakeTimers();
    const { target, directory } = hanging();
    await directory.find('activity', 'q', 'pay');
    const call = activityWorker(
      directory,
      { worker: target, identity: 'w' },
      async (task) => task.taskToken,
    ).call(activityTask({ startToCloseTimeout: '10s' }));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await call).toEqual({ released: 'w was not reached: no answer within 15000 ms' });
    expect(await directory.find('activity', 'q', 'pay')).toMatchObject({ identity: 'w' });
    vi.useRealTimers();
  });

  it('leaves no connection behind for a workflow task', async () => {
    vi.useFakeTimers();
    const { target, directory } = hanging();
    const init = { namespace: 'n', workflowId: 'w', runId: 'r', workflowType: 'order', taskQueue: 'q' };
    const opening = workflowWorker(directory, { worker: target, identity: 'w' }).open(init);
    // It is asked for a WebSocket first.
    await vi.advanceTimersByTimeAsync(2_000);
    const session = await opening;
    const call = session.runWorkflowTask([]).catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(125_000);
    expect(await call).toBe('no answer within 125000 ms');
    vi.useRealTimers();
  });
});
