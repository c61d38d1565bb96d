import { expect, it } from 'vitest';
import { activityInfo } from '../../sdk/activity/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { leaveHistories, START } from './engine.ts';
import * as workflows from './priority-workflows.ts';

const activities = { priorityOf: async () => activityInfo().priority };

async function withEngine(test: (env: TestWorkflowEnvironment) => Promise<void>): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: 'q', workflows, activities }, () => test(env));
    await leaveHistories(env, { workflows: 'test/features/priority-workflows.ts' });
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
    await sleep(0);
    const { events = [] } = await handle.fetchHistory();
    expect(JSON.stringify(events)).toContain(message);
    await handle.terminate();
  }),
);

const gold = { priorityKey: 2, fairnessKey: 'gold', fairnessWeight: 3 };
const over = { fairnessKey: 'silver' };
const both = { ...gold, ...over };

it('the priority of a workflow is that of its activities and children, field by field where they say nothing', () =>
  withEngine(async ({ client }) => {
    const args: [typeof over, number] = [over, 1];
    const options = { taskQueue: 'q', workflowId: 'w', args, priority: gold };
    const inherited = { run: gold, activity: gold, activityThatSays: both };
    expect(await client.workflow.execute(workflows.family, options)).toEqual({
      ...inherited,
      child: inherited,
      childThatSays: { run: both, activity: both, activityThatSays: both },
    });
    const { events = [] } = await client.workflow.getHandle('w').fetchHistory();
    expect(events[0]!.workflowExecutionStartedEventAttributes).toMatchObject({ priority: gold });
    // An event says what the command said: what is inherited is nobody's command.
    const said = events.map(
      ({ activityTaskScheduledEventAttributes: a, startChildWorkflowExecutionInitiatedEventAttributes: c }) =>
        (a ?? c) && ((a ?? c) as { priority?: unknown }).priority,
    );
    expect(said.filter((priority) => priority !== undefined)).toEqual([over, over]);
  }));

it('a run that continues as new, and one that is tried again, has the priority of the one before', () =>
  withEngine(async ({ client }) => {
    const options = { taskQueue: 'q', workflowId: 'w', priority: gold, retry: { maximumAttempts: 2 } };
    const args: [[]] = [[]];
    expect(await client.workflow.execute(workflows.chain, { ...options, args })).toEqual([gold, gold, gold]);
  }));

it('without a priority nothing is written, and a run reads an empty one', () =>
  withEngine(async ({ client }) => {
    const args: [object, number] = [{}, 0];
    const options = { taskQueue: 'q', workflowId: 'w', args, priority: {} };
    const empty = { run: {}, activity: {}, activityThatSays: {} };
    expect(await client.workflow.execute(workflows.family, options)).toEqual(empty);
    const handle = client.workflow.getHandle('w');
    expect(JSON.stringify(await handle.fetchHistory())).not.toContain('"priority"');
    expect((await handle.describe()).priority).toEqual({});
  }));

it('describe and lists tell the priority, of a pending activity with what it has from its workflow', () =>
  withEngine(async (env) => {
    const { client } = env;
    const args: [typeof over] = [over];
    const options = { taskQueue: 'q', workflowId: 'w', args, priority: gold };
    const handle = await client.workflow.start(workflows.pending, options);
    while (!(await handle.describe()).raw.pendingActivities?.length) await env.sleep('1 second');
    const { priority, raw } = await handle.describe();
    expect(priority).toEqual(gold);
    expect(raw.workflowExecutionInfo.priority).toEqual(gold);
    expect(raw.pendingActivities[0]).toMatchObject({ activityType: { name: 'nobody' }, priority: both });
    for await (const listed of client.workflow.list()) expect(listed.priority).toEqual(gold);
    await handle.signal(workflows.goOn);
    await handle.result();
  }));

it('a schedule starts its runs with the priority of its action, and tells it', () =>
  withEngine(async ({ client, sleep }) => {
    const action = {
      type: 'startWorkflow' as const,
      workflowType: workflows.family,
      args: [over, 0] as [typeof over, number],
      taskQueue: 'q',
      workflowId: 'scheduled',
      priority: gold,
    };
    const spec = { intervals: [{ every: '1 hour' }] };
    const schedule = await client.schedule.create({ scheduleId: 's', spec, action });
    const told = await schedule.describe();
    expect(told.action).toMatchObject({ priority: gold });
    await sleep('61 minutes');
    const [recent] = (await schedule.describe()).info.recentActions;
    const { workflowId } = recent!.action.workflow;
    expect(await client.workflow.getHandle(workflowId).result()).toMatchObject({ run: gold, activity: gold });
    await schedule.delete();
  }));

it.each([
  [{ priorityKey: 6 }, 'priority.priorityKey: must be from 1 to 5'],
  [{ fairnessKey: 'k'.repeat(65) }, 'priority.fairnessKey: has at most 64 bytes'],
])('a start with a priority that is none is refused: %j', (priority, message) =>
  withEngine(async ({ client }) => {
    const options = { taskQueue: 'q', workflowId: 'w', args: [over, 0] as [object, number], priority };
    const error = await client.workflow.start(workflows.family, options).catch((e) => e);
    expect(error.cause?.message ?? error.message).toContain(message);
  }),
);
