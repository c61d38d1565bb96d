import assert from 'node:assert';
import path from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { example } from '../workflows';

describe('bundle', function () {
  this.timeout(20000);
  it('hooks', async () => {
    const env = await TestWorkflowEnvironment.createLocal({
      server: {
        log: { format: 'json', level: 'error' },
        searchAttributes: [],
        extraArgs: ['--x'],
        ui: false,
      },
    });
    const { code } = await bundleWorkflowCode({
      workflowsPath: require.resolve('../workflows'),
      webpackConfigHook: (c) => {
        c.resolve ??= {};
        c.resolve.alias = { ...c.resolve.alias, '@x': path.join(__dirname, '..') };
        return c;
      },
    });
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'q',
      workflowBundle: { code },
    });
    assert.equal(
      await worker.runUntil(
        env.client.workflow.execute(example, { taskQueue: 'q', workflowId: '1', args: ['z'] }),
      ),
      'Hello, z',
    );
    await env.teardown();
  });
});
