import { TestWorkflowEnvironment } from 'perdure/testing';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type * as activities from './activities.ts';
import { approvalsWebhook, type Decision, type Order, TASK_QUEUE, WEBHOOK_ID } from './shared.ts';
import * as workflows from './workflows.ts';

const START = Date.UTC(2026, 0, 5, 12);
const SECRET = `whsec_${btoa('x'.repeat(32))}`;
const order: Order = { id: '7', customer: 'Dora', amount: 500 };

interface Shop {
  env: TestWorkflowEnvironment;
  /** What went out to people and to the warehouse, in its order. */
  said: string[];
  /** As the approval service sends it. */
  deliver(decision: Decision, id?: string): Promise<number>;
  start(order: Order): ReturnType<TestWorkflowEnvironment['client']['workflow']['start']>;
}

async function inShop(test: (shop: Shop) => Promise<void>, failing: Partial<typeof activities> = {}) {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  const said: string[] = [];
  const mocks: typeof activities = {
    askForApproval: async (_, who) => void said.push(`ask ${who}`),
    ship: async () => void said.push('ship'),
    tellCustomer: async (_, outcome) => void said.push(outcome),
    ...failing,
  };
  const webhook = {
    namespace: 'default',
    webhookId: WEBHOOK_ID,
    webhook: approvalsWebhook,
    secrets: [SECRET],
  };
  const deliver = async (decision: Decision, id = 'msg_1'): Promise<number> => {
    const body = JSON.stringify({ order_id: '7', decision });
    const time = new Date(await env.currentTimeMs());
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(time.getTime() / 1_000)),
      'webhook-signature': new Webhook(SECRET).sign(id, time, body),
    };
    return (await env.fetch(`/webhooks/default/${WEBHOOK_ID}`, { method: 'POST', headers, body })).status;
  };
  const start = (order: Order) =>
    env.client.workflow.start(workflows.approveOrder, {
      taskQueue: TASK_QUEUE,
      workflowId: `order-${order.id}`,
      args: [order],
    });
  try {
    await env.connection.webhookService.createWebhook(webhook);
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: mocks }, () =>
      test({ env, said, deliver, start }),
    );
  } finally {
    await env.teardown();
  }
}

describe('an order', () => {
  it('is shipped when the team approves it by webhook', () =>
    inShop(async ({ env, said, deliver, start }) => {
      const handle = await start(order);
      await env.sleep('1 hour');
      expect(await handle.query(workflows.orderStatus)).toEqual({ waitingFor: 'team' });
      expect(await deliver({ approved: true, by: 'Carol' })).toBe(200);
      expect(await handle.result()).toBe('approved');
      expect(said).toEqual(['ask team', 'ship', 'approved']);
    }));

  it('goes to the manager after a day, whose decision counts as well', () =>
    inShop(async ({ env, said, deliver, start }) => {
      const handle = await start(order);
      await env.sleep('25 hours');
      expect(await handle.query(workflows.orderStatus)).toEqual({ waitingFor: 'manager' });
      await deliver({ approved: false, by: 'Grace', comment: 'no budget' });
      expect(await handle.result()).toBe('rejected');
      expect(said).toEqual(['ask team', 'ask manager', 'rejected']);
    }));

  it('expires when nobody decides in four days', () =>
    inShop(async ({ env, said, start }) => {
      const handle = await start(order);
      expect(await handle.result()).toBe('expired');
      expect(await env.currentTimeMs()).toBe(START + 4 * 86_400_000);
      expect(said).toEqual(['ask team', 'ask manager', 'expired']);
    }));

  it('that is small is approved without asking anybody', () =>
    inShop(async ({ said, start }) => {
      expect(await (await start({ ...order, amount: 20 })).result()).toBe('approved');
      expect(said).toEqual(['ship', 'approved']);
    }));

  it('is decided once: by the first decision, however often it is delivered and though the engine dies between', () =>
    inShop(async ({ env, said, deliver, start }) => {
      const handle = await start(order);
      await env.sleep('1 hour');
      expect(await deliver({ approved: true, by: 'Carol' })).toBe(200);
      env.evictAll();
      // The sender had no answer: it sends the same again. Somebody else changes nothing any more.
      expect(await deliver({ approved: true, by: 'Carol' })).toBe(200);
      expect(await handle.result()).toBe('approved');
      expect(await deliver({ approved: false, by: 'Mallory' }, 'msg_2')).toBe(404);
      const { events } = await handle.fetchHistory();
      const signals = events.filter(({ eventType }) => eventType.endsWith('EXECUTION_SIGNALED'));
      expect(signals).toHaveLength(1);
      expect(said.filter((word) => word === 'ship')).toHaveLength(1);
    }));

  it('is not held up by a mail server that is away for an hour', () => {
    let attempts = 0;
    const askForApproval = async (): Promise<void> => {
      if (++attempts < 5) throw new Error('no mail today');
    };
    return inShop(
      async ({ env, deliver, start }) => {
        const handle = await start(order);
        await env.sleep('1 hour');
        await deliver({ approved: true, by: 'Carol' });
        expect(await handle.result()).toBe('approved');
        expect(attempts).toBe(5);
      },
      { askForApproval },
    );
  });
});
