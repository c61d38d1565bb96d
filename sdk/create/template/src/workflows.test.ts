import { TestWorkflowEnvironment } from 'perdure/testing';
import { Worker } from 'perdure/worker/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as activities from './activities.ts';
import { TASK_QUEUE } from './shared.ts';
import { approve, approved, greeting } from './workflows.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());

const worker = () =>
  Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowsPath: new URL('./workflows.ts', import.meta.url).pathname,
    activities,
  });

test('greets as soon as it is approved', async () => {
  const result = await (await worker()).runUntil(async () => {
    const handle = await env.client.workflow.start(greeting, {
      taskQueue: TASK_QUEUE,
      workflowId: 'approved',
      args: ['Ada'],
    });
    expect(await handle.query(approved)).toBe(false);
    await handle.signal(approve);
    return handle.result();
  });
  expect(result).toBe('Hello, Ada!');
});

test('greets after thirty days when nobody approves it, without waiting for them', async () => {
  const before = await env.currentTimeMs();
  const run = { taskQueue: TASK_QUEUE, workflowId: 'forgotten', args: ['Ada'] as [string] };
  const result = await (await worker()).runUntil(env.client.workflow.execute(greeting, run));
  expect(result).toBe('Hello, Ada!');
  expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 86_400_000);
});
