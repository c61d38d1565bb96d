import { describe, expect, it } from 'vitest';
import { ApplicationFailure } from '../../sdk/client/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import {
  localBetweenTasks,
  localFailures,
  localRetriedBehindTimers,
  localSequence,
} from '../histories/workflows-local.ts';
import { errorOf, eventTypes, START } from './engine.ts';

const workflows = { localBetweenTasks, localFailures, localRetriedBehindTimers, localSequence };
const QUEUE = 'local';

async function withActivities(
  test: (env: TestWorkflowEnvironment, calls: string[]) => Promise<void>,
): Promise<void> {
  const calls: string[] = [];
  const tries = new Map<string, number>();
  const activities = {
    async double(n: number) {
      calls.push(`double ${n}`);
      return 2 * n;
    },
    async nothing() {
      calls.push('nothing');
    },
    async fail(message: string) {
      throw ApplicationFailure.create({ message, type: 'Unlucky' });
    },
    async flaky(failures: number) {
      const attempt = (tries.get('flaky') ?? 0) + 1;
      tries.set('flaky', attempt);
      if (attempt <= failures) throw new Error('flaky');
      return attempt;
    },
  };
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: QUEUE, workflows, activities }, () => test(env, calls));
  } finally {
    await env.teardown();
  }
}

describe('local activities in the engine', () => {
  it('leave markers in their places', () =>
    withActivities(async (env, calls) => {
      const options = { taskQueue: QUEUE, workflowId: 'w', args: [5] as [number] };
      const result = (await env.client.workflow.execute(localSequence, options)) as unknown[];
      expect(result.slice(0, 3)).toEqual([10, 20, 20]);
      expect(calls).toEqual(['double 5', 'nothing', 'double 10', 'double 10']);
      const types = await eventTypes({ env, client: env.client }, 'w');
      expect(types.filter((type) => !type.startsWith('Workflow'))).toEqual([
        'MarkerRecorded',
        'MarkerRecorded',
        'ActivityTaskScheduled',
        'ActivityTaskStarted',
        'ActivityTaskCompleted',
        'MarkerRecorded',
      ]);
    }));

  it('are not run again after an eviction', () =>
    withActivities(async (env, calls) => {
      const options = { taskQueue: QUEUE, workflowId: 'w' };
      const handle = await env.client.workflow.start(localBetweenTasks, options);
      for (const _ of [1, 2]) {
        await handle.signal('go');
        await env.sleep(0);
        env.evictAll();
      }
      expect(await handle.result()).toEqual([4, 8]);
      expect(calls).toEqual(['double 1', 'double 1', 'double 4']);
    }));

  it('fail with what the activity threw', () =>
    withActivities(async ({ client }) => {
      const error = await errorOf(
        client.workflow.execute(localFailures, { taskQueue: QUEUE, workflowId: 'w' }),
      );
      expect(error.cause).toBeInstanceOf(ApplicationFailure);
      expect(error.cause).toMatchObject({ message: 'all seen', details: ['no luck', 'Unlucky', 3] });
    }));

  it('wait for a far attempt with a timer, whose time is skipped', () =>
    withActivities(async (env) => {
      const options = { taskQueue: QUEUE, workflowId: 'w' };
      expect(await env.client.workflow.execute(localRetriedBehindTimers, options)).toBe(3);
      expect(await env.currentTimeMs()).toBeGreaterThanOrEqual(START + 3_000);
      const types = await eventTypes({ env, client: env.client }, 'w');
      expect(types.filter((type) => type === 'TimerFired')).toHaveLength(2);
      expect(types.filter((type) => type === 'MarkerRecorded')).toHaveLength(3);
    }));
});
