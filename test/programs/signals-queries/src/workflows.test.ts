import assert from 'node:assert';
import { WorkflowFailedError } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { after, before, describe, it } from 'mocha';
import { holdDoor, isHeld, mailbox, release, visitors } from './workflows';

const taskQueue = 'signals-queries-test';

describe('signals and queries', function () {
  this.slow(5_000);
  this.timeout(20_000);
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping();
  });
  after(async () => {
    await env?.teardown();
  });

  async function withWorker<T>(fn: () => Promise<T>): Promise<T> {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowsPath: require.resolve('./workflows'),
    });
    return worker.runUntil(fn);
  }

  it('holds until released', async () => {
    await withWorker(async () => {
      const handle = await env.client.workflow.start(holdDoor, { taskQueue, workflowId: 'door' });
      assert.equal(await handle.query(isHeld), true);
      await handle.signal(release, 'Ann');
      assert.equal(await handle.result(), 'released by Ann');
      assert.deepEqual(await handle.query(visitors, 5), ['Ann']);
    });
  });

  it('is cancelled', async () => {
    await withWorker(async () => {
      const handle = await env.client.workflow.start(holdDoor, { taskQueue, workflowId: 'door-2' });
      await handle.cancel();
      await assert.rejects(handle.result(), WorkflowFailedError);
    });
  });

  it('takes signals without a definition', async () => {
    await withWorker(async () => {
      const handle = await env.client.workflow.signalWithStart(mailbox, {
        taskQueue,
        workflowId: 'mail',
        signal: 'letter',
        signalArgs: ['a', 1],
      });
      await handle.signal('parcel', 'b');
      assert.deepEqual(await handle.result(), ['letter:a+1', 'parcel:b']);
      assert.equal(await handle.query('count'), 'count of 2');
    });
  });
});
