import { Client, Connection } from '@temporalio/client';
import { getDataConverter } from './data-converter';
import { secret } from './workflows';

async function run(): Promise<void> {
  const connection = await Connection.connect();
  const client = new Client({ connection, dataConverter: getDataConverter() });
  const handle = await client.workflow.start(secret, {
    taskQueue: 'encryption',
    workflowId: `secret-${Date.now()}`,
    args: [new Date('2000-02-29')],
  });
  const { next, seconds } = await handle.result();
  console.log(next, seconds);
  if (!(next instanceof Date) || typeof seconds !== 'bigint') throw new Error('wrong');
  const { events } = await handle.fetchHistory();
  const payload = events?.[0].workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!payload?.metadata?.['encryption-key-id']) throw new Error('not encrypted');
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
