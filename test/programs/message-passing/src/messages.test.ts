import assert from 'node:assert';
import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import * as activities from './activities';
import * as workflows from './workflows';

describe('messages', function () {
  this.timeout(20_000);
  const taskQueue = 'messages-test';
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await TestWorkflowEnvironment.createLocal();
  });
  after(() => env.teardown());
  const withWorker = async <T>(fn: () => Promise<T>): Promise<T> => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowsPath: require.resolve('./workflows'),
      activities,
    });
    return worker.runUntil(fn);
  };

  it('are validated, and wait for each other', async () => {
    const result = await withWorker(async () => {
      const handle = await env.client.workflow.start(workflows.greetings, { taskQueue, workflowId: 'hello' });
      await assert.rejects(
        handle.executeUpdate(workflows.setLanguage, { args: ['x'] }),
        WorkflowUpdateFailedError,
      );
      const all = await Promise.all(
        ['hindi', 'chinese'].map((args) =>
          handle.executeUpdate(workflows.setLanguageByActivity, { args: [args] }),
        ),
      );
      assert.deepEqual(all, ['english (setLanguageByActivity)', 'hindi (setLanguageByActivity)']);
      await handle.signal(workflows.approve, { name: 'Zoe' });
      return handle.result();
    });
    assert.equal(result, '你好 from Zoe');
  });

  it('survive a new run', async () => {
    const { jobs } = await withWorker(async () => {
      const handle = await env.client.workflow.start(workflows.cluster, { taskQueue, workflowId: 'cluster' });
      await handle.signal(workflows.startCluster);
      const update = (job: string, count: number) =>
        handle.executeUpdate(workflows.assignNodes, { args: [{ job, count }] });
      await Promise.all([update('a', 1), update('b', 1)]);
      await update('c', 2);
      await assert.rejects(update('d', 1), (err: WorkflowUpdateFailedError) => err.cause?.message === 'full');
      await handle.signal(workflows.shutdown);
      return handle.result();
    });
    assert.deepEqual(jobs, ['a', 'b', 'c']);
  });

  it('start what they are for', async () => {
    await withWorker(async () => {
      const add = (item: string) => {
        const startWorkflowOperation = new WithStartWorkflowOperation(workflows.cart, {
          workflowId: 'cart',
          taskQueue,
          args: [],
          workflowIdConflictPolicy: 'USE_EXISTING',
        });
        return env.client.workflow.executeUpdateWithStart(workflows.addItem, {
          startWorkflowOperation,
          args: [item],
        });
      };
      assert.deepEqual([await add('tea'), await add('milk')], [1, 2]);
      const handle = env.client.workflow.getHandle<typeof workflows.cart>('cart');
      await handle.signal(workflows.checkout);
      assert.deepEqual(await handle.result(), ['tea', 'milk']);
    });
  });
});
