import { proxyActivities } from '@temporalio/workflow';
import { orders } from '../protos/root';
import type * as activities from './activities';

const { pack } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export async function buy(order: orders.v1.Order): Promise<orders.v1.Receipt> {
  order.items.push(
    orders.v1.Item.create({
      name: 'gift',
      count: 1,
      size: orders.v1.Size.SMALL,
      picture: new Uint8Array([1]),
    }),
  );
  return await pack(order);
}
