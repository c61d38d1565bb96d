import assert from 'node:assert/strict';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createActivitiesForSameWorker, createNormalActivities } from './activities';
import { fileProcessing } from './workflows';

describe('worker-specific task queues', function () {
  this.timeout(30_000);
  it('keep the steps on one Worker', async () => {
    const env = await TestWorkflowEnvironment.createLocal();
    const both = await Promise.all([
      Worker.create({
        connection: env.nativeConnection,
        taskQueue: 'common',
        workflowsPath: require.resolve('./workflows'),
        activities: createNormalActivities('mine'),
      }),
      Worker.create({
        connection: env.nativeConnection,
        taskQueue: 'mine',
        activities: createActivitiesForSameWorker(),
      }),
    ]);
    const result = await both[0].runUntil(
      both[1].runUntil(
        env.client.workflow.execute(fileProcessing, { taskQueue: 'common', workflowId: 'files' }),
      ),
    );
    assert.equal(result[1], 'mine');
    await env.teardown();
  });
});
