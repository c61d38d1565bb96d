const assert = require('node:assert');
const { TestWorkflowEnvironment } = require('@temporalio/testing');
const { Worker } = require('@temporalio/worker');
const { example } = require('./workflows');

describe('example', () => {
  it('greets', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'js-test',
      workflowsPath: require.resolve('./workflows'),
      activities: { greet: async (name) => `Hi ${name}` },
    });
    const result = await worker.runUntil(
      env.client.workflow.execute(example, { taskQueue: 'js-test', workflowId: 'js', args: ['you'] }),
    );
    assert.strictEqual(result, 'Hi you');
    await env.teardown();
  });
});
