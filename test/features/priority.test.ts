import { expect, it } from 'vitest';
import { activityInfo } from '../../sdk/activity/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { START } from './engine.ts';
import * as workflows from './priority-workflows.ts';

const activities = { priorityOf: async () => activityInfo().priority };

async function withEngine(test: (env: TestWorkflowEnvironment) => Promise<void>): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: 'q', workflows, activities }, () => test(env));
  } finally {
    await env.teardown();
  }
}

it('the priority of an activity is in its event, and known to the activity', () =>
  withEngine(async ({ client }) => {
    const priority = { priorityKey: 1, fairnessKey: 'acme', fairnessWeight: 2 };
    const options = { taskQueue: 'q', workflowId: 'w', args: [priority] as [typeof priority] };
    const handle = await client.workflow.start(workflows.urgent, options);
    expect(await handle.result()).toEqual(priority);
    const { events = [] } = await handle.fetchHistory();
    const scheduled = events.find(({ activityTaskScheduledEventAttributes: found }) => found);
    expect(scheduled?.activityTaskScheduledEventAttributes).toMatchObject({ priority });
  }));

it.each([
  [{ priorityKey: 6 }, 'priority.priorityKey: must be from 1 to 5'],
  [{ fairnessKey: 'k'.repeat(65) }, 'priority.fairnessKey: has at most 64 bytes'],
  [{ fairnessWeight: 2_000 }, 'priority.fairnessWeight: must be from 0.001 to 1000'],
])('a priority that is none fails the workflow task: %j', (priority, message) =>
  withEngine(async ({ client, sleep }) => {
    const options = { taskQueue: 'q', workflowId: 'w', args: [priority] as [typeof priority] };
    const handle = await client.workflow.start(workflows.urgent, options);
    void sleep;
    const { events = [] } = await handle.fetchHistory();
    expect(JSON.stringify(events)).toContain(message);
    await handle.terminate();
  }),
);
