/** Answers of what operators ask get lost too: schedules, resets, ends by force, activities completed by their token. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activityInfo, CompleteAsyncError } from '../../sdk/activity/index.ts';
import {
  ActivityNotFoundError,
  Client,
  Connection,
  ScheduleNotFoundError,
  WorkflowNotFoundError,
} from '../../sdk/client/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { proxyActivities } from '../../sdk/workflow/index.ts';
import { activities } from '../features/engine.ts';
import * as schedules from '../features/schedules/workflows.ts';
import * as workflows from '../features/workflows.ts';
import { LossyEngine, losses } from './lossy-engine.ts';

const { later } = proxyActivities<{ later(): Promise<number> }>({ startToCloseTimeout: '1 hour' });
async function asksSomebody(): Promise<number> {
  return later();
}

let env: TestWorkflowEnvironment;
let engine: LossyEngine;
let client: Client;
beforeEach(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: Date.UTC(2026, 0, 5, 12) });
  engine = new LossyEngine(env);
  client = new Client({ connection: Connection.lazy({ address: engine }) });
});
afterEach(() => env.teardown());

const within = <T>(test: () => Promise<T>, more: object = {}): Promise<T> =>
  env.runUntil(
    {
      taskQueue: 'q',
      workflows: { ...workflows, ...schedules, asksSomebody },
      activities: { ...activities, ...more },
    },
    test,
  );
const options = { taskQueue: 'q', workflowId: 'w' };
const eventsOf = async (type: string, runId?: string): Promise<number> => {
  const { events } = await env.client.workflow.getHandle('w', runId).fetchHistory();
  return events.filter(({ eventType }) => eventType === `EVENT_TYPE_${type}`).length;
};
const runs = async (): Promise<number> => (await env.client.workflow.count()).count;

const schedule = {
  scheduleId: 's',
  spec: { intervals: [{ every: '1h' }] },
  action: {
    type: 'startWorkflow' as const,
    workflowType: 'counting',
    taskQueue: 'q',
    args: [],
    workflowId: 'w',
  },
  state: { paused: true },
};

/** Done, or told that it is done already: the answer to the first call was lost, and the act was not. */
async function doneOr<E>(over: new (...args: never[]) => E, act: () => Promise<unknown>): Promise<void> {
  const error = await act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error !== undefined) expect(error).toBeInstanceOf(over);
}

describe.each(losses)('when %s is lost', (_, lost) => {
  it('a schedule is made once, triggered once, changed once, and deleted', () =>
    within(async () => {
      engine.lose(...lost);
      const handle = await client.schedule.create(schedule);
      expect(engine.calls).toHaveLength(lost.length + 1);
      engine.lose(...lost);
      await handle.trigger();
      await env.sleep('1 minute');
      expect(await runs()).toBe(1);
      expect((await env.client.schedule.getHandle('s').describe()).info.numActionsTaken).toBe(1);

      engine.lose(...lost);
      await handle.unpause('go on');
      expect((await handle.describe()).state).toMatchObject({ paused: false, note: 'go on' });
      const update = async (every: string) => {
        await handle.update((previous) => {
          engine.lose(...lost);
          return { ...previous, spec: { intervals: [{ every }] } };
        });
      };
      await update('2h');
      expect((await handle.describe()).spec.intervals).toMatchObject([{ every: 7_200_000 }]);

      engine.lose(...lost);
      await doneOr(ScheduleNotFoundError, () => handle.delete());
      engine.lose();
      await expect(handle.describe()).rejects.toBeInstanceOf(ScheduleNotFoundError);
    }));

  it('a schedule is backfilled once', () =>
    within(async () => {
      const handle = await client.schedule.create(schedule);
      engine.lose(...lost);
      const [start, end] = [Date.UTC(2026, 0, 5, 0), Date.UTC(2026, 0, 5, 3)].map((time) => new Date(time));
      await handle.backfill({ start: start!, end: end!, overlap: 'ALLOW_ALL' });
      await env.sleep('1 minute');
      const before = await runs();
      expect([3, 4]).toContain(before);
      expect((await handle.describe()).info.numActionsTaken).toBe(before);
    }));

  it('a reset makes one new run, and answers with it', () =>
    within(async () => {
      const handle = await client.workflow.start('account', options);
      await handle.signal('note', 'x');
      await env.sleep(0);
      engine.lose(...lost);
      const { runId } = await client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: 'w' },
        reason: 'the test says so',
        options: { firstWorkflowTask: {} },
      });
      expect((await env.client.workflow.getHandle('w').describe()).runId).toBe(runId);
      expect(await runs()).toBe(2);
      expect(await eventsOf('WORKFLOW_EXECUTION_SIGNALED', runId)).toBe(1);
    }));

  it('a run is terminated once', () =>
    within(async () => {
      const handle = await client.workflow.start('waiter', options);
      engine.lose(...lost);
      await doneOr(WorkflowNotFoundError, () => handle.terminate('enough'));
      expect(await eventsOf('WORKFLOW_EXECUTION_TERMINATED')).toBe(1);
      expect((await env.client.workflow.getHandle('w').describe()).status.name).toBe('TERMINATED');
    }));

  it('an activity is completed by its token once, whatever the second call says', () => {
    let token: Uint8Array | undefined;
    const later = async (): Promise<number> => {
      token = activityInfo().taskToken;
      throw new CompleteAsyncError();
    };
    return within(
      async () => {
        const handle = await client.workflow.start('asksSomebody', options);
        await env.sleep(0);
        engine.lose(...lost);
        await doneOr(ActivityNotFoundError, () => client.activity.complete(token!, 42));
        expect(await handle.result()).toBe(42);
        expect(await eventsOf('ACTIVITY_TASK_COMPLETED')).toBe(1);
        engine.lose();
        await expect(client.activity.complete(token!, 43)).rejects.toBeInstanceOf(ActivityNotFoundError);
      },
      { later },
    );
  });
});
