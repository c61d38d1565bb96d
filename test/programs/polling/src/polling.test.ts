import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActivities } from './activities';
import { TestService } from './test-service';
import { frequentPolling, infrequentPolling, periodicPolling } from './workflows';

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'polling-test',
    workflowsPath: new URL('./workflows.ts', import.meta.url).pathname,
    activities: createActivities(new TestService(4)),
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
});

it.each([
  [infrequentPolling, 'OK'],
  [frequentPolling, 'OK after 4'],
  [periodicPolling, 'OK in round 2'],
])('polls: %s', async (workflow, expected) => {
  const result = await env.client.workflow.execute(workflow, {
    taskQueue: 'polling-test',
    workflowId: workflow.name,
  });
  expect(result).toBe(expected);
});
