import assert from 'node:assert';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment, TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import * as activities from './activities';
import { cancelledFromInside, cancelledFromOutside, tooSlow } from './workflows';

describe('activities', function () {
  this.timeout(20_000);

  it('go on where the last attempt was, and heartbeat', async () => {
    const env = new MockActivityEnvironment({ heartbeatDetails: 97 });
    const beats: unknown[] = [];
    env.on('heartbeat', (details: unknown) => beats.push(details));
    assert.equal(await env.run(activities.progress, 1), 'done');
    assert.deepEqual(beats, [97, 98, 99]);
  });

  it('are cancelled', async () => {
    const env = new MockActivityEnvironment();
    env.on('heartbeat', () => env.cancel('CANCELLED'));
    await assert.rejects(env.run(activities.progress, 1), CancelledFailure);
  });

  describe('in a workflow', () => {
    let env: TestWorkflowEnvironment;
    before(async () => {
      env = await TestWorkflowEnvironment.createLocal();
    });
    after(() => env.teardown());
    const worker = () =>
      Worker.create({
        connection: env.nativeConnection,
        taskQueue: 'a',
        workflowsPath: require.resolve('./workflows'),
        activities,
      });

    it('are cancelled from outside and inside, and time out', async () => {
      await (await worker()).runUntil(async () => {
        const { workflow } = env.client;
        const outside = await workflow.start(cancelledFromOutside, {
          taskQueue: 'a',
          workflowId: 'out',
          args: [50],
        });
        await env.sleep(200);
        await outside.cancel();
        assert.equal(await outside.result(), 'cancelled cancelledFromOutside');
        assert.equal(
          await workflow.execute(cancelledFromInside, { taskQueue: 'a', workflowId: 'in' }),
          'cancelled',
        );
        assert.equal(
          await workflow.execute(tooSlow, { taskQueue: 'a', workflowId: 'slow' }),
          'START_TO_CLOSE',
        );
      });
    });
  });
});
