import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as activities from './activities';
import { current, orderMachine, transition } from './workflows';

describe('an order', () => {
  let env: TestWorkflowEnvironment;
  let worker: Worker;
  const taskQueue = 'machine-test';
  beforeEach(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping();
    worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowsPath: fileURLToPath(new URL('./workflows', import.meta.url)),
      activities,
    });
  });
  afterEach(() => env.teardown());

  it('is delivered', async () => {
    await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(orderMachine, {
        taskQueue,
        workflowId: 'o',
        args: ['a pen'],
      });
      for (const event of ['pay', 'ship', 'deliver'] as const)
        await handle.executeUpdate(transition, { args: [event] });
      expect(await handle.result()).toEqual(['charged a pen', 'shipped a pen']);
      expect((await handle.describe()).memo).toEqual({ state: 'delivered' });
    });
  });

  it('is forgotten', async () => {
    await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(orderMachine, {
        taskQueue,
        workflowId: 'o',
        args: ['a pen'],
      });
      await expect(handle.executeUpdate(transition, { args: ['deliver'] })).rejects.toThrow(
        'Workflow Update failed',
      );
      expect(await handle.query(current)).toEqual({ state: 'created', log: [] });
      expect(await handle.result()).toEqual(['forgotten by orderMachine']);
    });
  });
});
