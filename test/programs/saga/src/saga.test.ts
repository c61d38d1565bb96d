import assert from 'node:assert';
import { ActivityFailure, WorkflowFailedError } from '@temporalio/client';
import { MockActivityEnvironment, TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { after, before, describe, it } from 'mocha';
import * as activities from './activities';
import { openAccount } from './workflows';

describe('the saga', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    env = await TestWorkflowEnvironment.createTimeSkipping();
  });
  after(() => env.teardown());

  it('takes back what it did, last first', async () => {
    const undone: string[] = [];
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'saga-test',
      workflowsPath: require.resolve('./workflows'),
      activities: {
        ...activities,
        clearAddress: async () => void undone.push('address'),
        deleteAccount: async () => void undone.push('account'),
      },
    });
    await assert.rejects(
      worker.runUntil(
        env.client.workflow.execute(openAccount, {
          taskQueue: 'saga-test',
          workflowId: 'saga',
          args: ['9', 'Venture'],
        }),
      ),
      (err: unknown) => {
        assert.ok(err instanceof WorkflowFailedError);
        assert.ok(err.cause instanceof ActivityFailure);
        assert.equal(err.cause.cause?.message, 'no Venture accounts');
        return true;
      },
    );
    assert.deepEqual(undone, ['address', 'account']);
  }).timeout(20_000);

  it('has activities that can be tested alone', async () => {
    const mock = new MockActivityEnvironment({ attempt: 2 });
    assert.equal(await mock.run(activities.deleteAccount, '1'), 'deleted 1');
    await assert.rejects(mock.run(activities.addBankAccount, '1', 'Other'), /no Other accounts/);
  });
});
