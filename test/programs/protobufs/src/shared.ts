import { orders } from '../protos/root';

export const dataConverter = { payloadConverterPath: require.resolve('./payload-converter') };

export const anOrder = () =>
  orders.v1.Order.create({
    customerName: 'Ada',
    items: [{ name: 'pen', count: 3, size: orders.v1.Size.LARGE, picture: new Uint8Array([1, 2, 255]) }],
    byShelf: { left: { name: 'ink', count: 1 } },
    due: { seconds: 1_700_000_000, nanos: 5_000_000 },
    patience: { seconds: 90, nanos: 0 },
  });

export const RECEIPT = 'Ada: 3 pen (2, 3), 1 gift (1, 1); left; 1700000000.5000000; 90';
