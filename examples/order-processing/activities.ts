/** Payment, stock, warehouse and carrier: here, made up. Everything carries the order's id: to repeat it changes nothing. */

import { ApplicationFailure, log, sleep } from 'perdure/activity';
import type { Order, TrackingInfo } from './shared.ts';

export async function charge({ id, customer, total }: Order): Promise<void> {
  if (customer === 'broke')
    throw ApplicationFailure.create({ message: 'card declined', type: 'CardDeclined' });
  log.info(`${id}: ${customer} pays ${total}`);
}

export async function refund({ id, customer, total }: Order): Promise<void> {
  log.info(`${id}: ${customer} gets ${total} back`);
}

export async function reserve({ items }: Order): Promise<void> {
  if (items.unicorn) throw ApplicationFailure.create({ message: 'no unicorns left', type: 'OutOfStock' });
}

export async function release({ id }: Order): Promise<void> {
  log.info(`${id}: what was reserved is free again`);
}

export async function pack({ id }: Order): Promise<void> {
  await sleep('2 seconds');
  log.info(`${id}: packed`);
}

/** @returns the tracking number. This carrier's says when the parcel was taken over. */
export async function ship({ id }: Order): Promise<string> {
  return `${id}.${Date.now()}`;
}

const ROUTE = ['Leipzig', 'Frankfurt', 'Cologne', 'your street'];
const SECONDS_PER_STOP = 5;

export async function track(trackingNumber: string): Promise<TrackingInfo> {
  const seconds = (Date.now() - Number(trackingNumber.split('.').at(-1))) / 1_000;
  const stop = Math.min(Math.floor(seconds / SECONDS_PER_STOP), ROUTE.length - 1);
  return { location: ROUTE[stop]!, delivered: stop === ROUTE.length - 1 };
}
