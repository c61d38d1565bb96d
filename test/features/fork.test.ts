import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ForkWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import type { RecordedHistory } from '../histories/scenarios.ts';
import * as workflows from '../histories/workflows-reset.ts';
import { silent } from '../runtime/driver.ts';
import { activities, errorOf, leaveHistories, START, shortType } from './engine.ts';

const QUEUE = 'fork';
const options = (workflowId = 'w') => ({ taskQueue: QUEUE, workflowId });

async function withEngine(test: (env: TestWorkflowEnvironment) => Promise<void>): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: QUEUE, workflows, activities }, () => test(env));
    await leaveHistories(env, { workflows: 'test/histories/workflows-reset.ts' });
  } finally {
    await env.teardown();
  }
}

const fork = (
  { client }: TestWorkflowEnvironment,
  point: Pick<ForkWorkflowExecutionRequest, 'options' | 'workflowTaskFinishEventId'>,
  more: Partial<ForkWorkflowExecutionRequest> = {},
) =>
  client.workflowService.forkWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: 'w' },
    newWorkflowId: 'v',
    reason: 'the test says so',
    ...point,
    ...more,
  });

const historyOf = async ({ client }: TestWorkflowEnvironment, id: string) =>
  (await client.workflow.getHandle(id).fetchHistory()).events;

describe('a workflow that is forked', () => {
  it('goes on as it was, and its copy goes its own way from the point', () =>
    withEngine(async (env) => {
      const { workflow } = env.client;
      const original = await workflow.start(workflows.steps, options());
      await env.sleep(0);
      await original.signal('go', 'on');
      await env.sleep(0);
      const before = await historyOf(env, 'w');
      const forked = await fork(env, { options: { lastWorkflowTask: {} } });
      expect(forked.workflowId).toBe('v');
      await env.sleep(0);
      expect(await historyOf(env, 'w')).toEqual(before);
      const copy = workflow.getHandle('v');
      expect(await copy.describe()).toMatchObject({ runId: forked.runId, status: { name: 'RUNNING' } });
      await copy.signal('go', 'of the copy');
      await copy.signal('go', 'end');
      await env.sleep(0);
      await original.signal('go', 'end');
      expect(await original.result()).toEqual(['2', 'on', '4', 'end']);
      expect(await copy.result()).toEqual(['2', 'on', '4', 'of the copy', 'end']);
      expect((await historyOf(env, 'w')).slice(0, before.length)).toEqual(before);
      const events = await historyOf(env, 'v');
      const prefix = events.findIndex((event) => shortType(event) === 'WorkflowTaskFailed');
      expect(prefix).toBeGreaterThan(5);
      expect(events.slice(1, prefix)).toEqual(before.slice(1, prefix));
      expect((await workflow.count('')).count).toBe(2);
    }));

  it('may be closed; the copy draws the same random numbers up to the point', () =>
    withEngine(async (env) => {
      const drawn = await env.client.workflow.execute(workflows.draws, options());
      const [, second] = (await historyOf(env, 'w')).filter(
        (event) => shortType(event) === 'WorkflowTaskCompleted',
      );
      await fork(env, { workflowTaskFinishEventId: Number(second!.eventId) });
      const again = await env.client.workflow.getHandle('v').result();
      expect(again).toEqual([drawn[0], expect.any(String), expect.any(String)]);
      expect(again[1]).not.toBe(drawn[1]);
      expect((await env.client.workflow.getHandle('w').describe()).status.name).toBe('COMPLETED');
    }));

  it('is forked once by a request that is sent twice', () =>
    withEngine(async (env) => {
      await env.client.workflow.start(workflows.steps, options());
      await env.sleep(0);
      const first = await fork(env, { options: { firstWorkflowTask: {} } }, { requestId: 'f' });
      expect(await fork(env, { options: { firstWorkflowTask: {} } }, { requestId: 'f' })).toEqual(first);
      const other = await errorOf(fork(env, { options: { firstWorkflowTask: {} } }, { requestId: 'g' }));
      expect(other.message).toContain('workflow v is running');
      const same = await errorOf(fork(env, { options: { firstWorkflowTask: {} } }, { newWorkflowId: 'w' }));
      expect(same.message).toContain('newWorkflowId: must be another id');
      await env.client.workflow.getHandle('w').terminate();
      await env.client.workflow.getHandle('v').terminate();
    }));

  it('cannot be forked where a child is under way, which would report to the original alone', () =>
    withEngine(async (env) => {
      const { workflow } = env.client;
      await workflow.start(workflows.parent, options());
      await env.sleep('2 minutes');
      const refused = await errorOf(fork(env, { options: { lastWorkflowTask: {} } }));
      expect(refused.message).toMatch(/child workflow child, initiated by event \d+, is still under way/);
      await workflow.getHandle('child').signal('go', 'hello');
      expect(await workflow.getHandle('w').result()).toBe('hello to its parent');
      // Its outcome is known by now, and told to the copy.
      await fork(env, { options: { lastWorkflowTask: {} } });
      expect(await workflow.getHandle('v').result()).toBe('hello to its parent');
      const family = await historyOf(env, 'child');
      expect(family.map(shortType).at(-1)).toBe('WorkflowExecutionCompleted');
    }));
});

describe('recorded histories of forks', () => {
  it.each(['signals', 'random-numbers', 'after-its-child'])('of %s replay', async (name) => {
    const file = join(import.meta.dirname, `../histories/forked-${name}.json`);
    const { history } = JSON.parse(readFileSync(file, 'utf8')) as RecordedHistory;
    expect(await replayHistory(history, workflows, { logger: silent })).toMatchObject({ ok: true });
  });
});
