/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'shopping-cart';

/** Products and what they cost, in cents. */
export const PRICES: Record<string, number> = { tea: 450, cup: 1_200, kettle: 4_900 };

export interface Line {
  product: string;
  quantity: number;
}

export interface Cart {
  lines: Line[];
  /** In cents. */
  total: number;
}

export type Ended = { status: 'ordered'; order: string; total: number } | { status: 'abandoned' };
