import * as wf from '@temporalio/workflow';
import { cancelOrder, order } from './workflows';

const mockActivities = { charge: jest.fn(), notify: jest.fn() };
const mockHandlers = new Map<string, (...args: unknown[]) => unknown>();

jest.mock('@temporalio/workflow', () => ({
  ...jest.requireActual('@temporalio/workflow'),
  proxyActivities: () => ({
    charge: (...args: unknown[]) => mockActivities.charge(...args),
    notify: (...args: unknown[]) => mockActivities.notify(...args),
  }),
  sleep: jest.fn(),
  condition: jest.fn(async (fn: () => boolean) => fn()),
  setHandler: jest.fn((definition: { name: string }, handler) => mockHandlers.set(definition.name, handler)),
  log: { info: jest.fn() },
}));

test('a workflow called as a function', async () => {
  mockActivities.charge.mockResolvedValue({ id: 'receipt', cents: 7, at: '1999' });
  expect(await order('1', 7)).toBe('charged 7 in 1999');
  expect(mockActivities.notify).toHaveBeenCalledWith('receipt');
  expect(wf.sleep).toHaveBeenCalledWith(10);
  jest.mocked(wf.condition).mockImplementationOnce((async (fn: () => boolean) => {
    mockHandlers.get(cancelOrder.name)!('late');
    return fn();
  }) as never);
  expect(await order('1', 7)).toBe('cancelled: late');
});
