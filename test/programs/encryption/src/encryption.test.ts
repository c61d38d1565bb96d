import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import * as activities from './activities';
import { getDataConverter } from './data-converter';
import { secret } from './workflows';

it('keeps dates and bigints, encrypted', async () => {
  const dataConverter = getDataConverter();
  const env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter } });
  try {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'encryption-test',
      workflowsPath: require.resolve('./workflows'),
      activities,
      dataConverter,
    });
    const result = await worker.runUntil(
      env.client.workflow.execute(secret, {
        taskQueue: 'encryption-test',
        workflowId: 's',
        args: [new Date(0)],
      }),
    );
    expect(result.next.toISOString()).toBe('2030-01-01T00:00:00.000Z');
    expect(result.seconds).toBe(1893456000n);
  } finally {
    await env.teardown();
  }
}, 20_000);
