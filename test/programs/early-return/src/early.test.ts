import assert from 'node:assert/strict';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { returnAuthorization, transaction } from './workflows';

describe('early return', function () {
  this.timeout(30_000);
  it('answers before the workflow has ended', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowsPath: require.resolve('./workflows'),
      activities: {
        authorize: async () => 'ok',
        settle: async (id: string) => id.toUpperCase(),
        cancel: async () => {},
      },
    });
    await worker.runUntil(async () => {
      const startWorkflowOperation = new WithStartWorkflowOperation(transaction, {
        workflowId: 'one',
        args: [1],
        taskQueue: 'test',
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      const answer = await env.client.workflow.executeUpdateWithStart(returnAuthorization, {
        startWorkflowOperation,
        updateId: 'first',
      });
      assert.equal(answer, 'ok');
      assert.equal(await (await startWorkflowOperation.workflowHandle()).result(), 'OK');
    });
    await env.teardown();
  });
});
