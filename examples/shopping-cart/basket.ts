/** What is in a cart, and what may be done to it: plain code, without anything of a workflow. */

import { type Cart, type Line, PRICES } from './shared.ts';

export class Basket {
  readonly #quantities = new Map<string, number>();
  /** Grows with each change. */
  changes = 0;

  get cart(): Cart {
    const lines = [...this.#quantities].map(([product, quantity]) => ({ product, quantity }));
    return {
      lines,
      total: lines.reduce((sum, { product, quantity }) => sum + PRICES[product]! * quantity, 0),
    };
  }

  get isEmpty(): boolean {
    return this.#quantities.size === 0;
  }

  /** @param by negative: that many less */
  change(product: string, by: number): Cart {
    const quantity = (this.#quantities.get(product) ?? 0) + by;
    if (quantity > 0) this.#quantities.set(product, quantity);
    else this.#quantities.delete(product);
    this.changes++;
    return this.cart;
  }

  /** @throws Error that says what is wrong with it */
  checkAddition({ product, quantity }: Line): void {
    if (!Object.hasOwn(PRICES, product)) throw new Error(`There is no ${product}`);
    if (!Number.isInteger(quantity) || quantity < 1) throw new Error('How many?');
  }

  checkRemoval({ product, quantity }: Line): void {
    if (!Number.isInteger(quantity) || quantity < 1) throw new Error('How many?');
    if ((this.#quantities.get(product) ?? 0) < quantity)
      throw new Error(`The cart has not that much ${product}`);
  }
}
