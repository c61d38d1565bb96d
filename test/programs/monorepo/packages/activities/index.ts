import { Context } from '@temporalio/activity';
import type { Product } from 'common';
export async function chargeCustomer(product: Product) {
  if (product.cents > 1000) throw new Error('Card declined: insufficient funds');
  return 'ok';
}
export async function refundOrder(product: Product) {
  Context.current().log.info('refund', { id: product.id });
}
export async function sendPushNotification(message: string) {
  Context.current().log.info(message);
}
