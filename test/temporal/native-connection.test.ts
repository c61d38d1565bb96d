import { Client, type ConnectionLike } from 'perdure/temporal/client';
import { TestWorkflowEnvironment } from 'perdure/temporal/testing';
import { NativeConnection, Worker } from 'perdure/temporal/worker';
import * as base from 'perdure/worker/node';
import { expect, it } from 'vitest';

it('a native connection gives messages, as that of a client, whoever has made it', async () => {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  await env.client.workflow.start('waits', { taskQueue: 'q', workflowId: 'w' });
  const connections: NativeConnection[] = [
    env.nativeConnection,
    await NativeConnection.connect({ address: env.address }),
    await NativeConnection.create({ address: env.address }),
  ];
  for (const connection of connections) {
    const request = { namespace: 'default', execution: { workflowId: 'w' } };
    const { history } = await connection.workflowService.getWorkflowExecutionHistory(request);
    expect(history!.events![0]).toMatchObject({ eventType: 1 });
    expect(String(history!.events![0]!.eventId)).toBe('1');
    // As instances of the classes of `@temporalio/proto`, which programs name.
    const answer: { toJSON(): { [field: string]: unknown } } =
      await connection.workflowService.getWorkflowExecutionHistory(request);
    expect(answer.toJSON()).toHaveProperty('history');
    expect(connection).toBeInstanceOf(NativeConnection);
    expect(connection).toBeInstanceOf(base.NativeConnection);
    const given: ConnectionLike = new Client({ connection }).connection;
    const worker = await Worker.create({
      connection: given as NativeConnection,
      taskQueue: 'q',
      workflows: {},
    });
    expect(worker.connection).toBe(connection);
  }
  expect(NativeConnection.name).toBe('NativeConnection');
  expect(() => new (NativeConnection as unknown as new () => object)()).toThrow('NativeConnection.connect');
  // Under our own names it is JSON, as everything is.
  const plain = await base.NativeConnection.connect({ address: env.address });
  const { history } = await plain.workflowService.getWorkflowExecutionHistory({
    namespace: 'default',
    execution: { workflowId: 'w' },
  });
  expect(history.events[0]).toMatchObject({ eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED' });
  await env.teardown();
});
