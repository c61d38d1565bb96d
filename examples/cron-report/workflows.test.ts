import type { ScheduleHandle } from 'perdure/client';
import { crashEverywhere, failFirst, TestWorkflowEnvironment } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { type Report, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

/** A Monday, at midnight. */
const START = Date.UTC(2026, 0, 5);
const DAY = 86_400_000;

type Test<T> = (env: TestWorkflowEnvironment, handle: ScheduleHandle, published: Report[]) => Promise<T>;

async function withSchedule<T>(test: Test<T>, given?: TestWorkflowEnvironment): Promise<T> {
  const published: Report[] = [];
  const publish = async (made: Report): Promise<void> => void published.push(made);
  const env = given ?? (await TestWorkflowEnvironment.createTimeSkipping({ startTime: START }));
  try {
    return await env.runUntil(
      { taskQueue: TASK_QUEUE, workflows, activities: { ...activities, publish } },
      async () => {
        const handle = await env.client.schedule.create({
          scheduleId: 'daily',
          spec: { cronExpressions: ['0 6 * * *'] },
          action: {
            type: 'startWorkflow',
            workflowType: workflows.report,
            taskQueue: TASK_QUEUE,
            workflowId: 'report',
          },
          policies: { overlap: 'BUFFER_ALL' },
        });
        return test(env, handle, published);
      },
    );
  } finally {
    if (!given) await env.teardown();
  }
}

describe('the daily report', () => {
  it('is made every day for a month, each about the day before and compared with the one before', () =>
    withSchedule(async (env, _handle, published) => {
      await env.sleep('30 days');
      expect(published.map(({ day }) => day)).toEqual(
        Array.from({ length: 30 }, (_, i) => new Date(START + (i - 1) * DAY).toISOString().slice(0, 10)),
      );
      expect(published[0]!.change).toBeUndefined();
      for (const [i, { total, change }] of published.entries()) {
        const before = published[i - 1];
        if (before) expect(change).toBe(Math.round((100 * (total - before.total)) / before.total));
      }
    }));

  it('that is made up for later is about the day that it was meant for', () =>
    withSchedule(async (env, handle, published) => {
      await handle.backfill({ start: new Date(START - 3 * DAY), end: new Date(START) });
      await env.sleep('1 hour');
      expect(published.map(({ day }) => day)).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
    }));

  it('that cannot be published for a while is late, and the next one compares itself with it', () =>
    withSchedule(async (env, _handle, published) => {
      await env.withFaults({ activities: { publish: failFirst(10) } }, () => env.sleep('3 days'));
      expect(published.map(({ day }) => day)).toEqual(['2026-01-04', '2026-01-05', '2026-01-06']);
      expect(published[2]!.change).toBeDefined();
    }));

  it('is made for every day wherever the engine dies', async () => {
    const { result } = await crashEverywhere(
      (crashing) =>
        withSchedule(async (env, _handle, published) => {
          await env.sleep('3 days');
          return [...new Set(published.map(({ day, total }) => `${day} ${total}`))];
        }, crashing),
      { startTime: START },
    );
    expect(result).toHaveLength(3);
  });
});
