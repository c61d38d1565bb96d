import assert from 'node:assert';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { after, before, describe, it } from 'mocha';
import { titles } from './workflows.js';

describe('titles', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await TestWorkflowEnvironment.createLocal();
  });
  after(() => env.teardown());

  it('are fetched', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'esm-test',
      workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
      activities: { fetchTitle: async (name: string) => name.toUpperCase() },
    });
    const result = await worker.runUntil(
      env.client.workflow.execute(titles, {
        taskQueue: 'esm-test',
        workflowId: 'titles',
        args: [['a', 'b']],
      }),
    );
    assert.equal(result, '«A, B»');
  }).timeout(20_000);
});
