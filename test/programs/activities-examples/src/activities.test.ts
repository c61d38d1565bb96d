import assert from 'node:assert/strict';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment, TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import * as activities from './activities';
import { serve } from './server';
import { httpWorkflow } from './workflows';

describe('activities', function () {
  this.timeout(30_000);

  it('reports its progress', async () => {
    const env = new MockActivityEnvironment({ heartbeatDetails: 40 });
    const told: unknown[] = [];
    env.on('heartbeat', (details) => told.push(details));
    await env.run(activities.fakeProgress, 1);
    assert.deepEqual(told, [40, 73]);
  });

  it('is cancelled while it fetches', async () => {
    const server = await serve();
    const env = new MockActivityEnvironment();
    env.on('heartbeat', () => env.cancel('CANCELLED'));
    await assert.rejects(
      env.run(activities.cancellableFetch, `${server.url}/slow`),
      (err) => err instanceof CancelledFailure || (err as Error).name === 'AbortError',
    );
    server.close();
  });

  it('is retried', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    let attempts = 0;
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowsPath: require.resolve('./workflows'),
      activities: {
        makeHTTPRequest: async () => {
          attempts += 1;
          if (attempts < 2) throw new Error('not yet');
          return '99';
        },
      },
    });
    const result = await worker.runUntil(
      env.client.workflow.execute(httpWorkflow, { taskQueue: 'test', workflowId: 'http', args: ['none'] }),
    );
    assert.equal(result, 'The answer is 99');
    await env.teardown();
  });
});
