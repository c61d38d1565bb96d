import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { load } from 'js-yaml';
import * as activities from './activities';
import { type DSL, interpret } from './workflows';

describe('the interpreter', function () {
  this.timeout(20_000);

  it('runs a program', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    try {
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue: 'dsl-test',
        workflowsPath: require.resolve('./workflows'),
        activities,
      });
      const program = load(readFileSync('program.yaml', 'utf8')) as DSL;
      const bindings = await worker.runUntil(
        env.client.workflow.execute(interpret, { taskQueue: 'dsl-test', workflowId: 'dsl', args: [program] }),
      );
      assert.equal(bindings.text, 'HELLO DLROW');
      const history = await env.client.workflow.getHandle('dsl').fetchHistory();
      await Worker.runReplayHistory({ workflowsPath: require.resolve('./workflows') }, history, 'dsl');
    } finally {
      await env.teardown();
    }
  });
});
