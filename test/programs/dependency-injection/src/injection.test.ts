import assert from 'node:assert/strict';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { bound, createActivities, RatesActivities } from './activities';
import { injected } from './workflows';

describe('activities with dependencies', function () {
  this.timeout(30_000);
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping();
  });
  after(() => env?.teardown());

  const db = { get: async (_key: string) => 'Temporal' };
  const forms: Record<string, () => NonNullable<WorkerOptions['activities']>> = {
    'in one object': () => ({
      ...createActivities(db),
      ...bound(new RatesActivities(new Map([['EUR', 1.1]]))),
    }),
    'as closures': () => {
      const instance = new RatesActivities(new Map([['EUR', 1.1]]));
      return {
        ...createActivities(db),
        getRates: () => instance.getRates(),
        countCalls: instance.countCalls.bind(instance),
      };
    },
  };
  for (const [form, activities] of Object.entries(forms)) {
    it(`are served ${form}`, async () => {
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue: 'test',
        workflowsPath: require.resolve('./workflows'),
        activities: activities(),
      });
      const result = await worker.runUntil(
        env.client.workflow.execute(injected, { taskQueue: 'test', workflowId: form }),
      );
      assert.deepEqual(result, ['Hello: Temporal', 'Hola: Temporal', '1.1', '1 by countCalls']);
    });
  }
});
