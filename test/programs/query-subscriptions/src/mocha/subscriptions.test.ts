import assert from 'node:assert';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { options } from '../make-worker';
import { bus } from '../store';
import { applyPatches } from '../subscriptions/patches';
import { add, counting } from '../workflows';

describe('subscriptions', function () {
  this.timeout(20_000);

  it('tell every change of an answer, run by run', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const worker = await Worker.create({ connection: env.nativeConnection, taskQueue: 'test', ...options });
    const documents: Record<string, unknown> = {};
    const versions: Record<string, number[]> = {};
    bus.on('publish', ({ channel, version, patches }) => {
      versions[channel] = [...(versions[channel] ?? []), version];
      documents[channel] = applyPatches(documents[channel], patches);
    });
    await worker.runUntil(async () => {
      const runs = ['a', 'b'].map(async (workflowId, i) => {
        const started = { taskQueue: 'test', workflowId, args: [3 + i] as [number] };
        const handle = await env.client.workflow.start(counting, started);
        await handle.signal(add, `of ${workflowId}`);
        return handle.result();
      });
      assert.deepEqual(await Promise.all(runs), [3, 4]);
    });
    assert.deepEqual(documents, {
      'a:counter': { n: 3, list: ['of a'] },
      'b:counter': { n: 4, list: ['of b'] },
    });
    for (const list of Object.values(versions))
      assert.deepEqual(
        list,
        list.map((_, i) => i + 1),
      );
    await env.teardown();
  });
});
