/** Builds an environment and shows how far it is: `client.ts [--name staging] [--servers 3]`. Ctrl-C cancels it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { getInventory, provision } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    name: { type: 'string', default: 'staging' },
    servers: { type: 'string', default: '3' },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const handle = await client.workflow.start(provision, {
  taskQueue: TASK_QUEUE,
  workflowId: `environment-${flags.name}`,
  args: [{ name: flags.name, servers: Number(flags.servers) }],
});
process.on('SIGINT', () => void handle.cancel());
let over = false;
const end = handle.result().then(
  () => 'Ready',
  (error) => `Failed: ${error.cause?.cause?.message ?? error.cause?.message}`,
);
void end.then(() => {
  over = true;
});
while (!over) {
  const { phase, resources } = await handle.query(getInventory);
  console.log(phase, resources.map(({ id }) => id).join(' '));
  await Promise.race([sleep(1_000), end]);
}
console.log(await end);
