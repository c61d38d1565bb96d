import { Client, Connection, ScheduleClient, WorkflowClient } from '@temporalio/client';
import { OrderService } from './service';

afterEach(() => jest.restoreAllMocks());

test('a client that connects lazily, with spies on it', async () => {
  const client = new Client({ connection: Connection.lazy({ address: 'nowhere:1' }) });
  const signal = jest.fn();
  jest.spyOn(client.workflow, 'start').mockResolvedValue({ firstExecutionRunId: 'run' } as never);
  jest.spyOn(client.workflow, 'getHandle').mockReturnValue({ signal } as never);
  const service = new OrderService(client);
  expect(await service.place('1', 2)).toEqual({ started: true, runId: 'run' });
  await service.cancel('1', 'changed');
  expect(signal).toHaveBeenCalledWith(expect.objectContaining({ name: 'cancelOrder' }), 'changed');
});

test('spies on classes', async () => {
  jest.spyOn(Connection, 'connect').mockResolvedValue({} as never);
  const start = jest.spyOn(WorkflowClient.prototype, 'start');
  start.mockResolvedValue({ firstExecutionRunId: 'run' } as never);
  jest.spyOn(ScheduleClient.prototype, 'getHandle').mockReturnValue({ scheduleId: 's' } as never);
  const client = new Client({ connection: await Connection.connect() });
  expect(await new OrderService(client).place('1', 1)).toEqual({ started: true, runId: 'run' });
  expect(client.schedule.getHandle('s')).toEqual({ scheduleId: 's' });
});
