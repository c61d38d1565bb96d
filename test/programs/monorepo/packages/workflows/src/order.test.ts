import assert from 'node:assert';
import { WorkflowFailedError } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Product } from 'common';
import { order } from './order';

it('refunds', async function () {
  this.timeout(20000);
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const refunds: number[] = [];
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 't',
    workflowsPath: require.resolve('./order'),
    activities: {
      chargeCustomer: async () => 'ok',
      sendPushNotification: async () => {},
      refundOrder: async ({ cents }: Product) => void refunds.push(cents),
    },
  });
  await worker.runUntil(
    assert.rejects(
      env.client.workflow.execute(order, { taskQueue: 't', workflowId: 'a', args: [1] }),
      (e: unknown) => e instanceof WorkflowFailedError && e.cause?.message === 'Not picked up in time',
    ),
  );
  assert.deepEqual(refunds, [500]);
  await env.teardown();
});
