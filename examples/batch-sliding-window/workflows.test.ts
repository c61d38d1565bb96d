import { crashEverywhere, delay, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './activities.ts';
import { type Batch, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { slidingWindow } = workflows;

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

const run = (workflowId: string, batch: Batch, processRecord = activities.processRecord) =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: { processRecord } }, () =>
    env.client.workflow.execute(slidingWindow, { taskQueue: TASK_QUEUE, workflowId, args: [batch] }),
  );

describe('a sliding window', () => {
  it('works on every record once, over several runs, and says which are bad', async () => {
    const seen: number[] = [];
    const result = await run('batch', { records: 120, window: 8, perRun: 25 }, async (record) => {
      seen.push(record);
      await activities.processRecord(record);
    });
    expect(result).toEqual({ next: 120, open: [], succeeded: 119, failed: [99] });
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i));
    const runs = [];
    for await (const { runId } of env.client.workflow.list({ query: "WorkflowId = 'batch'" }))
      runs.push(runId);
    expect(runs).toHaveLength(5);
  });

  it('never has more open than its size, also while one run hands over to the next', async () => {
    const processed: Array<Promise<number>> = [];
    const listed = async (): Promise<number> => {
      const query =
        "WorkflowType = 'processOne' AND WorkflowId STARTS_WITH 'narrow/' AND ExecutionStatus = 'Running'";
      return (await env.client.workflow.count(query)).count;
    };
    const faults = { activities: { processRecord: delay('10 seconds') } };
    await env.withFaults(faults, () =>
      run('narrow', { records: 20, window: 3, perRun: 4 }, async () => {
        processed.push(listed());
      }),
    );
    const counts = await Promise.all(processed);
    expect(counts).toHaveLength(20);
    expect(Math.max(...counts)).toBe(3);
  });
});

it('loses no report wherever the engine dies', async () => {
  const { result } = await crashEverywhere(
    (crashing) =>
      crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, () =>
        crashing.client.workflow.execute(slidingWindow, {
          taskQueue: TASK_QUEUE,
          workflowId: 'batch',
          args: [{ records: 8, window: 2, perRun: 3 }],
        }),
      ),
    { maxRuns: 30 },
  );
  expect(result).toEqual({ next: 8, open: [], succeeded: 8, failed: [] });
});
