import { crashEverywhere, historyToText, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { inParallel } from './in-parallel.ts';
import { TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { processBatch } = workflows;

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

describe('a batch', () => {
  it('of 1,050 records is worked on by eleven children, and says which records are bad', async () => {
    const processed = new Set<number>();
    const processRecord = async (record: number): Promise<void> => {
      await activities.processRecord(record);
      processed.add(record);
    };
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: { processRecord } }, async () => {
      const started = { taskQueue: TASK_QUEUE, workflowId: 'batch' };
      const handle = await env.client.workflow.start(processBatch, {
        ...started,
        args: [{ records: 1_050 }],
      });
      expect(await handle.result()).toEqual({ processed: 1_049, failed: [999] });
      const history = historyToText(await handle.fetchHistory());
      expect(history.match(/StartChildWorkflowExecutionInitiated/g)).toHaveLength(11);
      expect(history).toContain('batch/1000-1049');
      // Of the parent's history, all but a few events are six per child.
      expect(history.split('\n').length).toBeLessThan(11 * 10);
    });
    expect(processed.size).toBe(1_049);
  });

  it('has never more children at once than it was told', async () => {
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      const handle = await env.client.workflow.start(processBatch, {
        taskQueue: TASK_QUEUE,
        workflowId: 'limited',
        args: [{ records: 40, chunkSize: 4, concurrency: 3 }],
      });
      await handle.result();
      let open = 0;
      let most = 0;
      for (const { eventType } of (await handle.fetchHistory()).events) {
        if (eventType === 'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED') open++;
        if (eventType === 'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED') open--;
        most = Math.max(most, open);
      }
      expect([open, most]).toEqual([0, 3]);
    });
  });

  it('processes every record wherever the engine dies', async () => {
    const { result } = await crashEverywhere(
      (crashing) =>
        crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, () =>
          crashing.client.workflow.execute(processBatch, {
            taskQueue: TASK_QUEUE,
            workflowId: 'batch',
            args: [{ records: 12, chunkSize: 4, concurrency: 2 }],
          }),
        ),
      { maxRuns: 30 },
    );
    expect(result).toEqual({ processed: 12, failed: [] });
  });
});

it('takes the next item as soon as one is done', async () => {
  const order: string[] = [];
  await inParallel([30, 5, 5], 2, async (ms) => {
    order.push(`begin ${ms}`);
    for (let i = 0; i < ms; i++) await Promise.resolve();
    order.push(`end ${ms}`);
  });
  expect(order).toEqual(['begin 30', 'begin 5', 'end 5', 'begin 5', 'end 5', 'end 30']);
});
