import { orders } from '../protos/root';

export async function pack(order: orders.v1.Order): Promise<orders.v1.Receipt> {
  const items = order.items.map(
    ({ name, count, size, picture }) => `${count} ${name} (${size}, ${picture?.length})`,
  );
  const shelves = Object.keys(order.byShelf).join();
  return orders.v1.Receipt.create({
    text: `${order.customerName}: ${items.join(', ')}; ${shelves}; ${order.due?.seconds}.${order.due?.nanos}; ${order.patience?.seconds}`,
  });
}
