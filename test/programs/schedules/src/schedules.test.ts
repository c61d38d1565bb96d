import assert from 'node:assert/strict';
import { ScheduleAlreadyRunning } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { reminder } from './workflows';

describe('schedules', function () {
  this.timeout(30_000);
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await TestWorkflowEnvironment.createLocal();
  });
  after(() => env?.teardown());

  it('start workflows when they are triggered', async () => {
    const told: string[] = [];
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'schedules-test',
      workflowsPath: require.resolve('./workflows'),
      activities: { remind: async (text: string) => void told.push(text) },
    });
    await worker.runUntil(async () => {
      const options = {
        scheduleId: 'test',
        spec: { cronExpressions: ['0 12 * * MON-FRI'], jitter: '1 minute' },
        action: {
          type: 'startWorkflow' as const,
          workflowType: reminder,
          args: ['Stand up'] as [string],
          taskQueue: 'schedules-test',
        },
        state: { triggerImmediately: true },
      };
      const handle = await env.client.schedule.create(options);
      await assert.rejects(env.client.schedule.create(options), ScheduleAlreadyRunning);
      for (let i = 0; i < 100 && told.length === 0; i++) await env.sleep(50);
      assert.deepEqual(told, ['Stand up (test)']);
      await handle.delete();
    });
  });
});
