import assert from 'node:assert';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type * as activities from './activities';
import { movableTimer, moveDeadline, order, reminders, withDeadline } from './workflows';

describe('timers', function () {
  this.timeout(20_000);
  let env: TestWorkflowEnvironment;
  let worker: Worker;
  const told: string[] = [];
  const taskQueue = 'timers-test';

  before(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping();
  });
  beforeEach(async () => {
    const mocked: Partial<typeof activities> = {
      bake: async (ms) => {
        await env.sleep(ms);
        return 'bread';
      },
      notify: async (text) => {
        told.push(text);
      },
    };
    told.length = 0;
    worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowsPath: require.resolve('./workflows'),
      activities: mocked,
    });
  });
  after(() => env.teardown());

  it('tells of delays only when there are some', async () => {
    await worker.runUntil(async () => {
      const run = (id: string, deadline: string) =>
        env.client.workflow.execute(order, { taskQueue, workflowId: id, args: [60_000, deadline] });
      assert.equal(await run('early', '5 minutes'), 'bread');
      assert.deepEqual(told, []);
      assert.equal(await run('late', '30s'), 'bread, late');
      assert.deepEqual(told, ['Your bread takes longer']);
    });
  });

  it('gives up at the deadline', async () => {
    const result = await worker.runUntil(
      env.client.workflow.execute(withDeadline, { taskQueue, workflowId: 'never', args: [60_000, 1_000] }),
    );
    assert.equal(result, 'no bread');
  });

  it('moves a timer', async () => {
    await worker.runUntil(async () => {
      const now = await env.currentTimeMs();
      const handle = await env.client.workflow.start(movableTimer, {
        taskQueue,
        workflowId: 'movable',
        args: [now + 24 * 3_600_000],
      });
      await handle.signal(moveDeadline, now + 3_600_000);
      const took = await handle.result();
      assert.ok(took > 3_500_000 && took < 3_700_000, `${took}`);
    });
  });

  it('sleeps for months', async () => {
    const result = await worker.runUntil(
      env.client.workflow.execute(reminders, { taskQueue, workflowId: 'months' }),
    );
    assert.equal(result, 'nobody said stop after 3');
    assert.equal(told.length, 3);
  });
});
