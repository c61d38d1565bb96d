import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryEvent } from 'perdure/client';
import { historyFromJSON } from 'perdure/common/proto-utils';
import { TestWorkflowEnvironment } from 'perdure/testing';
import {
  DefaultLogger,
  ReplayError,
  type ReplayHistoriesIterable,
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
const silent = join(import.meta.dirname, 'fixtures/workflows.silent.ts');
let env: TestWorkflowEnvironment;
let history: { events: HistoryEvent[] };

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
  history = JSON.parse(exported) as typeof history;
});
afterAll(() => env?.teardown());

async function replayed(path: string, histories: ReplayHistoriesIterable): Promise<ReplayResult[]> {
  const results: ReplayResult[] = [];
  for await (const result of Worker.runReplayHistories({ workflowsPath: path }, histories))
    results.push(result);
  return results;
}

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

  it('names the line of the workflow that issued the other command, and the one that waits where none came', async () => {
    const histories = [{ workflowId: 'greeting', history }];
    const [result] = await replayed(changed, histories);
    const lines = (await readFile(changed, 'utf8')).split('\n');
    const { source, ...divergence } = result!.divergence!;
    expect(divergence).toMatchObject({
      eventId: '5',
      eventType: 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
      command: 'COMMAND_TYPE_START_TIMER (timerId 1)',
    });
    expect(source).toMatchObject({ file: changed, functionName: 'greeting' });
    expect(lines[source!.line - 1]).toContain('sleep(');
    expect(result!.error!.message).toContain(`(at ${changed}:${source!.line}:`);
    const [waits] = await replayed(silent, histories);
    expect(waits!.divergence).toMatchObject({ eventId: '5', source: { file: silent, line: 5 } });
    expect(waits!.divergence).not.toHaveProperty('command');
  });

  it.each([
    ['a bare list of events', () => history.events],
    ['a history in an envelope', () => ({ history })],
    ['a message of protobuf', () => historyFromJSON(history)],
    ['what JSON.stringify makes of a message', () => JSON.parse(JSON.stringify(historyFromJSON(history)))],
    [
      'the short names of events, ids that are numbers and payloads that were decoded',
      () =>
        (JSON.parse(JSON.stringify(history)) as typeof history).events.map((event) => ({
          ...event,
          eventId: Number(event.eventId),
          eventType: event.eventType
            .replace('EVENT_TYPE_', '')
            .toLowerCase()
            .replace(/(?:^|_)(\w)/g, (_, c) => c.toUpperCase()),
          ...('workflowExecutionStartedEventAttributes' in event && {
            workflowExecutionStartedEventAttributes: {
              ...(event.workflowExecutionStartedEventAttributes as object),
              input: { payloads: ['World'] },
            },
          }),
        })),
    ],
  ])('takes %s', async (_, form) => {
    await Worker.runReplayHistory({ workflowsPath }, form());
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
