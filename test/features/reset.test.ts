import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../sdk/client/index.ts';
import { ChildWorkflowFailure } from '../../sdk/common/index.ts';
import type { ResetWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import type { RecordedHistory } from '../histories/scenarios.ts';
import * as workflows from '../histories/workflows-reset.ts';
import { silent } from '../runtime/driver.ts';
import { activities, errorOf, leaveHistories, START, shortType } from './engine.ts';

const QUEUE = 'reset';
const WORKFLOWS = 'test/histories/workflows-reset.ts';
const options = (workflowId = 'w') => ({ taskQueue: QUEUE, workflowId });

async function withEngine(test: (env: TestWorkflowEnvironment) => Promise<void>): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: QUEUE, workflows, activities }, () => test(env));
    await leaveHistories(env, { workflows: WORKFLOWS });
  } finally {
    await env.teardown();
  }
}

const reset = async (
  { client }: TestWorkflowEnvironment,
  point: Pick<ResetWorkflowExecutionRequest, 'options' | 'workflowTaskFinishEventId'>,
  more: Partial<ResetWorkflowExecutionRequest> = {},
): Promise<string> => {
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: 'w' },
    reason: 'the test says so',
    ...point,
    ...more,
  });
  return runId;
};

const eventsOf = async ({ client }: TestWorkflowEnvironment, runId?: string): Promise<HistoryEvent[]> =>
  (await client.workflow.getHandle('w', runId).fetchHistory()).events;

const prefixLength = (events: HistoryEvent[]): number =>
  events.findIndex(
    (event) =>
      'workflowTaskFailedEventAttributes' in event &&
      event.workflowTaskFailedEventAttributes.cause === 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW',
  );

describe('a workflow that is reset', () => {
  it('does the last task again, with the signals that came since', () =>
    withEngine(async (env) => {
      const handle = await env.client.workflow.start(workflows.steps, options());
      await env.sleep(0);
      await handle.signal('go', 'on');
      await env.sleep(0);
      const before = await handle.describe();
      const runId = await reset(env, { options: { lastWorkflowTask: {} } });
      expect(await errorOf(handle.result())).toBeInstanceOf(Error);
      const again = env.client.workflow.getHandle('w');
      await again.signal('go', 'end');
      expect(await again.result()).toEqual(['2', 'on', '4', 'end']);
      const after = await again.describe();
      expect(after.runId).toBe(runId);
      const base = await eventsOf(env, before.runId);
      const events = await eventsOf(env, runId);
      const prefix = prefixLength(events);
      expect(prefix).toBeGreaterThan(5);
      expect(events.slice(0, prefix)).toEqual(base.slice(0, prefix));
      expect(base.map(shortType).at(-1)).toBe('WorkflowExecutionTerminated');
    }));

  it('begins again when it is closed, with other random numbers from there on', () =>
    withEngine(async (env) => {
      const drawn = await env.client.workflow.execute(workflows.draws, options());
      const second = (await eventsOf(env)).filter(
        (event) => shortType(event) === 'WorkflowTaskCompleted',
      )[1]!;
      await reset(env, { workflowTaskFinishEventId: Number(second.eventId) });
      const again = await env.client.workflow.getHandle('w').result();
      expect(again).toEqual([drawn[0], expect.any(String), expect.any(String)]);
      expect(again[1]).not.toBe(drawn[1]);
      const children = (await eventsOf(env)).filter(
        (event) => shortType(event) === 'ChildWorkflowExecutionCompleted',
      );
      expect(children).toHaveLength(1);
    }));

  it('asks updates again that it had accepted, but not those that are excluded', () =>
    withEngine(async (env) => {
      const handle = await env.client.workflow.start(workflows.adds, options());
      expect(await handle.executeUpdate('add', { args: [2], updateId: 'u-1' })).toBe(2);
      await reset(env, { options: { firstWorkflowTask: {} } });
      const again = env.client.workflow.getHandle('w');
      expect(await again.getUpdateHandle('u-1').result()).toBe(2);
      expect(await again.executeUpdate('add', { args: [3] })).toBe(5);
      await reset(
        env,
        { options: { firstWorkflowTask: {} } },
        { resetReapplyExcludeTypes: ['RESET_REAPPLY_EXCLUDE_TYPE_UPDATE'] },
      );
      await env.client.workflow.getHandle('w').signal('go');
      expect(await env.client.workflow.getHandle('w').result()).toBe(0);
    }));

  it('hears of the child that the run before had started', () =>
    withEngine(async (env) => {
      const { workflow } = env.client;
      await workflow.start(workflows.parent, options());
      await env.sleep('2 minutes');
      const { runId: childRun } = await workflow.getHandle('child').describe();
      await reset(env, { options: { lastWorkflowTask: {} } });
      await env.sleep(0);
      expect(await workflow.getHandle('child').describe()).toMatchObject({
        runId: childRun,
        status: { name: 'RUNNING' },
      });
      await workflow.getHandle('child').signal('go', 'hello');
      expect(await workflow.getHandle('w').result()).toBe('hello to its parent');
    }));

  it('hears of the child that ended while the run before was closed, and nobody could be told', () =>
    withEngine(async (env) => {
      const { workflow } = env.client;
      await workflow.start(workflows.looseParent, options());
      await env.sleep('2 minutes');
      await workflow.getHandle('w').terminate();
      await workflow.getHandle('child').signal('go', 'hello');
      expect(await workflow.getHandle('child').result()).toBe('hello');
      await env.sleep('1 hour');
      await reset(env, { options: { lastWorkflowTask: {} } });
      expect(await workflow.getHandle('w').result()).toBe('hello to its parent');
      const events = (await eventsOf(env)).map(shortType);
      expect(events.filter((type) => type === 'ChildWorkflowExecutionCompleted')).toHaveLength(1);
    }));

  it.each(['ended with the run before', 'is not there any more'])(
    'takes a child that %s for terminated',
    (how) =>
      withEngine(async (env) => {
        const { workflow, workflowService } = env.client;
        await workflow.start(workflows.parent, options());
        await env.sleep('2 minutes');
        await workflow.getHandle('w').terminate();
        await env.sleep('1 hour');
        expect((await workflow.getHandle('child').describe()).status.name).toBe('TERMINATED');
        if (how === 'is not there any more') {
          const child = { namespace: 'default', workflowExecution: { workflowId: 'child' } };
          await workflowService.deleteWorkflowExecution(child);
          await env.sleep(0);
          await expect(workflow.getHandle('child').describe()).rejects.toThrow('not found');
        }
        await reset(env, { options: { lastWorkflowTask: {} } });
        expect((await errorOf(workflow.getHandle('w').result())).cause).toBeInstanceOf(ChildWorkflowFailure);
        const events = (await eventsOf(env)).map(shortType);
        expect(events.filter((type) => type === 'ChildWorkflowExecutionTerminated')).toHaveLength(1);
      }),
  );

  it('replaces the child that the run before had started later', () =>
    withEngine(async (env) => {
      const { workflow } = env.client;
      await workflow.start(workflows.parent, options());
      await env.sleep('2 minutes');
      const { runId: childRun } = await workflow.getHandle('child').describe();
      await reset(env, { options: { firstWorkflowTask: {} } });
      await env.sleep(0);
      expect((await workflow.getHandle('child', childRun).describe()).status.name).toBe('TERMINATED');
      await workflow.getHandle('child').signal('go', 'hello');
      expect(await workflow.getHandle('w').result()).toBe('hello to its parent');
    }));
});

describe('recorded histories of runs that were reset', () => {
  const names = ['signals', 'random-numbers', 'updates', 'child-goes-on', 'child-replaced'];
  for (const name of names) {
    it(`of ${name} replay`, async () => {
      const file = join(import.meta.dirname, `../histories/reset-${name}.json`);
      const { history } = JSON.parse(readFileSync(file, 'utf8')) as RecordedHistory;
      expect(prefixLength(history.events)).toBeGreaterThan(2);
      expect(await replayHistory(history, workflows, { logger: silent })).toMatchObject({ ok: true });
    });
  }
});
