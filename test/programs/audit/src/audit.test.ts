import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { after, before, describe, it } from 'mocha';
import * as activities from './activities';
import { run } from './run';

describe('the audit of a transfer', function () {
  this.timeout(30_000);
  let env: TestWorkflowEnvironment;
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    env = await TestWorkflowEnvironment.createLocal();
  });
  after(() => env?.teardown());

  it('reads what happened from the history, however it is had', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'audit-test',
      workflowsPath: require.resolve('./workflows'),
      activities,
    });
    await worker.runUntil(run(env.client, 'audit-test'));
  });
});
