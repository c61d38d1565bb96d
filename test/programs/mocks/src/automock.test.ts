import { Client, Connection, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { getClient, OrderService } from './service';

jest.mock('@temporalio/client');

test('a service whose client is mocked with its module', async () => {
  const start = jest.fn().mockResolvedValue({ firstExecutionRunId: 'run' });
  jest.mocked(Connection.connect).mockResolvedValue({ close: jest.fn() } as never);
  jest.mocked(Client).mockImplementation(() => ({ workflow: { start } }) as never);
  const service = new OrderService(await getClient());
  expect(Connection.connect).toHaveBeenCalledWith({ address: 'temporal:7233' });
  expect(Client).toHaveBeenCalledWith(expect.objectContaining({ namespace: 'orders' }));
  expect(await service.place('1', 5)).toEqual({ started: true, runId: 'run' });
  start.mockRejectedValue(new WorkflowExecutionAlreadyStartedError('taken', 'order-1', 'order'));
  expect(await service.place('1', 5)).toEqual({ started: false });
});
