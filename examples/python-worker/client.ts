/** Has numbers summarized and simulated: `client.ts [--rounds 1000] [NUMBER…]`. */

import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { report } from './workflows.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '1000' } },
});
const numbers = positionals.length > 0 ? positionals.map(Number) : [3, 5, 8, 13, 21];
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const handle = await client.workflow.start(report, {
  taskQueue: TASK_QUEUE,
  workflowId: `report-${crypto.randomUUID().slice(0, 8)}`,
  args: [{ numbers, rounds: Number(flags.rounds) }],
});
console.log(`Workflow ${handle.workflowId}; it waits as long as worker.py does not run`);
console.log(await handle.result().catch((error) => `Failed: ${error.cause?.cause?.message}`));
