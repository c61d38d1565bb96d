import { describe, expect, it } from 'vitest';
import { activityInfo } from '../../sdk/activity/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { Worker } from '../../sdk/worker/node.ts';
import * as imported from './dynamic-workflows.ts';

const activities = {
  known: async (text: string) => `known(${text})`,
  default: async (...args: unknown[]) => `${activityInfo().activityType}(${args.join()}), by default`,
};
const workflowsPath = new URL('./dynamic-workflows.ts', import.meta.url).href;

describe.each<[string, object]>([
  ['imported', { workflows: imported }],
  ['bundled', { workflowsPath }],
])('default workflows and activities, %s', (_, workflows) => {
  it('take every type that has no function of its own', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    try {
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue: 'dynamic',
        activities,
        ...workflows,
      });
      await worker.runUntil(async () => {
        const options = { taskQueue: 'dynamic', workflowId: 'w' };
        expect(await env.client.workflow.execute('whatever', { ...options, args: [1, 2] })).toEqual([
          'whatever(1,2)',
          'known(a)',
          'unheardOf(b), by default',
          'unheardOf(c), by default',
        ]);
        expect(await env.client.workflow.execute('named', options)).toBe('the named one');
      });
    } finally {
      await env.teardown();
    }
  });
});
