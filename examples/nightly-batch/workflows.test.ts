import { crashEverywhere, TestWorkflowEnvironment } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { SCHEDULE_ID, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

/** A Monday, at midnight; the batch runs half past two. */
const START = Date.UTC(2026, 0, 5);
const STUCK = "WorkflowType = 'settleAccount' AND WaitingOn = 'signal'";
const namespace = 'default';

interface World {
  env: TestWorkflowEnvironment;
  /** What matches, by workflow ids. */
  list(query: string): Promise<string[]>;
  /** Tells all that match to try again; answers how many were told. */
  tryAgain(query: string): Promise<string>;
}

async function withSchedule<T>(
  test: (world: World) => Promise<T>,
  given?: TestWorkflowEnvironment,
): Promise<T> {
  const env = given ?? (await TestWorkflowEnvironment.createTimeSkipping({ startTime: START }));
  const { workflow, schedule, workflowService } = env.client;
  const list: World['list'] = async (query) => {
    const ids: string[] = [];
    for await (const { workflowId } of workflow.list({ query })) ids.push(workflowId);
    return ids.sort();
  };
  const tryAgain: World['tryAgain'] = async (visibilityQuery) => {
    const job = { namespace, jobId: 'try-again', reason: 'the banks answer again' };
    const signalOperation = { signal: workflows.tryAgain.name };
    await workflowService.startBatchOperation({ ...job, visibilityQuery, signalOperation });
    await env.sleep('1 minute');
    return (await workflowService.describeBatchOperation(job)).completeOperationCount;
  };
  try {
    return await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      await schedule.create({
        scheduleId: SCHEDULE_ID,
        spec: { cronExpressions: ['30 2 * * *'] },
        action: {
          type: 'startWorkflow',
          workflowType: workflows.nightlyBatch,
          taskQueue: TASK_QUEUE,
          workflowId: 'night',
        },
      });
      return test({ env, list, tryAgain });
    });
  } finally {
    if (!given) await env.teardown();
  }
}

describe('the nightly batch', () => {
  it('settles each account of each night in a workflow of its own', () =>
    withSchedule(async ({ env, list }) => {
      await env.sleep('3 days');
      expect(await list("WorkflowType = 'nightlyBatch' AND ExecutionStatus = 'Completed'")).toHaveLength(3);
      const settled = await list("WorkflowType = 'settleAccount' AND ExecutionStatus = 'Completed'");
      expect(settled).toHaveLength(3 * 18);
      expect(settled).toContain('settle-2026-01-06-20');
    }));

  it('leaves accounts whose bank does not answer to be found, and tried again, all of them at once', () =>
    withSchedule(async ({ env, list, tryAgain }) => {
      await env.sleep('2 days');
      expect(await list(STUCK)).toEqual([
        'settle-2026-01-05-14',
        'settle-2026-01-05-7',
        'settle-2026-01-06-14',
        'settle-2026-01-06-7',
      ]);
      expect(await list(`${STUCK} AND StartTime > '2026-01-06T00:00:00Z'`)).toHaveLength(2);
      expect(await tryAgain(STUCK)).toBe('4');
      expect(await list("ExecutionStatus = 'Running'")).toEqual([]);
    }));

  it('ends up the same wherever the engine dies', async () => {
    const { result } = await crashEverywhere(
      (crashing) =>
        withSchedule(async ({ env, list, tryAgain }) => {
          await env.sleep('1 day');
          const told = await tryAgain(STUCK);
          const settled = await list("WorkflowType = 'settleAccount' AND ExecutionStatus = 'Completed'");
          return { told, settled: settled.length };
        }, crashing),
      { startTime: START, maxRuns: 20 },
    );
    expect(result).toEqual({ told: '2', settled: 20 });
  });
});
