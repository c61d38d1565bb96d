/**
 * A shopping cart: a workflow per customer. What is put into it are updates: a validator refuses nonsense before it leaves a
 * trace, and the caller gets the cart as it is then. Checking out is an update that takes as long as the payment.
 */

import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  defineQuery,
  defineUpdate,
  proxyActivities,
  setHandler,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import { Basket } from './basket.ts';
import type { Cart, Ended, Line } from './shared.ts';

const { remind, pay } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 5, nonRetryableErrorTypes: ['CardDeclined'] },
});

export const addItem = defineUpdate<Cart, [Line]>('addItem');
export const removeItem = defineUpdate<Cart, [Line]>('removeItem');
export const checkOut = defineUpdate<string, [card: string]>('checkOut');
export const getCart = defineQuery<Cart>('cart');

export async function shoppingCart(customer: string): Promise<Ended> {
  const basket = new Basket();
  let paying = false;
  let order: string | undefined;
  const checkOpen = (): void => {
    if (paying) throw new Error('The cart is being paid for');
  };

  setHandler(getCart, () => basket.cart);
  setHandler(addItem, ({ product, quantity }) => basket.change(product, quantity), {
    validator: (line) => {
      checkOpen();
      basket.checkAddition(line);
    },
  });
  setHandler(removeItem, ({ product, quantity }) => basket.change(product, -quantity), {
    validator: (line) => {
      checkOpen();
      basket.checkRemoval(line);
    },
  });
  const checkingOut = async (card: string): Promise<string> => {
    paying = true;
    try {
      order = await pay(customer, basket.cart.total, card);
      return order;
    } catch (error) {
      // The update fails, and the cart is there for another try.
      throw ApplicationFailure.create({
        message: 'The payment failed',
        type: 'NotPaid',
        cause: error as Error,
      });
    } finally {
      paying = false;
      basket.changes++;
    }
  };
  setHandler(checkOut, checkingOut, {
    validator: () => {
      checkOpen();
      if (basket.isEmpty) throw new Error('The cart is empty');
    },
  });

  for (let reminders = 0; ; ) {
    const before = basket.changes;
    const happened = await condition(() => paying || basket.changes !== before, '1 day');
    await condition(() => !paying);
    if (order !== undefined) {
      await condition(allHandlersFinished);
      return { status: 'ordered', order, total: basket.cart.total };
    }
    if (happened) reminders = 0;
    else if (++reminders > 3) return { status: 'abandoned' };
    else if (!basket.isEmpty) await remind(customer, basket.cart);
  }
}
