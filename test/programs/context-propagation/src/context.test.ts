import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry, Runtime, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { newContextActivityInterceptor } from './context/activity-interceptors';
import { ContextClientInterceptor } from './context/client-interceptors';
import { withContext } from './context/context-injection';
import { ask, sampleWorkflow } from './workflows';

describe('context', function () {
  this.timeout(30_000);
  let env: TestWorkflowEnvironment;
  const entries: LogEntry[] = [];
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('INFO', (entry) => entries.push(entry)) });
    env = await TestWorkflowEnvironment.createTimeSkipping({
      client: { interceptors: { workflow: [new ContextClientInterceptor()] } },
    });
  });
  after(() => env?.teardown());

  it('travels with calls, updates and log lines', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowsPath: require.resolve('./workflows'),
      activities,
      interceptors: {
        workflowModules: [require.resolve('./context/workflow-interceptors')],
        activity: [newContextActivityInterceptor],
      },
    });
    await worker.runUntil(async () => {
      const handle = await withContext({ customer: 'Acme' }, () =>
        env.client.workflow.start(sampleWorkflow, { taskQueue: 'test', workflowId: 'context', args: [0] }),
      );
      const asked = await withContext({ customer: 'Other' }, () =>
        handle.executeUpdate(ask, { args: ['me'] }),
      );
      assert.equal(asked, 'Hello, me from Other!');
      await assert.rejects(
        withContext({ customer: 'Other' }, () => handle.executeUpdate(ask, { args: ['Other'] })),
        WorkflowUpdateFailedError,
      );
      assert.equal((await handle.result())[0], 'Hello, a from Acme!');
    });
    const told = entries.filter(({ message }) => ['Running', 'Greeting'].includes(message));
    assert.deepEqual([...new Set(told.map(({ meta }) => meta?.customer))].sort(), ['Acme', 'Other']);
  });
});
