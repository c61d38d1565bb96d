import { WithStartWorkflowOperation } from 'perdure/client';
import { crashEverywhere, delay, historyToText, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as made from './activities.ts';
import { type Cart, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { shoppingCart, addItem, removeItem, checkOut, getCart } = workflows;

let env: TestWorkflowEnvironment;
let reminders: string[];
const activities = {
  ...made,
  remind: async (customer: string, { total }: Cart) => void reminders.push(`${customer} ${total}`),
};
beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());
beforeEach(() => {
  reminders = [];
});

const serve = <T>(work: () => Promise<T>): Promise<T> =>
  env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, work);
const start = (customer = 'Ada') =>
  env.client.workflow.start(shoppingCart, {
    taskQueue: TASK_QUEUE,
    workflowId: `cart-${crypto.randomUUID()}`,
    args: [customer],
  });
const reason = (error: { cause: Error }): string => error.cause.message;

describe('a cart', () => {
  it('answers each change with itself, and is paid for', () =>
    serve(async () => {
      const cart = await start();
      await cart.executeUpdate(addItem, { args: [{ product: 'tea', quantity: 3 }] });
      await cart.executeUpdate(addItem, { args: [{ product: 'cup', quantity: 1 }] });
      const expected = {
        lines: [
          { product: 'tea', quantity: 2 },
          { product: 'cup', quantity: 1 },
        ],
        total: 2_100,
      };
      const now = await cart.executeUpdate(removeItem, { args: [{ product: 'tea', quantity: 1 }] });
      expect(now).toEqual(expected);
      expect(await cart.query(getCart)).toEqual(expected);
      const order = `order of ${cart.workflowId}`;
      expect(await cart.executeUpdate(checkOut, { args: ['4711'] })).toBe(order);
      expect(await cart.result()).toEqual({ status: 'ordered', order, total: 2_100 });
    }));

  it('refuses nonsense, and its history has no trace of it', () =>
    serve(async () => {
      const cart = await start();
      await cart.executeUpdate(addItem, { args: [{ product: 'tea', quantity: 1 }] });
      const before = (await cart.fetchHistory()).events.length;
      const refused = [
        [addItem, { product: 'gold', quantity: 1 }, 'There is no gold'],
        [addItem, { product: 'toString', quantity: 1 }, 'There is no toString'],
        [addItem, { product: 'tea', quantity: -1 }, 'How many?'],
        [removeItem, { product: 'tea', quantity: 2 }, 'The cart has not that much tea'],
      ] as const;
      for (const [update, line, why] of refused)
        expect(await cart.executeUpdate(update, { args: [line] }).catch(reason)).toBe(why);
      expect((await cart.fetchHistory()).events).toHaveLength(before);
      const empty = await start();
      expect(await empty.executeUpdate(checkOut, { args: ['4711'] }).catch(reason)).toBe('The cart is empty');
    }));
});

describe('a cart over time', () => {
  it('is still there after a payment that failed, and closed to changes during one', () =>
    serve(async () => {
      const cart = await start();
      await cart.executeUpdate(addItem, { args: [{ product: 'kettle', quantity: 1 }] });
      expect(await cart.executeUpdate(checkOut, { args: ['10'] }).catch(reason)).toBe('The payment failed');
      await env.withFaults({ activities: { pay: delay('20 seconds') } }, async () => {
        const paid = await cart.startUpdate(checkOut, { args: ['4711'], waitForStage: 'ACCEPTED' });
        const line = { product: 'tea', quantity: 1 };
        expect(await cart.executeUpdate(addItem, { args: [line] }).catch(reason)).toBe(
          'The cart is being paid for',
        );
        expect(await cart.result()).toMatchObject({ status: 'ordered', total: 4_900 });
        expect(await paid.result()).toContain('order of');
      });
    }));

  it('is made by the first thing that is put into it', () =>
    serve(async () => {
      const put = (product: string) =>
        env.client.workflow.executeUpdateWithStart(addItem, {
          args: [{ product, quantity: 1 }],
          startWorkflowOperation: new WithStartWorkflowOperation(shoppingCart, {
            ...{ taskQueue: TASK_QUEUE, workflowId: 'cart-of-ada', args: ['Ada'] as [string] },
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        });
      expect((await put('tea')).lines).toHaveLength(1);
      expect((await put('cup')).lines).toHaveLength(2);
    }));

  it('reminds three times, a day apart, and then is abandoned', () =>
    serve(async () => {
      const cart = await start('Bea');
      await cart.executeUpdate(addItem, { args: [{ product: 'tea', quantity: 2 }] });
      const begun = await env.currentTimeMs();
      expect(await cart.result()).toEqual({ status: 'abandoned' });
      expect(reminders.filter((reminder) => reminder.startsWith('Bea'))).toEqual(Array(3).fill('Bea 900'));
      expect(Math.round(((await env.currentTimeMs()) - begun) / 86_400_000)).toBe(4);
      expect(historyToText(await cart.fetchHistory()).match(/ TimerFired/g)).toHaveLength(4);
    }));
});

it('keeps every accepted change, once, wherever the engine dies', async () => {
  const { result } = await crashEverywhere(
    (crashing) =>
      crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities: made }, async () => {
        const cart = await crashing.client.workflow.start(shoppingCart, {
          ...{ taskQueue: TASK_QUEUE, workflowId: 'cart', args: ['Ada'] as [string] },
        });
        for (let i = 0; i < 3; i++)
          await cart.executeUpdate(addItem, { args: [{ product: 'tea', quantity: 1 }] });
        await cart.executeUpdate(checkOut, { args: ['4711'] });
        return cart.result();
      }),
    { maxRuns: 60 },
  );
  expect(result).toEqual({ status: 'ordered', order: 'order of cart', total: 1_350 });
});
