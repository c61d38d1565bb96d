/** Writes a letter, reads its draft, approves it, and shows what the engine has of it. */

import { Client, Connection } from 'perdure/client';
import { encrypted, TASK_QUEUE } from './shared.ts';
import { approve, draft, letter } from './workflows.ts';

const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;

const client = new Client({ connection: await Connection.connect({ address }), dataConverter: encrypted() });
const handle = await client.workflow.start(letter, {
  taskQueue: TASK_QUEUE,
  workflowId: `letter-${crypto.randomUUID().slice(0, 8)}`,
  args: ['p-1', 'all is well.'],
});
console.log(`Workflow ${handle.workflowId}`);
let text = '';
while (text === '') {
  await new Promise((resolve) => setTimeout(resolve, 200));
  text = await handle.query(draft);
}
console.log('Draft: ', text);
await handle.signal(approve, 'Dr. Moreau');
console.log('Result:', await handle.result());
const { events } = await handle.fetchHistory();
console.log('The engine has:', JSON.stringify(events[0], null, 2));
