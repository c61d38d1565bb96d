import { Client, Connection } from '@temporalio/client';
import { titles } from './workflows.js';

const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233' });
const client = new Client({ connection });
const result = await client.workflow.execute(titles, {
  taskQueue: 'esm',
  workflowId: `esm-${crypto.randomUUID()}`,
  args: [['one', 'two']],
});
console.log(result);
if (result !== '«one, two»') process.exitCode = 1;
await connection.close();
