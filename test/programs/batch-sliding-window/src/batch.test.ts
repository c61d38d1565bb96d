import assert from 'node:assert';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import * as activities from './activities';
import { batch } from './workflows';

describe('the sliding window', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await TestWorkflowEnvironment.createLocal();
  });
  after(() => env.teardown());

  it('processes every record once', async () => {
    const processed: number[] = [];
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'batch-test',
      workflowsPath: require.resolve('./workflows'),
      activities: { ...activities, processRecord: async (id: number) => void processed.push(id) },
    });
    const done = await worker.runUntil(
      env.client.workflow.execute(batch, { taskQueue: 'batch-test', workflowId: 'batch', args: [3, 5, 2] }),
    );
    assert.equal(done, 25);
    assert.deepEqual(
      processed.sort((a, b) => a - b),
      Array.from({ length: 25 }, (_, i) => i),
    );
  }).timeout(30_000);
});
