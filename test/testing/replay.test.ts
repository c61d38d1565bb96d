import { join } from 'node:path';
import { TestWorkflowEnvironment } from 'perdure/testing';
import {
  DefaultLogger,
  type History,
  ReplayError,
  type ReplayResult,
  Runtime,
  Worker,
} from 'perdure/worker/node';
import { DeterminismViolationError } from 'perdure/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './fixtures/activities.ts';
import { greeting, month } from './fixtures/workflows.ts';

const workflowsPath = join(import.meta.dirname, 'fixtures/workflows.ts');
const changed = join(import.meta.dirname, 'fixtures/workflows.changed.ts');
let env: TestWorkflowEnvironment;
let history: History;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  env = await TestWorkflowEnvironment.createTimeSkipping();
  const taskQueue = 'test';
  const { nativeConnection: connection, client } = env;
  const worker = await Worker.create({ connection, taskQueue, workflowsPath, activities });
  await worker.runUntil(async () => {
    await client.workflow.execute(greeting, { taskQueue, workflowId: 'greeting', args: ['World'] });
    await client.workflow.execute(month, { taskQueue, workflowId: 'month' });
  });
  const exported = JSON.stringify(await client.workflow.getHandle('greeting').fetchHistory());
  history = JSON.parse(exported) as History;
});
afterAll(() => env?.teardown());

describe('runReplayHistory', () => {
  it('resolves when the code fits the history', async () => {
    await Worker.runReplayHistory({ workflowsPath }, history);
    await Worker.runReplayHistory({ workflowsPath }, history, 'greeting');
  });

  it('throws a DeterminismViolationError that names the event and the command otherwise', async () => {
    const replay = Worker.runReplayHistory({ workflowsPath: changed }, history);
    await expect(replay).rejects.toThrow(DeterminismViolationError);
    await expect(replay).rejects.toThrow(
      'event 5 is EVENT_TYPE_ACTIVITY_TASK_SCHEDULED (activityId 1, activityType greet), but the workflow issued COMMAND_TYPE_START_TIMER',
    );
  });

  it('refuses what is no history', async () => {
    const none = Worker.runReplayHistory({ workflowsPath }, { events: [] });
    await expect(none).rejects.toThrow('WorkflowExecutionStarted');
  });
});

describe('runReplayHistories', () => {
  it('says of each history of a list of workflows what became of it', async () => {
    const histories = env.client.workflow.list().intoHistories();
    const byId: Record<string, ReplayResult> = {};
    for await (const result of Worker.runReplayHistories({ workflowsPath: changed }, histories)) {
      byId[result.workflowId] = result;
    }
    expect(byId.greeting!.error).toBeInstanceOf(DeterminismViolationError);
    expect(byId.month!.error).toBeInstanceOf(ReplayError);
    expect(byId.month!.error!.message).toContain('it never worked');
    expect(byId.month!.runId).toBe((await env.client.workflow.getHandle('month').describe()).runId);
  });

  it('gives no error where the code fits', async () => {
    const histories = env.client.workflow.list().intoHistories();
    for await (const result of Worker.runReplayHistories({ workflowsPath }, histories)) {
      expect(result).not.toHaveProperty('error');
    }
  });
});
