import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createActivities } from './activities';
import { careful } from './workflows';

describe('mutex', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await TestWorkflowEnvironment.createLocal();
  }, 20_000);
  afterAll(async () => {
    await env?.teardown();
  });

  it('lets one at a time work', async () => {
    const taskQueue = 'mutex-test';
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowsPath: require.resolve('./workflows'),
      activities: createActivities(env.client),
    });
    const times = await worker.runUntil(() =>
      Promise.all(
        ['a', 'b', 'c', 'd'].map((workflowId) =>
          env.client.workflow.execute(careful, { taskQueue, workflowId, args: ['door'] }),
        ),
      ),
    );
    times.sort(([a], [b]) => a - b);
    for (let i = 1; i < times.length; i++) expect(times[i][0]).toBeGreaterThanOrEqual(times[i - 1][1]);
  }, 20_000);
});
