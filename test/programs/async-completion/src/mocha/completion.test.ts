import assert from 'node:assert/strict';
import { ActivityCancelledError } from '@temporalio/client';
import { MockActivityEnvironment, TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { makeActivities } from '../activities';
import { all } from '../workflows';

describe('async completion', function () {
  this.timeout(30_000);
  for (const kind of ['createLocal', 'createTimeSkipping'] as const)
    it(`works in ${kind}`, async () => {
      const env = await TestWorkflowEnvironment[kind]();
      const seen: unknown[] = [];
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue: 't',
        workflowsPath: require.resolve('../workflows'),
        activities: makeActivities(env.client, seen),
      });
      const out = await worker.runUntil(
        env.client.workflow.execute(all, { taskQueue: 't', workflowId: 'a' }),
      );
      assert.deepEqual(out, [
        'done in byToken attempt 1',
        'by id',
        2,
        ['External', 'external failure', [{ a: 1 }], 'NON_RETRYABLE_FAILURE'],
        ['cancelled', ['cleaned']],
      ]);
      assert.equal(seen.length, 1);
      assert.ok(seen[0] instanceof ActivityCancelledError);
      await env.teardown();
    });
  it('heartbeats in a mock', async () => {
    const env = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: 2 });
    const beats: unknown[] = [];
    env.on('heartbeat', (d: unknown) => beats.push(d));
    assert.equal(await env.run(makeActivities(undefined as any, []).progress, 4), 2);
    assert.deepEqual(beats, [3, 4]);
  });
});
