import assert from 'node:assert/strict';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { assign, clusterManager, shutdownCluster, startCluster } from './workflows';

describe('the cluster manager', function () {
  this.timeout(60_000);
  it('continues as new without losing an update', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowsPath: require.resolve('./workflows'),
      activities: {
        assignNodesToJob: async () => {},
        unassignNodesForJob: async () => {},
        findBadNodes: async () => [],
      },
    });
    await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(clusterManager, {
        taskQueue: 'test',
        workflowId: 'cluster',
        args: [{ test: true }],
      });
      await handle.signal(startCluster);
      const jobs = Array.from({ length: 8 }, (_, i) => ({ numNodes: 1, jobName: `${i}` }));
      const given = await Promise.all(jobs.map((job) => handle.executeUpdate(assign, { args: [job] })));
      assert.deepEqual(
        given.flatMap(({ nodes }) => nodes).sort(),
        jobs.map(({ jobName }) => jobName),
      );
      await handle.signal(shutdownCluster);
      assert.equal((await handle.result()).assigned, 8);
    });
    await env.teardown();
  });
});
