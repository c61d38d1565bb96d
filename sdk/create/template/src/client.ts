/** Starts a workflow, approves it, and waits for its result. */

import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { approve, greeting } from './workflows.ts';

const { PERDURE_ADDRESS: address = 'http://localhost:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });

const handle = await client.workflow.start(greeting, {
  taskQueue: TASK_QUEUE,
  workflowId: `greeting-${Date.now()}`,
  args: ['world'],
});
console.log(`Started ${handle.workflowId}: ${address}/ui/`);
await handle.signal(approve);
console.log(await handle.result());
