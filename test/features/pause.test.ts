import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { activityInfo } from '../../sdk/activity/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import type { RecordedHistory } from '../histories/scenarios.ts';
import * as workflows from '../histories/workflows-reset.ts';
import { silent } from '../runtime/driver.ts';
import { leaveHistories, START, shortType } from './engine.ts';

const QUEUE = 'pause';
const options = { taskQueue: QUEUE, workflowId: 'w' };
const which = { namespace: 'default', workflowId: 'w', identity: 'operator', reason: 'look at it first' };
const activity = { namespace: 'default', execution: { workflowId: 'w' }, type: 'double' };

async function withEngine(
  double: (n: number) => Promise<number>,
  test: (env: TestWorkflowEnvironment) => Promise<void>,
): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: QUEUE, workflows, activities: { double } }, () => test(env));
    await leaveHistories(env, { workflows: 'test/histories/workflows-reset.ts' });
  } finally {
    await env.teardown();
  }
}
const twice = async (n: number): Promise<number> => 2 * n;

describe('a workflow that is paused', () => {
  it('takes signals and runs nothing, says so, and goes on when it is unpaused', () =>
    withEngine(twice, async (env) => {
      const { workflow, workflowService } = env.client;
      const handle = await workflow.start(workflows.pausable, options);
      await env.sleep(0);
      await workflowService.pauseWorkflowExecution(which);
      await handle.signal('go', 'while paused');
      await env.sleep('1 hour');
      const paused = await handle.describe();
      expect(paused.status).toEqual({ code: 8, name: 'PAUSED' });
      expect(paused.raw.problems).toEqual(['The workflow is paused by operator: look at it first.']);
      expect((await handle.fetchHistory()).events.map(shortType).slice(-2)).toEqual([
        'WorkflowExecutionPaused',
        'WorkflowExecutionSignaled',
      ]);
      await workflowService.unpauseWorkflowExecution(which);
      expect(await handle.result()).toEqual(['while paused', '4']);
      expect((await handle.describe()).status.name).toBe('COMPLETED');
    }));

  it('lets timers and signals wait together', () =>
    withEngine(twice, async (env) => {
      const { workflow, workflowService } = env.client;
      const handle = await workflow.start(workflows.pausable, options);
      await handle.signal('go', 'on');
      await env.sleep('1 second');
      await workflowService.pauseWorkflowExecution(which);
      await env.sleep('2 minutes');
      await handle.signal('go', 'later');
      await workflowService.unpauseWorkflowExecution(which);
      expect(await handle.result()).toEqual(['on', '4', 'later']);
    }));

  it('is paused before its first task and twice in its life', () =>
    withEngine(twice, async (env) => {
      const { workflow, workflowService } = env.client;
      const handle = await workflow.start(workflows.pausable, { ...options, startDelay: '1 minute' });
      await workflowService.pauseWorkflowExecution(which);
      await env.sleep('2 minutes');
      await workflowService.unpauseWorkflowExecution(which);
      await handle.signal('go', 'on');
      await env.sleep('1 second');
      await workflowService.pauseWorkflowExecution(which);
      await workflowService.unpauseWorkflowExecution(which);
      expect(await handle.result()).toEqual(['on', '4']);
    }));
});

describe('an activity that is paused', () => {
  it('waits, says so, and is retried at once when it is reset', async () => {
    let tries = 0;
    const fails = async (n: number): Promise<number> => {
      if (++tries < 3) throw new Error('not yet');
      return 2 * n;
    };
    await withEngine(fails, async (env) => {
      const { workflow, workflowService } = env.client;
      const handle = await workflow.start(workflows.pausable, options);
      await handle.signal('go', 'on');
      await env.sleep(0);
      expect(tries).toBe(1);
      await workflowService.pauseActivity({
        ...activity,
        identity: 'operator',
        reason: 'the bank is closed',
      });
      await env.sleep('30 seconds');
      expect(tries).toBe(1);
      const { raw } = await handle.describe();
      expect(raw.pendingActivities[0]).toMatchObject({
        state: 'PENDING_ACTIVITY_STATE_PAUSED',
        paused: true,
        pauseInfo: { manual: { identity: 'operator', reason: 'the bank is closed' } },
      });
      await workflowService.updateActivityOptions({
        ...activity,
        activityOptions: { retryPolicy: { initialInterval: '3600s' } },
      });
      await workflowService.unpauseActivity(activity);
      await env.sleep(0);
      expect(tries).toBe(2);
      await env.sleep('1 minute');
      expect(tries).toBe(2);
      await workflowService.resetActivity(activity);
      await env.sleep(0);
      expect(tries).toBe(3);
      expect(await handle.result()).toEqual(['on', '4']);
    });
  });

  it('is told the options that it was given meanwhile', async () => {
    const told: unknown[] = [];
    const tells = async (n: number): Promise<number> => {
      const { startToCloseTimeoutMs, heartbeatTimeoutMs, retryPolicy } = activityInfo();
      told.push([startToCloseTimeoutMs, heartbeatTimeoutMs, retryPolicy?.maximumAttempts]);
      if (told.length < 2) throw new Error('not yet');
      return 2 * n;
    };
    await withEngine(tells, async (env) => {
      const { workflow, workflowService } = env.client;
      const handle = await workflow.start(workflows.pausable, options);
      await handle.signal('go', 'on');
      await env.sleep(0);
      await workflowService.pauseActivity(activity);
      await workflowService.updateActivityOptions({
        ...activity,
        activityOptions: {
          startToCloseTimeout: '300s',
          heartbeatTimeout: '20s',
          retryPolicy: { maximumAttempts: 7 },
        },
      });
      await workflowService.unpauseActivity(activity);
      expect(await handle.result()).toEqual(['on', '4']);
      expect(told).toEqual([
        [60_000, undefined, undefined],
        [300_000, 20_000, 7],
      ]);
    });
  });
});

describe('recorded histories of runs that were paused', () => {
  for (const name of ['and-signalled', 'over-a-timer', 'twice']) {
    it(`of paused-${name} replay`, async () => {
      const file = join(import.meta.dirname, `../histories/paused-${name}.json`);
      const { history } = JSON.parse(readFileSync(file, 'utf8')) as RecordedHistory;
      expect(history.events.map(shortType)).toContain('WorkflowExecutionUnpaused');
      expect(await replayHistory(history, workflows, { logger: silent })).toMatchObject({ ok: true });
    });
  }
});
