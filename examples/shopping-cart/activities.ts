/** Payments and mails: here, made up. A card that ends in 0 is declined. */

import { ApplicationFailure, activityInfo, log } from 'perdure/activity';
import type { Cart } from './shared.ts';

/** The workflow's id makes it one payment, however often it is asked for. */
export async function pay(customer: string, cents: number, card: string): Promise<string> {
  if (card.endsWith('0')) throw ApplicationFailure.create({ message: 'Declined', type: 'CardDeclined' });
  log.info(`${customer} pays ${cents / 100}`);
  return `order of ${activityInfo().workflowExecution!.workflowId}`;
}

export async function remind(customer: string, { lines }: Cart): Promise<void> {
  log.info(`${customer}, there is still ${lines.map(({ product }) => product).join(' and ')} in your cart`);
}
